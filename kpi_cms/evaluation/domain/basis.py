"""What the results of others do to a card that counts them (Đ15.3.a, Đ15.4): computed anew, or marked.

An undecided card follows. A decided one is never altered: it is marked “basis changed” and shows what it would take
from others now, until its evaluator confirms it anew.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import Exists

from kpi_cms.evaluation.enums import DECIDED, StageKey
from kpi_cms.evaluation.models import Scorecard, VersionPin
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from snippets.enums import PostRole

from . import scoring
from .others import PENDING as PENDING  # read beside the verbs by whoever confirms a basis
from .others import basis_of as basis_of
from .people_managed import counting_tasks_of, leaders_of, locked


@beyond_the_wall("what leaders take from others follows from each decision")
def propose_to_leaders(card: Scorecard, moment: datetime) -> list[Scorecard]:
    """After `card` was decided or its result changed: look at the leaders above it.

    Returns the cards that were marked.
    """
    return _looked_at(leaders_of(card), moment)


@beyond_the_wall("results follow the tasks, whoever changes one")
def follow_tasks(period_id: int, person_id: int, moment: datetime) -> None:
    """After a task changed: the results of every undecided card of the person, and the cards that count their tasks.

    What the person submitted stays as it was submitted; while the card is with them, their own result follows, on a
    returned card beside the evaluator's. Others are looked for only where a set of the period counts tasks of others.
    """
    counting = VersionPin.objects.filter(period_id=period_id, version__counts_tasks=True)
    cards = list(
        Scorecard.objects.filter(period_id=period_id, person_id=person_id)
        .exclude(state__in=DECIDED)
        .select_related("version", "unit", "agency", "period", "person")
        .annotate(is_counted=Exists(counting))
    )
    for card in cards:
        scoring.refresh_undecided(card, moment)
    for card in cards:
        if card.is_counted:
            _looked_at(counting_tasks_of(card), moment)


@beyond_the_wall("an evaluator's card may count the tasks of those they evaluate")
def follow_naming(period_id: int, evaluators: Sequence[int], moment: datetime) -> None:
    """After others evaluate somebody: the cards of the former and the present evaluators, where they count tasks."""
    cards = Scorecard.objects.filter(
        period_id=period_id, person_id__in=evaluators, version__counts_tasks=True
    )
    _looked_at(locked(list(cards.values_list("pk", flat=True))), moment)


def follow_fields(period_id: int, people: Collection[int], moment: datetime) -> None:
    """After units were put into these people's charge or taken out of it: the cards they have as deputies."""
    cards = Scorecard.objects.filter(period_id=period_id, person_id__in=people, role=PostRole.DEPUTY)
    _looked_at(locked(list(cards.values_list("pk", flat=True))), moment)


@beyond_the_wall("the cards of an organisation count its result, whoever records it")
def follow_unit_result(period_id: int, unit_id: int, moment: datetime) -> None:
    """After the result of an organisation was recorded, corrected or withdrawn: the cards whose sets count it."""
    cards = Scorecard.objects.filter(period_id=period_id, unit_id=unit_id, version__counts_unit=True)
    _looked_at(locked(list(cards.values_list("pk", flat=True))), moment)


def _looked_at(cards: Iterable[Scorecard], moment: datetime) -> list[Scorecard]:
    """Cards that are locked: each computed anew, or marked where it is decided and would be another one now."""
    marked: list[Scorecard] = []
    for card in cards:
        if card.state not in DECIDED:
            scoring.refresh_undecided(card, moment)
        elif _marked(card, moment):
            marked.append(card)
    return marked


def _marked(card: Scorecard, moment: datetime) -> bool:
    """Mark a decided card, or take the mark off; whether anything changed (rules.md §4)."""
    now = basis_of(card.version.compiled(), scoring.outcome_of(card, StageKey.EVALUATOR, proposed=True))
    before = card.proposed_basis or card.confirmed_basis
    if now == before:
        return False
    back = now == card.confirmed_basis
    card.proposed_basis = {} if back else now
    card.basis_changed_at = None if back else moment
    save_tracked(card, update_fields=["proposed_basis", "basis_changed_at"])
    ledger.record(
        Act.CARD_BASIS_CHANGED,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        before=before,
        after=now,
    )
    return True
