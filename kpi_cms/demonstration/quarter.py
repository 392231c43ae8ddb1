"""A quarter of one department of the Party: a collective scores as well, and gates bear on the band."""

from collections.abc import Mapping
from decimal import Decimal

from criteria_pages.demonstration.quarter import ABOVE, DISCIPLINED
from kpi_cms.evaluation.domain import collective
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.domain.seats import seats_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import CompiledCriterion
from snippets.enums import PostRole
from snippets.models import Person

from .organisation import QUARTER
from .play import Department, Habit, Month, Player, Reach

SECRETARY = "thu-ky"
"""The account that enters the collective's scores: of the committee's office, evaluated by nobody of the department."""

HEARD = f"{QUARTER}/CV/3"
"""The collective has sent its scores for this one; the head has still to evaluate."""
FEW_ABOVE = f"{QUARTER}/CVC/1"
"""Too few tasks above what was asked: the gate keeps the band at “good”, whatever the points."""

SITTING = ("HUNG-NGUYEN-DANG-VP", "HUNG-NGUYEN-DANG-UBKT")
"""Whose deputies sit for the collective, in the order of the set's raters: evaluated by nobody of the department."""

_NAMED = "Tập thể tham gia đánh giá của Đảng ủy xã Hưng Nguyên"
_DECISION = "27-QĐ/ĐU"
_NOT_MET = {Habit.STRONG: 2, Habit.STEADY: 8, Habit.SLOW: 20}  # per cent of the items


class Quarter(Month):
    """One department: two are done, one is confirmed, one waits for the head and two for the collective."""

    departments = (
        Department(
            QUARTER,
            Reach.SUBMITTED,
            {
                "CVC/1": Reach.NOTIFIED,
                "CV/1": Reach.CONFIRMED,
                "CV/2": Reach.NOTIFIED,
                "TB-XDD/1": Reach.REPORTED,
            },
            tasks=2,
            at_once=True,
        ),
    )

    def name(self, actor: User, secretary: Person, cards: Mapping[str, Scorecard]) -> None:
        """The clerk names the collective, by a decision of the committee's, on every card of the department."""
        card = next(iter(cards.values()))
        deputies = Person.objects.filter(appointments__role=PostRole.DEPUTY, unit__code__in=SITTING)
        of = {person.unit.code: person for person in deputies.select_related("unit")}
        seats = zip(seats_of(card.version), SITTING, strict=True)
        collective.name_collective(
            actor=actor,
            moment=self.moment,
            period=self.period,
            unit=card.unit,
            secretary=secretary,
            seats={seat.key: of[unit] for seat, unit in seats},
            decision=collective.Decision(_NAMED, _DECISION, self.period.starts_on),
            reason="Theo quy chế làm việc của Đảng ủy (trình diễn).",
        )

    def _assess(self, player: Player) -> None:
        super()._assess(player)
        if player.post == HEARD:
            self._hear(player)

    def _evaluate(self, player: Player) -> None:
        self._hear(player)
        super()._evaluate(player)

    def _hear(self, player: Player) -> None:
        """The collective's scores are entered and sent, by whoever the card names."""
        card = Scorecard.objects.select_related("secretary__user").get(pk=player.card.pk)
        assert card.secretary is not None  # named before
        assert card.secretary.user is not None  # nobody without an account is named
        actor = card.secretary.user
        entries = self._entries(player, StageKey.COLLECTIVE)
        for seat in seats_of(card.version):
            card = collective.save_collective(
                actor=actor,
                moment=self.moment,
                card=card,
                expected=card.version_number,
                entries=entries,
                comments={"comment": "Đồng ý với phần tự đánh giá."},
                seat=seat.key,
            ).card
            entries |= {next(reversed(entries)): Entry(Decimal(0))}  # the second finds one item not met
        collective.send_collective(actor=actor, moment=self.moment, card=card, expected=card.version_number)

    def _entries(self, player: Player, stage: str) -> dict[str, Entry]:
        """The competent person also records what the gates ask."""
        entries = super()._entries(player, stage)
        if stage != StageKey.EVALUATOR:
            return entries
        keys = {fact.code: fact.key for fact in player.card.version.compiled().specification.facts}
        above = Decimal(40 if player.post == FEW_ABOVE else 60)
        return entries | {
            keys[DISCIPLINED]: Entry(Decimal(0)),
            keys[ABOVE]: Entry(above, "Theo báo cáo kết quả công tác quý của đơn vị."),
        }

    def _entry(self, criterion: CompiledCriterion, habit: Habit, stage: str) -> Entry:
        """The items of the form are met or not."""
        return Entry(Decimal(0) if self.draw.chance(_NOT_MET[habit]) else criterion.max or Decimal(0))
