"""Open a period: pin what it is scored with, then one card for each person and frame, in the background."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from criteria_pages.enums import Evaluated
from criteria_pages.models import CriteriaVersion
from criteria_pages.queries import in_force_for_people
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.models import CalendarPin, CataloguePin, Scorecard, VersionPin
from kpi_cms.evaluation.period_queries import cards_that_exist
from kpi_cms.foundation.access.rules import Rule, in_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import layouts, ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.many import create_many
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor, business_verb, database_now
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.core.models import Job
from snippets.domain.periods import label
from snippets.enums import DayKind, PeriodState
from snippets.models import CalendarDay, Catalogue, Period, Unit

from . import locks
from .direct_heads import told
from .evaluators import DirectHead, Organisation
from .planning import OpeningPlan, PlannedCard, candidate_catalogues, catalogues_since, plan_opening

BATCH = 1_000
# What a card says of the day it was opened and never changes; history leaves out what takes much room.
FROZEN = (
    "id", "period_id", "person_id", "frame", "version_id", "unit_id", "agency_id", "staff_kind", "role", "is_leader",
    "position_code", "position_title", "unit_name", "faces_citizens", "appointments",
)  # fmt: skip
JOB_NAME = "open_period"


@business_verb
def choose_versions(
    *, actor: User, moment: datetime, period: Period, versions: Sequence[CriteriaVersion]
) -> None:
    """Say which criteria versions a period is scored with; possible until it opens."""
    sentence = _("Versions are chosen before a period opens. This one has its versions already.")
    period = _taken(actor, period, table.CHOOSE_VERSIONS, sentence)
    if any(version.evaluates != Evaluated.PEOPLE for version in versions):
        raise Invalid(_("A set for organisations opens no card. Choose versions that evaluate people."))
    before = sorted(
        str(pin.version) for pin in VersionPin.objects.filter(period=period).select_related("version")
    )
    VersionPin.objects.filter(period=period).delete()
    VersionPin.objects.bulk_create(VersionPin(period=period, version=version) for version in versions)
    ledger.record(
        Act.PERIOD_CHANGED,
        subject=period,
        label=label(period),
        period_id=period.pk,
        before={"versions": before},
        after={"versions": sorted(str(version) for version in versions)},
    )


@business_verb
def open_period(*, actor: User, moment: datetime, period: Period) -> Job:
    """Pin versions, catalogues and the working calendar, mark the period as opening and start the job of its cards.

    The act is recorded here, with what was pinned, and once more at the end, with what came of it. On an open period
    it makes the cards that are missing (people registered since). Raises Invalid while the period has no units or no
    version, WrongState while it is being opened or once it is closed.
    """
    period = _taken(actor, period, table.OPEN_PERIOD, _("This period is closed. It cannot be opened again."))
    if not period.units.exists():
        raise Invalid(_("Choose the units that take part before you open the period."))
    before = period.state
    if period.state == PeriodState.DRAFT:
        _pin(period)
        period.state = PeriodState.OPENING
        save_tracked(period)
    ledger.record(
        Act.PERIOD_OPENING,
        subject=period,
        label=label(period),
        period_id=period.pk,
        before={"state": before},
        after={
            "state": period.state,
            "units": sorted(period.units.values_list("code", flat=True)),
            **pinned(period),
        },
    )
    return jobs.enqueue(
        name=JOB_NAME,
        key=f"{JOB_NAME}:{period.pk}",
        actor=actor,
        moment=moment,
        arguments={"period": period.pk},
    )


@business_verb
def add_catalogues(
    *, actor: User, moment: datetime, period: Period, catalogues: Collection[int]
) -> list[Catalogue]:
    """Let tasks of an open period be taken from catalogues that were approved since it opened, too (Đ13.3).

    What it used before stays, and so does every task taken from that. `catalogues` are the keys that were on the
    screen. Raises WrongState where the period is not open, or where one of them is not to be added (any more).
    """
    sentence = _("Catalogues are added to an open period. This one is not open.")
    period = _taken(actor, period, table.ADD_CATALOGUES, sentence)
    added = [catalogue for catalogue in catalogues_since(period) if catalogue.pk in catalogues]
    if not added or len(added) != len(set(catalogues)):
        raise WrongState(_("The approved catalogues have changed. Look at them again before you add them."))
    before = pinned(period)["catalogues"]
    CataloguePin.objects.bulk_create(CataloguePin(period=period, catalogue=each) for each in added)
    ledger.record(
        Act.PERIOD_CHANGED,
        subject=period,
        label=label(period),
        period_id=period.pk,
        before={"catalogues": before},
        after={"catalogues": pinned(period)["catalogues"]},
    )
    return added


def _taken(actor: User, period: Period, rule: Rule, otherwise: str) -> Period:
    """The period, locked, for whoever manages it whole. Raises NotFound, Refused, and WrongState with `otherwise`."""
    rules.manage_periods(Scope.of(actor), period.units.all()).require()
    period = locks.take_period(period.pk)
    if not in_state(rule, period.state):
        raise WrongState(otherwise)
    return period


def _pin(period: Period) -> None:
    if not VersionPin.objects.filter(period=period).exists():
        versions = in_force_for_people(period.ends_on)
        if not versions:
            raise Invalid(
                _("No criteria set is in effect in this period. Issue one before you open the period.")
            )
        VersionPin.objects.bulk_create(VersionPin(period=period, version=version) for version in versions)
    pinned = set(CataloguePin.objects.filter(period=period).values_list("catalogue_id", flat=True))
    CataloguePin.objects.bulk_create(
        CataloguePin(period=period, catalogue=catalogue)
        for catalogue in candidate_catalogues(period)
        if catalogue.pk not in pinned
    )
    CalendarPin.objects.bulk_create(
        CalendarPin(period=period, day=day, kind=kind)
        for day, kind in CalendarDay.objects.exclude(kind=DayKind.ORDINARY).values_list("day", "kind")
    )


@jobs.job(JOB_NAME)
def make_cards(job: Job, actor: User) -> Iterator[jobs.Progress]:
    """The cards of a period in committed batches; a killed run is taken up again and ends with one card each.

    Each run plans anew and makes what is missing, person by person: people come and go between two runs, and a place
    in a list would then be somebody else's. Each batch leaves out the cards that exist, and the database refuses a
    second card of a person, frame and period, so that it does not matter how often a batch runs.
    """
    period = Period.objects.get(pk=job.arguments["period"])
    plan = plan_opening(period)
    cards = sorted(plan.cards, key=_key)
    with as_actor(actor, database_now()):
        existing = cards_that_exist(period)
    missing = [card for card in cards if _key(card) not in existing]
    organisation = Organisation(period.ends_on)
    done = len(cards) - len(missing)
    yield jobs.Progress(done, len(cards))
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        with as_actor(actor, database_now()):
            _make_batch(period, organisation, batch)
        done += len(batch)
        yield jobs.Progress(done, len(cards))
    _finish(actor=actor, moment=database_now(), period=period, plan=plan, since=job.created_at)


def _key(card: PlannedCard) -> tuple[int, str]:
    return card.context.person_id, card.frame


@beyond_the_wall("opening makes cards that policy staff do not read")
def _make_batch(period: Period, organisation: Organisation, batch: Sequence[PlannedCard]) -> None:
    """One batch, in the transaction of `as_actor`. Two runs at once make their batches one after the other."""
    if locks.take_period(period.pk).state == PeriodState.CLOSED:
        raise WrongState(_("This period was closed meanwhile. No card is added to it any more."))
    people = [card.context.person_id for card in batch]
    existing = set(
        Scorecard.objects.filter(period=period, person_id__in=people).values_list("person_id", "frame")
    )
    missing = [card for card in batch if _key(card) not in existing]
    create_many(Scorecard, [_card(period, organisation, card) for card in missing])


def _card(period: Period, organisation: Organisation, planned: PlannedCard) -> Scorecard:
    context = planned.context
    unit = organisation.units[context.unit_id]
    agency = organisation.using_agency(unit)
    endorser_id = _endorser(organisation, agency, planned)
    direct_head = _direct_head(organisation, unit, planned, endorser_id)
    return Scorecard(
        period=period,
        person_id=context.person_id,
        frame=planned.frame,
        version_id=planned.version_id,
        unit=unit,
        agency=agency,
        staff_kind=context.staff_kind,
        role=context.role,
        is_leader=context.is_leader,
        position_code=context.position_code,
        position_title=context.position_title,
        unit_name=unit.name,
        faces_citizens=context.faces_citizens,
        appointments=list(context.others),
        evaluator_id=planned.evaluator.person_id,
        evaluator_basis=planned.evaluator.basis,
        evaluator_details=planned.evaluator.details,
        endorser_id=endorser_id,
        secretary_id=direct_head.person_id,
        collective=told(direct_head, planned.direct_head),
    )


def _endorser(organisation: Organisation, agency: Unit, planned: PlannedCard) -> int | None:
    """Where the set has this stage."""
    if not planned.endorsed:
        return None
    return organisation.endorser_of(
        agency, person_id=planned.context.person_id, evaluator_id=planned.evaluator.person_id
    )


def _direct_head(
    organisation: Organisation, unit: Unit, planned: PlannedCard, endorser_id: int | None
) -> DirectHead:
    """Where the set has this stage."""
    if not planned.direct_head:
        return DirectHead()
    deciding = (planned.evaluator.person_id, endorser_id)
    return organisation.direct_head_of(person_id=planned.context.person_id, unit=unit, deciding=deciding)


@business_verb
@beyond_the_wall("opening counts the cards it made")
def _finish(*, actor: User, moment: datetime, period: Period, plan: OpeningPlan, since: datetime) -> None:
    """`since`: when the work began that made the cards, whose rows the entry names by their digest.

    How many were left out stands beside the cards: their names stay on the page of the period.
    """
    period = locks.take_period(period.pk)
    if ledger.recorded(Act.PERIOD_OPENED, subject=period):
        return  # by a worker that was killed before it could say that the job is done
    count = Scorecard.objects.filter(period=period).count()
    if period.state == PeriodState.OPENING:
        period.state = PeriodState.OPEN
        period.opened_at = moment
        save_tracked(period)
    after = {
        "cards": count,
        "planned": len(plan.cards),
        "without_version": len(plan.without_version),
        "two_versions": len(plan.two_versions),
        "versions": _versions(period),
        "rows": ledger.rows_written(Scorecard, since=since),
        "frozen": ledger.rows_digest(
            layouts.form_of(Scorecard, only=FROZEN), Scorecard.objects.filter(period=period)
        ),
    }
    ledger.record(Act.PERIOD_OPENED, subject=period, label=label(period), period_id=period.pk, after=after)


def pinned(period: Period) -> dict[str, list[str]]:
    """What a period is scored with, as its opening records it and `ledger_checks` finds it again."""
    catalogues = CataloguePin.objects.filter(period=period).select_related("catalogue__unit")
    days = CalendarPin.objects.filter(period=period).order_by("day").values_list("day", "kind")
    return {
        "versions": _versions(period),
        "catalogues": sorted(f"{pin.catalogue.unit.code} v{pin.catalogue.number}" for pin in catalogues),
        "calendar": [f"{day} {kind}" for day, kind in days],
    }


def _versions(period: Period) -> list[str]:
    """Versions in codes and digests."""
    return sorted(
        f"{version.set_code} v{version.number} {version.sha256}"
        for version in CriteriaVersion.objects.filter(pins__period=period)
    )
