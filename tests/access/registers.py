"""The registers, periods, jobs, uploads and criteria sets of the institution: one for whoever is asked about."""

import uuid
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model

from criteria_pages.domain.library import add_item
from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation.domain.opening import JOB_NAME
from kpi_cms.evaluation.models import PublishedSpread, Reopening, UnitResult
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.models import Job
from kpi_cms.interfaces.exchange.enums import ImportKind
from kpi_cms.interfaces.exchange.models import ImportUpload
from snippets.domain.projection import authors_group
from snippets.enums import CatalogueState, PeriodKind, PeriodState, ProductScope
from snippets.models import (
    CalendarDay,
    Catalogue,
    EvaluatorDecision,
    FieldAssignment,
    JobPosition,
    Period,
    Position,
    Product,
    Unit,
)
from tests.access import sight
from tests.access.institution import DUE, HOLDERS, LATE, NEWCOMERS, TREE, Institution
from tests.access.marks import RECORD, Mark
from tests.factories.criteria_pages import issued
from tests.factories.snippets import GrantFactory
from tests.helpers.world import MOMENT, SINCE


def furnish(made: Institution) -> None:
    """Everything that is not a card or a task. What belongs to a unit is kept under its code, what belongs to a person
    under their letters, what a role has of its own under the role."""
    extra = made.extra
    extra["position"] = Position.objects.get(role="member")
    extra["job_position"] = JobPosition.objects.create(code="VT1", title="Chuyên viên")
    extra["calendar_day"] = CalendarDay.objects.create(day=date(2026, 9, 2), name="Quốc khánh")
    extra["stand_in"] = made.people["sa"]
    extra["delegation"] = made.user("delegate").grants.filter(source="delegation").first()
    extra["newcomer"] = {unit: made.people[letters] for letters, unit in NEWCOMERS.items()}
    _of_people(made)
    _catalogues(made)
    _periods(made)
    _results_of_units(made)
    _jobs_and_uploads(made)
    _criteria_sets(made)
    _sample(made)


def _mark(letters: str) -> str:
    return f"QĐ {Mark(letters, RECORD)}"


def _of_people(made: Institution) -> None:
    extra = made.extra
    extra["evaluated"] = (
        made.cards["sa", "notified"].version.criteria.filter(entered=True).order_by("order").first()
    )
    for word in ("appointment", "field", "decision", "grant", "entry", "reopening"):
        extra[word] = {}
    for letters, person in made.people.items():
        extra["appointment"][letters] = person.appointments.get()
        card = made.cards.get((letters, "notified"))
        if card is not None:
            # Of what it says here, only the card's people are told: criteria are the set's, the reason is no mark.
            extra["reopening"][letters] = Reopening.objects.create(
                card=card, period_id=card.period_id, unit_id=card.unit_id, person_id=card.person_id,
                criteria=[extra["evaluated"].key], reason_key=uuid.uuid4(), asked_by=made.user("head").pk,
                asked_at=MOMENT, expires_at=MOMENT + timedelta(days=3),
            )  # fmt: skip
        extra["entry"][letters] = LedgerEntry.objects.create(
            act="person.changed", at=MOMENT, actor_id=system_user().pk, actor_code="system", unit_id=person.unit_id,
            unit_code=person.unit.code, person_id=person.pk, person_code=person.staff_code,
            subject_type="snippets.Person", subject_id=str(person.pk), request_id=uuid.uuid4(),
        )  # fmt: skip
        extra["field"][letters] = FieldAssignment.objects.create(
            person=person, unit=person.unit, starts_on=SINCE, decision_number=_mark(letters)
        )
        if letters != "hq":  # the managing agency's head has nobody above
            extra["decision"][letters] = EvaluatorDecision.objects.create(
                person=person, evaluator=made.people[sight.evaluator_of(letters)], starts_on=date(2030, 1, 1),
                decision_number=_mark(letters),
            )  # fmt: skip
        if person.user is not None:
            extra["grant"][letters] = GrantFactory(
                user=person.user, unit=person.unit, capability="classify", starts_on=date(2030, 1, 1)
            )


def _catalogues(made: Institution) -> None:
    """Each unit has one draft, one sent and one approved catalogue; the draft has a product."""
    extra = made.extra
    for state in CatalogueState.values:
        extra[f"catalogue_{state}"] = {}
    extra["item"] = {}
    for code, unit in made.units.items():
        letters = TREE[code][2]
        for number, state in enumerate(reversed(CatalogueState.values), start=2):
            decided = {"decision_number": "1", "decision_date": SINCE, "effective_on": date(2030, 1, 1)}
            extra[f"catalogue_{state}"][code] = Catalogue.objects.create(
                unit=unit, number=number, title=_mark(letters), state=state, search_text="qd",
                **(decided if state == CatalogueState.APPROVED else {}),
            )  # fmt: skip
        extra["item"][code] = Product.objects.create(
            catalogue=extra["catalogue_draft"][code], code=str(Mark(letters, RECORD)), group=1, points=5,
            scope=ProductScope.SHARED, duty=_mark(letters), coefficient=1, search_text="qd",
        )  # fmt: skip


