"""Schema versions: which one a specification needs.

Version 1 is what the first sets were frozen in; what it can say is written and computed as ever. Whatever came
later needs version 2, so that nobody reads such a set and silently leaves its gates out. A set that uses nothing
new stays version 1: its text and its digest do not change.
"""

from collections.abc import Iterator, Mapping

SCHEMA_VERSION = 1
"""What a set without anything later says."""

SCHEMA_VERSIONS = range(1, 3)

FIELDS_OF_2 = frozenset({"aggregation", "band_value", "facts", "gates", "quotas", "raters"})
AUDIENCE_OF_2 = ("evaluates", "job_positions", "precedence")
KINDS_OF_1 = frozenset({"number", "choice", "task_ratio", "people_managed"})


def needed_version(spec: Mapping[str, object]) -> int:
    """The lowest schema version that can say what this specification says."""
    return 2 if any(spec.get(field) is not None for field in FIELDS_OF_2) or _later(spec) else SCHEMA_VERSION


def _later(spec: Mapping[str, object]) -> bool:
    applicability = spec.get("applicability")
    if isinstance(applicability, Mapping) and (
        applicability.get("units") or any(field in applicability for field in AUDIENCE_OF_2)
    ):
        return True
    rounding = spec.get("rounding")
    if isinstance(rounding, Mapping) and ("when" in rounding or rounding.get("mode", "half_up") != "half_up"):
        return True
    if any(band.get("value") is not None for band in _mappings(spec, "bands")):
        return True
    if any(stage.get("blind_to") or stage.get("who") for stage in _mappings(spec, "stages")):
        return True
    settings = spec.get("settings")
    if isinstance(settings, Mapping) and settings.get("nothing_assigned") == "left_out":
        return True
    criteria = [node for section in _mappings(spec, "sections") for node in _mappings(section, "criteria")]
    if any(node.get("may_not_apply") for node in criteria):
        return True
    kinds = [kind for kind in (node.get("kind") for node in criteria) if isinstance(kind, Mapping)]
    if any(kind.get("min") is not None for kind in kinds):
        return True
    types = (kind.get("type") for kind in kinds)
    return any(isinstance(name, str) and name not in KINDS_OF_1 for name in types)


def _mappings(node: Mapping[str, object], field: str) -> Iterator[Mapping[str, object]]:
    items = node.get(field)
    for item in items if isinstance(items, (list, tuple)) else ():
        if isinstance(item, Mapping):
            yield item
