"""A month that is over: a department is done with it, says what it thinks of the criteria, and it is closed."""

from collections.abc import Mapping

from kpi_cms.evaluation.domain.closing import close_period
from kpi_cms.evaluation.domain.feedback import give_feedback
from kpi_cms.evaluation.enums import Opinion
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.models.feedback import Said
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now
from snippets.enums import PostRole

from .organisation import PAST
from .play import Department, Month, Reach

_REMARKS = (
    "Chưa rõ thế nào là sáng tạo ở vị trí xử lý hồ sơ theo quy trình.",
    "Nên có ví dụ minh chứng cho từng mức điểm.",
    "Trùng một phần với tiêu chí đứng trước.",
)
_ASKED = 3  # criteria that somebody speaks of; all of them at length would fill pages


class PastMonth(Month):
    """The month before last of the department `PAST`."""

    departments = (Department(PAST, Reach.NOTIFIED, tasks=2),)
    falls_ill = ""  # nobody: whoever steps in would be decided before

    def play(self, cards: Mapping[str, Scorecard]) -> int:
        """Everybody is notified; members say what they think of the criteria."""
        count = super().play(cards)
        for post, card in cards.items():
            if card.role == PostRole.MEMBER:
                self._speak(post, card)
        return count

    def _speak(self, post: str, card: Scorecard) -> None:
        own = card.person.user
        assert own is not None  # played the month
        criteria = card.version.compiled().entered
        said = {criteria[self.draw.below(len(criteria))].key: self._said() for _each in range(_ASKED)}
        said |= {criteria[-1].key: self._said()}  # of this one everybody says something
        give_feedback(actor=own, moment=self.moment, card=card, said=said)

    def _said(self) -> Said:
        answers = ((Opinion.YES, 60), (Opinion.PARTLY, 30), (Opinion.NO, 10))
        remark = self.draw.one(_REMARKS) if self.draw.chance(30) else ""
        clear, measurable, fits = (self.draw.weighted(answers) for _question in range(3))
        return Said(clear, measurable, fits, remark)

    def close(self, actor: User) -> None:
        """By policy staff, after the last card was made: what is read of the closed month is as it stood then."""
        close_period(
            actor=actor, moment=max(self.moment, database_now()), period=self.period, unfinished_seen=0
        )