def _periods(made: Institution) -> None:
    """For each unit a quarter being prepared, an open and a closed one, in which nobody else takes part."""
    extra = made.extra
    words = {
        "draft_period": PeriodState.DRAFT,
        "open_period": PeriodState.OPEN,
        "closed_period": PeriodState.CLOSED,
    }
    scored = FrozenCriterion.objects.filter(version__set_code="MT").first()
    for number, (word, state) in enumerate(words.items(), start=1):
        # The closed ones are long past: the months of the cards stay among the newest that a page offers.
        past = state == PeriodState.CLOSED
        first, last = (date(2025, 1, 1), date(2025, 3, 31)) if past else (date(2026, 7, 1), date(2026, 9, 30))
        extra[word] = {}
        for year, (code, unit) in enumerate(made.units.items(), start=2030):
            period = Period.objects.create(
                kind=PeriodKind.QUARTER, year=year, number=number, starts_on=first, ends_on=last,
                self_due_at=DUE, evaluation_due_at=LATE, state=state,
                closed_at=MOMENT if past else None,
            )  # fmt: skip
            period.units.add(unit)
            if past:
                PublishedSpread.objects.create(
                    period=period,
                    criterion=scored,
                    block=unit.block,
                    staff_kind="cong_chuc",
                    values={"1/2": 6},
                )
            extra[word][code] = period


def _results_of_units(made: Institution) -> None:
    """One for each organisation, in a month that is open."""
    made.extra["unit_result"] = {
        code: UnitResult.objects.create(
            period=made.periods["opened"], unit=unit, points=80, decision_number="1/QĐ", decided_on=SINCE,
            recorded_by=system_user().pk, recorded_at=MOMENT,
        )
        for code, unit in made.units.items()
    }  # fmt: skip


def _jobs_and_uploads(made: Institution) -> None:
    extra = made.extra
    extra["job"] = {}
    for code in made.units:
        keys = {"period": extra["open_period"][code].pk}
        extra["job"][code] = Job.objects.create(
            name=JOB_NAME, key=f"of {code}", arguments=keys, actor_id=0, created_at=MOMENT
        )
    for role in HOLDERS:
        extra["job"][role] = Job.objects.create(
            name="own", key=f"of {role}", actor_id=made.user(role).pk, created_at=MOMENT
        )
    for kind in ImportKind.values:
        word = f"{kind}_upload"
        extra[word] = {code: _upload(kind, unit, 0) for code, unit in made.units.items()}
        for role in HOLDERS:
            extra[word][role] = _upload(kind, made.units["A1"], made.user(role).pk)


def _upload(kind: str, unit: Unit, actor: int) -> ImportUpload:
    """Kept and applied already, so that its page says so and reads no workbook."""
    return ImportUpload.objects.create(
        kind=kind, unit=unit if kind == ImportKind.CATALOGUE else None, title="Danh mục",
        file_name=f"{Mark(TREE[unit.code][2], RECORD)}.xlsx", sha256="0" * 64, content=b"", actor_id=actor,
        created_at=MOMENT, expires_at=MOMENT + timedelta(hours=1), applied_at=MOMENT,
    )  # fmt: skip


def _criteria_sets(made: Institution) -> None:
    """An issued set under approval, everything of the host's that hangs on it, and an item of the library."""
    extra = made.extra
    page, version = issued(code="MAT")
    page.title = f"Bộ {Mark(sight.CRITERIA_SET, RECORD)}"
    page.save()
    page.save_revision(clean=False)
    workflow = page.get_workflow()
    state = workflow.start(page, made.user("policy"))
    bands = [
        {
            "type": "band",
            "value": {"code": "pass", "label": str(Mark(sight.CRITERIA_SET, RECORD)), "start": "0"},
        }
    ]
    item = add_item(
        actor=made.user("policy"),
        moment=MOMENT,
        name=f"Mức {Mark(sight.CRITERIA_SET, RECORD)}",
        content={"type": "bands", "value": bands},
    )
    kept: dict[str, Model | Any] = {
        "page": page,
        "index": page.get_parent(),
        "set": version,
        "library_item": item,
        "revision": page.get_latest_revision(),
        "workflow": workflow,
        "workflow_task": state.current_task_state.task,
        "workflow_state": state,
        "task_state": state.current_task_state,
        "group": Group.objects.get(name=authors_group().name),
        "account": {
            letters: person.user for letters, person in made.people.items() if person.user is not None
        },
    }
    extra |= kept


def _sample(made: Institution) -> None:
    """What the auditor drew: its entry names every card of a month, also those that they do not audit."""
    month = made.periods["confirmed"]
    cards = [card.code for card in made.cards.values() if card.period_id == month.pk]
    made.extra["drawn"] = LedgerEntry.objects.create(
        act="sample.drawn", at=MOMENT, actor_id=made.user("auditor").pk, actor_code="auditor",
        subject_type="snippets.Period", subject_id=str(month.pk), request_id=uuid.uuid4(),
        after={"seed": 1, "number": 200, "of": len(cards), "cards": cards},
    )  # fmt: skip
