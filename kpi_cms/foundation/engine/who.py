"""Who acts at a stage, where the set says so itself instead of leaving it to the law or to a decision.

    stages  [{…, who: "direct_head" of a collective's stage | "agency_head" of the competent person's}]

Where it says nothing, the competent person is who the law names and a collective is named by a dated decision. The
direct head scores before the superior who decides: the head of a constituent unit, before the head of the agency. Not
everybody has one beside whoever decides (heads themselves, staff directly in the agency), and then the stage is left
out, so that nothing it gives may be needed for a total.
"""

from collections.abc import Sequence

from kpi_cms.foundation.engine.law import ND335
from kpi_cms.foundation.engine.problems import N_
from kpi_cms.foundation.engine.raters import Rater
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.specification import (
    AGENCY_HEAD,
    COLLECTIVE,
    DIRECT_HEAD,
    EVALUATOR,
    ORGANISATIONS,
    Specification,
    StageSpec,
)

MAY_SAY = {COLLECTIVE: DIRECT_HEAD, EVALUATOR: AGENCY_HEAD}


def check_who(reader: Reader, specification: Specification) -> None:
    """What is wrong with who acts at the stages of a set. Organisations have no cards, and nobody acts on them."""
    said = {stage.key: stage.who for stage in specification.stages}
    for index, stage in enumerate(specification.stages):
        with reader.inside(f"stages[{index}]"):
            if stage.who:
                _check_stage(reader, specification, stage, said)
    _check_weights(reader, specification.raters, said)


def _check_stage(
    reader: Reader, specification: Specification, stage: StageSpec, said: dict[str, str]
) -> None:
    if MAY_SAY.get(stage.key) != stage.who or specification.evaluates == ORGANISATIONS:
        reader.add("stage_who", "", _NOT_HERE, stage=stage.label)
    elif stage.who == AGENCY_HEAD and specification.law == ND335:
        reader.add("stage_who_nd335", "", _ND335, stage=stage.label)
    elif stage.who == DIRECT_HEAD and said.get(EVALUATOR) != AGENCY_HEAD:
        reader.add("stage_who_same", "", _SAME, stage=stage.label)


def _check_weights(reader: Reader, raters: Sequence[Rater], said: dict[str, str]) -> None:
    for index, rater in enumerate(raters):
        if said.get(rater.stage) == DIRECT_HEAD:
            with reader.inside(f"raters[{index}]"):
                reader.add("rater_stage", rater.key, _WEIGHED, rater=rater.label)


_NOT_HERE = N_(
    "“%(stage)s” cannot be given to this person: the direct head scores at the stage of the collective, the head of "
    "the agency decides at the stage of the competent person. Choose as usual."
)
_ND335 = N_(
    "Decree 335/2025 itself says who the competent person is: for staff of a constituent unit its head, not the head "
    "of the agency (Đ10.1). Choose as usual for “%(stage)s”."
)
_SAME = N_(
    "As usual the direct head is also the competent person, so “%(stage)s” would be left out on every card: let the "
    "head of the agency decide at the stage of the competent person, or have a collective named by decision."
)
_WEIGHED = N_(
    "Not everybody has a direct head beside whoever decides, and their results would never have a total: remove the "
    "weight of “%(rater)s”. What the direct head gives is shown to whoever decides."
)
