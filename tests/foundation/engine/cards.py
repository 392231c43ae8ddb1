"""Compiled sets and complete cards that several tests share."""

from kpi_cms.foundation.engine import compile_set
from tests.foundation.engine import specs

STAFF, LEADER, PARTY = (compile_set(spec()) for spec in (specs.staff, specs.leader, specs.party))


def full(compiled, **changes):
    """Every entered criterion at its best, with changes by code."""
    best = {c.code: c.options[0].value if c.options else c.max for c in compiled.entered} | changes
    return {f"key-{code}": value for code, value in best.items() if value is not None}


def free_formulas():
    """A set whose sections use one another, first sections last, and no formula is a plain sum."""
    spec = specs.party()
    first, second, _, results = spec["sections"]
    first["combination"] = {"kind": "formula", "expression": "MIN(II * III; 18)", "cap": None}
    second["combination"] = {"kind": "formula", "expression": "III - 6 + [II.1] / (a - b)", "cap": None}
    results["combination"]["expression"] = "MAX(a; b; c) * 80 - IF(I > 10; 0; 200)"
    spec["total"] = {
        "kind": "formula",
        "expression": "common + results / 2 + [I.1] - 300 * [I.2]",
        "max": "80",
    }
    spec["bands"][0]["from"] = "75"
    return compile_set(spec)
