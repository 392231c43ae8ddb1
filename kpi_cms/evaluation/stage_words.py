"""What a stage of a card is called, and whoever sits there."""

from criteria_pages.models import CriteriaVersion

from .enums import StageKey


def seat_label(version: CriteriaVersion, stage: str, seat: str) -> str:
    """The set's own name of a seat; "" where one rater stands at the stage."""
    return next((each.label for each in version.compiled().seats(stage) if each.key == seat), "")


def speaker(version: CriteriaVersion, stage: str, seat: str) -> str:
    """A stage, and for whom somebody sits there: “Group or collective, Deputy head”."""
    label = seat_label(version, stage, seat)
    return f"{StageKey(stage).label}, {label}" if label else str(StageKey(stage).label)
