"""Every stored result against its rows, whole and in part: what a screen and a form show follows from them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import ledger_checks
from kpi_cms.evaluation.domain import opening, scoring, stages, tasks
from kpi_cms.evaluation.domain.collective import save_collective, send_collective
from kpi_cms.evaluation.domain.naming import Competent, name_anew, standing_evaluator
from kpi_cms.evaluation.models import (
    Assessment,
    CalendarPin,
    CardResult,
    CataloguePin,
    Score,
    Scorecard,
    Task,
    VersionPin,
)
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import append_only, verification
from kpi_cms.foundation.audit.canonical import text_key
from kpi_cms.foundation.audit.models import ErasableText
from kpi_cms.foundation.audit.source import Part
from kpi_cms.foundation.audit.verifying import Finding, Wrong
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor
from snippets.enums import Capability, DayKind
from snippets.models import CalendarDay
from tests.evaluation.test_collective import named, points, staged, step
from tests.evaluation.test_seats import FIRST, HEAD, SEATS, SECOND
from tests.factories.snippets import CatalogueFactory, holder
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

# Column → something else than any result here says.
FORGED: dict[str, Any] = {
    "numerator": "12345", "denominator": "7", "rounded": Decimal("99.99"), "shown": "99,99", "band": "khac",
    "band_by_points": "khac", "gates": {"applied": ["x"]}, "common": Decimal("29.99"), "results": Decimal("1.01"),
    "values": {"a": "1/3"}, "missing": 3, "insufficient": True, "pending": True,
}  # fmt: skip


def of_results(part: Part | None = None) -> list[tuple[Wrong, str, int | str]]:
    found: Iterable[Finding] = ledger_checks.check_results(part or Part())
    return [(each.wrong, each.table, each.row_id) for each in found]


def result_of(world: World, who: Any, stage: str, seat: str = "") -> CardResult:
    return CardResult.objects.get(card=world.card(who), stage=stage, seat=seat)


@pytest.fixture
def heard(draft_world: World) -> World:
    """The head decides about Lan with two seats of a collective; Minh was sent, the deputy writes."""
    world = staged(draft_world, raters=[*SEATS, HEAD])
    clerk = holder(world.agency, Capability.MANAGE_PEOPLE)
    month.evaluated(world, world.lan, share="0.5")
    named(world, clerk, world.minh, seats={FIRST: world.deputy, SECOND: world.chair})
    for seat, share in ((FIRST, "0.5"), (SECOND, "0")):
        card = world.card(world.lan)
        step(save_collective, world.minh, card, entries=points(card, share), seat=seat)
    step(send_collective, world.minh, world.card(world.lan))
    month.submitted(world, world.minh)
    month.self_saved(world, world.deputy)
    world.extra["clerk"] = clerk
    return world


def test_what_any_stage_or_seat_says_is_found_when_it_is_changed(heard: World) -> None:
    assert of_results() == []
    results = list(CardResult.objects.order_by("pk"))
    assert {(each.stage, each.seat) for each in results} == {
        ("self", ""), ("collective", FIRST), ("collective", SECOND), ("evaluator", ""),
    }  # fmt: skip
    for result in results:
        for name, other in FORGED.items():
            forged = other if other is not True else not getattr(result, name)
            with month.undone():
                CardResult.objects.filter(pk=result.pk).update(**{name: forged})
                expected = [(Wrong.RESULT_DIFFERS, "evaluation_cardresult", result.pk)]
                assert of_results() == expected, (result.stage, name)


def test_whose_result_it_is_said_to_be_is_compared(heard: World) -> None:
    result = result_of(heard, heard.lan, "evaluator")
    for name, forged in {"unit": heard.other_department, "person": heard.stranger}.items():
        with month.undone():
            CardResult.objects.filter(pk=result.pk).update(**{name: forged})
            assert of_results() == [(Wrong.RESULT_DIFFERS, "evaluation_cardresult", result.pk)]


def test_a_result_that_was_deleted_is_missing(heard: World) -> None:
    for result in CardResult.objects.order_by("pk"):
        with month.undone():
            CardResult.objects.filter(pk=result.pk).delete()
            assert of_results() == [(Wrong.RESULT_MISSING, "evaluation_scorecard", result.card_id)]


def test_a_result_of_a_stage_that_nobody_has_is_one_too_many(heard: World) -> None:
    """The whole verification says it, beside everything else it compares."""
    result = result_of(heard, heard.lan, "collective", FIRST)
    for stage, seat in (("collective", ""), ("collective", "r-khac"), ("endorsement", "")):
        with month.undone():
            CardResult.objects.filter(pk=result.pk).update(stage=stage, seat=seat)
            assert {wrong for wrong, _table, _row in of_results()} == {
                Wrong.RESULT_ADDED,
                Wrong.RESULT_MISSING,
            }
            assert (Wrong.RESULT_ADDED, "evaluation_cardresult", result.pk) in of_results()


def test_what_was_sent_stays_as_it_was_while_the_tasks_go_on(world: World) -> None:
    task = month.worked(world, world.lan)
    month.evaluated(world, world.lan)
    before = result_of(world, world.lan, "self")
    tasks.confirm_task(
        actor=world.head.user, moment=MOMENT, task=task, expected=task.version_number, accepted=Decimal(2)
    )
    assert (before.values["b"], result_of(world, world.lan, "evaluator").values["b"]) == ("1", "1/2")
    assert of_results() == []
    # What the tasks say by now follows from the rows, and is not what was sent.
    now = scoring.result_fields(scoring.outcome_of(world.card(world.lan), "self"), MOMENT)
    CardResult.objects.filter(pk=before.pk).update(**now)
    [finding] = ledger_checks.check_results(Part())
    assert (finding.row_id, finding.detail) == (before.pk, f"card {before.card_id}, self: not what was sent")


def test_what_was_sent_cannot_be_made_up_consistently(world: World) -> None:
    """A forger who computes: the shares of the tasks changed with everything that follows from them."""
    task = month.worked(world, world.lan, completed="2")
    month.submitted(world, world.lan)
    sent = result_of(world, world.lan, "self")
    with month.undone():
        Task.objects.filter(pk=task.pk).update(completed=4, accepted=4)
        better = scoring.result_fields(scoring.outcome_of(world.card(world.lan), "self"), MOMENT)
    assert better["shown"] != sent.shown
    CardResult.objects.filter(pk=sent.pk).update(**better)
    assert of_results() == [(Wrong.RESULT_DIFFERS, "evaluation_cardresult", sent.pk)]


def test_a_collective_that_gives_way_leaves_no_result_behind(heard: World) -> None:
    """Whoever sat comes to decide: nobody speaks for the collective any more, and its results say so."""
    world = heard
    competent = Competent(standing_evaluator(world.card(world.lan)), world.minh.pk)
    with as_actor(system_user(), MOMENT):
        name_anew([(world.card(world.lan), competent)], MOMENT, "Bổ nhiệm", reopening=True)
    assert result_of(world, world.lan, "collective", FIRST).shown == ""
    assert of_results() == []


def test_a_score_that_cannot_be_computed_with_is_a_finding(heard: World) -> None:
    """A superuser writes more than the maximum: the verifier goes on and names the result."""
    score = Score.objects.filter(
        assessment__card=heard.card(heard.lan), assessment__stage="evaluator"
    ).first()
    assert score is not None
    Score.objects.filter(pk=score.pk).update(value=Decimal(9999))
    result = result_of(heard, heard.lan, "evaluator")
    [finding] = ledger_checks.check_results(Part())
    assert (finding.row_id, finding.detail) == (
        result.pk,
        f"card {result.card_id}, evaluator: cannot be computed",
    )
    assert ("evaluation_score", score.pk) in {
        (each.table, each.row_id) for each in verification.run().findings
    }


# --- In part ------------------------------------------------------------------------------------------------
def test_values_that_are_no_numbers_are_a_finding(heard: World) -> None:
    """Of what was sent the result itself says what its tasks were worth."""
    result = result_of(heard, heard.lan, "self")
    CardResult.objects.filter(pk=result.pk).update(values={"a": "nhiều"})
    assert of_results() == [(Wrong.RESULT_DIFFERS, "evaluation_cardresult", result.pk)]


def test_a_version_that_nothing_can_be_computed_with_is_a_finding(heard: World) -> None:
    version = heard.card(heard.lan).version
    with append_only.flush_allowed():
        CriteriaVersion.objects.filter(pk=version.pk).update(specification={}, sha256="0" * 64)
    assert (Wrong.RESULT_DIFFERS, "criteria_pages_criteriaversion", version.pk) in of_results()
    assert "cannot be computed" in str(next(iter(ledger_checks.check_results(Part()))))


def test_a_catalogue_that_was_added_is_as_it_should_be_and_one_that_was_put_there_is_found(
    by_the_book: World,
) -> None:
    world = by_the_book
    added = CatalogueFactory.create(approved=True, unit=world.agency, number=2, effective_on=worlds.LAST)
    smuggled = CatalogueFactory.create(approved=True, unit=world.other_agency, number=7)
    policy = holder(world.root, Capability.MANAGE_PERIODS)
    with month.undone():
        opening.add_catalogues(actor=policy, moment=MOMENT, period=world.period, catalogues=[added.pk])
        assert list(ledger_checks.check_pins(Part())) == []
        CataloguePin.objects.create(period=world.period, catalogue=smuggled)
        [finding] = ledger_checks.check_pins(Part())
        assert finding.detail == "evaluation_cataloguepin, +B v7"
    CataloguePin.objects.create(period=world.period, catalogue=smuggled)
    opening.add_catalogues(actor=policy, moment=MOMENT, period=world.period, catalogues=[added.pk])
    [finding] = ledger_checks.check_pins(Part())  # what stood there before is not what the act added
    assert finding.detail == "evaluation_cataloguepin, +B v7"


def test_verifying_one_card_compares_its_results(heard: World, capsys: Any) -> None:
    card, other = heard.card(heard.lan), heard.card(heard.minh)
    result = result_of(heard, heard.lan, "self")
    CardResult.objects.filter(pk=result.pk).update(shown="99,99")
    with pytest.raises(SystemExit):
        call_command("verify_ledger", card=card.code)
    said = capsys.readouterr().out
    assert f"evaluation_cardresult {result.pk}: result does not follow from its rows" in said
    assert "Left to the whole verification" in said
    call_command("verify_ledger", card=other.code)
    assert "Everything holds." in capsys.readouterr().out


def test_verifying_a_unit_compares_the_results_of_its_cards_alone(heard: World) -> None:
    result = result_of(heard, heard.lan, "evaluator")
    CardResult.objects.filter(pk=result.pk).update(values={})
    part, elsewhere = (
        verification.part_of(unit=unit.code) for unit in (heard.department, heard.other_agency)
    )
    assert of_results(part) == [(Wrong.RESULT_DIFFERS, "evaluation_cardresult", result.pk)]
    assert of_results(elsewhere) == []


def test_verifying_one_card_compares_its_texts_with_their_keys(world: World) -> None:
    """A comment and the text that was kept of it, both changed alike: only the key tells."""
    card = month.submitted(world, world.lan)
    assert card.evaluator is not None
    stages.save_evaluation(
        actor=card.evaluator.user, moment=MOMENT, card=card, expected=card.version_number, entries={},
        comments={"comment": "Hoàn thành tốt"},
    )  # fmt: skip
    said = Assessment.objects.get(card=card, stage="evaluator")
    part = verification.part_of(card=card.code)
    assert verification.run(part).findings == []
    with append_only.flush_allowed():
        kept = ErasableText.objects.get(pk=said.comments_key)
        text = kept.text.replace("Hoàn thành tốt", "Không hoàn thành")
        ErasableText.objects.filter(pk=kept.pk).update(text=text)
        Assessment.objects.filter(pk=said.pk).update(comment="Không hoàn thành")
    assert text_key(kept.salt, kept.kind, kept.person_code, text) != kept.pk
    found = [(each.wrong, each.row_id) for each in verification.run(part).findings]
    assert found == [(Wrong.TEXT_CHANGED, str(kept.pk))]
    with append_only.flush_allowed():
        ErasableText.objects.filter(pk=kept.pk).delete()
    found = [(each.wrong, each.table, each.row_id) for each in verification.run(part).findings]
    assert found == [(Wrong.TEXT_MISSING, "evaluation_assessment", said.pk)]


def test_words_of_which_none_were_kept_are_found(world: World) -> None:
    """Grounds beside points, a comment nobody wrote, a task called something else than its product."""
    task = month.worked(world, world.lan)
    month.evaluated(world, world.lan)
    score = Score.objects.filter(grounds_key=None).first()
    said = Assessment.objects.filter(comments_key=None).first()
    assert score is not None
    assert said is not None
    assert list(ledger_checks.check_copies(Part(records={}))) == []
    forged: list[tuple[Any, dict[str, str]]] = [
        (score, {"grounds": "Có sáng kiến"}), (said, {"weaknesses": "Chậm"}), (task, {"name": "Việc khác"}),
    ]  # fmt: skip
    for row, columns in forged:
        with month.undone():
            type(row)._default_manager.filter(pk=row.pk).update(**columns)
            [finding] = ledger_checks.check_copies(verification.part_of(card=world.card(world.lan).code))
            assert (finding.wrong, finding.table, finding.row_id) == (
                Wrong.COPY_DIFFERS, row._meta.db_table, row.pk,
            )  # fmt: skip


# --- What a period is scored with ---------------------------------------------------------------------------
@pytest.fixture
def by_the_book(draft_world: World) -> World:
    """Opened through the domain, with a day of the calendar."""
    world = draft_world
    policy = holder(world.root, Capability.MANAGE_PERIODS)
    CalendarDay.objects.create(day=worlds.FIRST, kind=DayKind.OFF, name="Nghỉ bù")
    job = opening.open_period(actor=policy, moment=MOMENT, period=world.period)
    jobs.run_job.call(str(job.pk))
    world.period.refresh_from_db()
    return world


def test_a_pin_of_an_open_period_that_was_changed_is_found(by_the_book: World) -> None:
    world = by_the_book
    assert list(ledger_checks.check_pins(Part())) == []
    third = worlds.version(worlds.staff_spec(), "KHAC", number=3)
    of_period = {"period": world.period}
    for model in (VersionPin, CataloguePin, CalendarPin):
        pin = model._default_manager.filter(**of_period).first()
        assert pin is not None
        with thawed(), month.undone():
            model._default_manager.filter(pk=pin.pk).delete()
            [finding] = ledger_checks.check_pins(Part(chain="A", units=[world.other_agency.pk]))
            assert (finding.wrong, finding.table, finding.row_id) == (
                Wrong.PINS_DIFFER, "snippets_period", world.period.pk,
            )  # fmt: skip
            assert finding.detail.startswith(f"{model._meta.db_table}, -")
    with thawed(), month.undone():
        VersionPin.objects.create(version=third, **of_period)
        [finding] = ledger_checks.check_pins(Part())
        assert finding.detail == f"evaluation_versionpin, +KHAC v3 {third.sha256}"


def test_verifying_one_card_compares_what_it_was_opened_with(by_the_book: World) -> None:
    world = by_the_book
    card = world.card(world.lan)
    part = verification.part_of(card=card.code)
    assert list(ledger_checks.check_frozen(part)) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evaluation_scorecard SET position_title = 'khác' WHERE id = %s", [card.pk])
    [finding] = ledger_checks.check_frozen(part)
    assert (finding.wrong, finding.row_id) == (Wrong.DIGEST_DIFFERS, world.period.pk)
    unit = verification.part_of(unit=world.department.code)
    assert list(ledger_checks.check_frozen(unit)) == []
    assert Scorecard.objects.filter(period=world.period).count() == 7
