"""Why a band is another one than the points': the gates that hold, or that are not known yet, in words."""

from collections.abc import Collection
from decimal import Decimal

from django.utils.translation import gettext as _

from kpi_cms.foundation.engine import CompiledSet


def band_label(compiled: CompiledSet, code: str) -> str:
    """The name of a band; the code itself where the set has none of that code."""
    return next((band.label for band in compiled.bands if band.code == code), code)


def band_value(compiled: CompiledSet, code: str) -> tuple[str, Decimal] | None:
    """What a band stands for, by the set's own name; None where the set says nothing of the kind."""
    name = compiled.specification.band_value
    return next(
        (
            (name, band.value)
            for band in compiled.bands
            if band.code == code and name and band.value is not None
        ),
        None,
    )


def why_this_band(
    compiled: CompiledSet, band: str, by_points: str, applied: Collection[str], undecided: Collection[str]
) -> str:
    """The points' band, and each gate with reason and citation; "" where the gates changed nothing.

    `band` is "" while it is not known; `applied` and `undecided` are the keys of gates, as a result keeps them.
    """
    if band == by_points:
        return ""
    said = [_("By points: %(band)s.") % {"band": band_label(compiled, by_points)}]
    for gate in compiled.specification.gates:
        if gate.key in applied:
            cited = f" ({gate.citation})" if gate.citation else ""
            said.append(f"{gate.label}: {gate.reason}{cited}")
        elif gate.key in undecided and not band:
            said.append(_("%(gate)s: not recorded yet.") % {"gate": gate.label})
    return " ".join(said)
