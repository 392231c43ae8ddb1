"""What whoever acts at a stage does not see: the scores and comments of earlier stages, until they have sent their own.

    stages  [{…, blind_to [keys of earlier stages; default none]}]

A rating is independent where it is given without knowing the others'. Whoever decides a result, or endorses it, agrees
to what it is made of, so nothing that counts in it is kept from them.
"""

from collections.abc import Collection, Sequence

from kpi_cms.foundation.engine.law import ND335
from kpi_cms.foundation.engine.problems import N_
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.specification import SELF, StageSpec


def check_blind(reader: Reader, stages: Sequence[StageSpec], counted: Collection[str], follows: str) -> None:
    """What is wrong with what the stages of a set do not see.

    `counted`: the stages whose points count in the result; `follows`: the law of a set for people. Under Decree 335
    the self-assessment is sent to the competent person, who comments on it and confirms (Đ17.2).
    """
    names = {stage.key: stage.label for stage in stages}
    decided = False
    for index, stage in enumerate(stages):
        decided = decided or stage.decides
        earlier = [each.key for each in stages[:index]]
        with reader.inside(f"stages[{index}]"):
            for other in stage.blind_to:
                params = {"stage": stage.label, "other": names.get(other, other)}
                if other not in earlier:
                    reader.add("stage_blind", "", _NOT_EARLIER, **params)
                elif decided and follows == ND335 and other == SELF:
                    reader.add("stage_blind_nd335", "", _ND335, **params)
                elif decided and other in counted:
                    reader.add("stage_blind_counts", "", _COUNTS, **params)


_NOT_EARLIER = N_(
    "The set has no stage “%(other)s” before “%(stage)s”, so there is nothing to keep from it: choose earlier stages."
)
_COUNTS = N_(
    "The points of “%(other)s” count in the result that “%(stage)s” decides or endorses: let it see them."
)
_ND335 = N_(
    "Under Decree 335/2025 the self-assessment is sent to whoever comments on and confirms the result (Đ17.2): let "
    "“%(stage)s” see “%(other)s”."
)
