"""A law has the words about a person erased: they are gone from every table, and everything else holds as before."""

import json
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from kpi_cms.evaluation.domain import erasing, stages, tasks
from kpi_cms.evaluation.domain.erasing import COPIES, count_texts, erase_texts
from kpi_cms.evaluation.enums import Erasable, StageKey
from kpi_cms.evaluation.models import Assessment, Evidence, Reopening, Score, Scorecard, Task
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts, verification
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry, TextKind
from kpi_cms.foundation.audit.offline import check_bundle
from kpi_cms.foundation.audit.verifying import Finding, Wrong
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Invalid, Refused, Stale
from snippets.domain.people import change_person
from snippets.enums import Role
from snippets.models import Person
from tests.factories.snippets import UserFactory, in_role
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.spoken import decided, hits, spoken
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
MARK = "ZQX7731"  # stands in every word about Lan, and nowhere else
OTHERS = "WVB5502"  # the same for Minh
GROUND = "Quyết định số 12/QĐ-TA của Tòa án"
LATER = MOMENT + timedelta(hours=1)
USUAL = (Erasable.COMMENT, Erasable.REASON)
EVERY = tuple(Erasable)


@pytest.fixture(autouse=True)
def _store(settings, tmp_path) -> None:
    settings.EVIDENCE_ROOT = str(tmp_path / "evidence")


@pytest.fixture(autouse=True)
def _real_names(world: World) -> None:
    """The world names people past the register: here a text stands behind each key, as in the product."""
    with as_actor(system_user(), MOMENT):
        for each in Person.objects.all():
            each.name_key = texts.keep(TextKind.NAME, each.full_name, person_code=each.staff_code)
            each.save()
        world.period.save()
    for each in (world.lan, world.minh):
        each.refresh_from_db()


@pytest.fixture
def office(world: World) -> User:
    """The personnel office of the whole province."""
    return in_role(world.root, Role.PERSONNEL, username="TC01")


def erase(office: User, who: Person, kinds: Any = USUAL, **more: Any) -> erasing.Erasure:
    return erase_texts(
        **{"actor": office, "moment": LATER, "person": who, "kinds": kinds, "reason": GROUND} | more
    )


def findings() -> list[Finding]:
    """What the verifier finds, but for the keys that the world's names had before a text stood behind them."""
    first = (Wrong.TEXT_MISSING, "snippets_historicalperson", "name_key")
    return [each for each in verification.run().findings if (each.wrong, each.table, each.detail) != first]


def nothing_happened(mark: str, before: dict[str, int]) -> bool:
    acts = LedgerEntry.objects.filter(act="text.erased").count()
    return (acts, hits(mark)) == (0, before)


# --- Who may ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "who", ["lan", "head", "chair", "auditor", "agency", "access", "superuser", "system"]
)
def test_nobody_but_the_personnel_office_of_the_province_erases_anything(world: World, who: str) -> None:
    spoken(world, world.lan, MARK)
    before = hits(MARK)
    actors = {
        "lan": lambda: world.lan.user,
        "head": lambda: world.head.user,
        "chair": lambda: world.chair.user,
        "auditor": lambda: in_role(world.root, Role.AUDITOR),
        "agency": lambda: in_role(world.agency, Role.PERSONNEL),
        "access": lambda: in_role(world.root, Role.ACCESS),
        "superuser": lambda: UserFactory(is_superuser=True),
        "system": system_user,
    }
    for verb in (erase_texts, count_texts):
        more = {"reason": GROUND, "moment": LATER} if verb is erase_texts else {}
        with pytest.raises(Refused) as refused, transaction.atomic():
            verb(actor=actors[who](), person=world.lan, kinds=EVERY, **more)
        assert "personnel office of the whole province" in str(refused.value) or who in (
            "lan",
            "head",
            "chair",
        )
    assert nothing_happened(MARK, before)


@pytest.mark.parametrize("part", ["own", "evaluator", "rater", "endorser"])
def test_whoever_has_a_part_in_the_evaluation_erases_nothing_about_it(
    world: World, office: User, part: str
) -> None:
    card = spoken(world, world.lan, MARK)
    before = hits(MARK)
    if part == "own":
        Person.objects.filter(pk=world.lan.pk).update(user=office)
        world.lan.refresh_from_db()
    elif part == "evaluator":
        Person.objects.filter(pk=world.head.pk).update(user=office)
    elif part == "rater":  # the evaluator of before: somebody else is named on the card by now
        Person.objects.filter(pk=world.head.pk).update(user=office)
        Scorecard.objects.filter(pk=card.pk).update(evaluator=world.chair)
    else:
        Person.objects.filter(pk=world.chair.pk).update(user=office)
        Scorecard.objects.filter(pk=card.pk).update(endorser=world.chair)
    with pytest.raises(Refused, match="no part in their evaluation"):
        erase(office, world.lan, EVERY)
    assert nothing_happened(MARK, before)


def test_without_a_ground_nothing_is_erased(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    before = hits(MARK)
    with pytest.raises(Invalid) as refused:
        erase(office, world.lan, reason="  ")
    assert refused.value.problems == {"reason": ["Give the legal ground. Nothing was erased."]}
    assert nothing_happened(MARK, before)


# --- What is gone -------------------------------------------------------------------------------------------
def test_nothing_of_the_words_is_left_in_any_column_of_any_table(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    spoken(world, world.minh, OTHERS)
    others = hits(OTHERS)
    found = hits(MARK)
    assert set(found) == {
        "audit_erasabletext.text",
        "evaluation_assessment.comment",
        "evaluation_assessment.returned_copy",
        "evaluation_assessment.strengths",
        "evaluation_assessment.weaknesses",
        "evaluation_evidence.number",
        "evaluation_evidence.title",
        "evaluation_score.grounds",
        "evaluation_task.evidence_number",
        "evaluation_task.name",
        "evaluation_task.note",
    }
    assert set(others) == set(found)
    done = erase(office, world.lan)
    assert hits(MARK) == {}
    assert hits(OTHERS) == others
    assert (done.count, done.kept_on_forms) == (found["audit_erasabletext.text"], 0)


def test_every_live_copy_says_in_words_that_it_was_erased(world: World, office: User) -> None:
    card = spoken(world, world.lan, MARK)
    erase(office, world.lan)
    said = Assessment.objects.get(card=card, stage=StageKey.SELF)
    assert (said.strengths, said.weaknesses, said.comment) == ("(đã xóa)", "(đã xóa)", "")
    assert said.returned_copy["comments"] == {
        "strengths": "(đã xóa)", "weaknesses": "(đã xóa)", "comment": "",
    }  # fmt: skip
    assert {grounds for _value, _choice, grounds in said.returned_copy["scores"].values()} == {"(đã xóa)"}
    assert set(Score.objects.filter(assessment=said).values_list("grounds", flat=True)) == {"(đã xóa)"}
    given, proposed = Task.objects.filter(person=world.lan).order_by("pk")
    assert (given.name, given.note, given.evidence_number, given.part_label) == (
        "Soạn thảo văn bản", "(đã xóa)", "(đã xóa)", "",
    )  # fmt: skip
    assert (proposed.name, proposed.note) == ("(đã xóa)", "(đã xóa)")
    assert set(Evidence.objects.values_list("title", "number")) == {("(đã xóa)", "(đã xóa)")}
    reason = card.return_reason_key
    assert texts.shown([reason, None]) == {reason: "(erased)"}


def test_the_ledger_says_who_how_many_and_by_which_ground_and_no_word_of_them(
    world: World, office: User
) -> None:
    spoken(world, world.lan, MARK)
    done = erase(office, world.lan)
    entry = LedgerEntry.objects.get(act="text.erased")
    assert (entry.actor_code, entry.person_code, entry.unit_code, entry.subject_label, entry.at) == (
        "TC01", "CC004", "A1", str(done.count), LATER,
    )  # fmt: skip
    assert texts.read([entry.reason_key]) == {entry.reason_key: GROUND}
    assert (entry.before, len(entry.after["texts"])) == (None, done.count)
    assert {key: value for key, value in entry.after.items() if key != "texts"} == {
        "kinds": dict(done.texts), "records": dict(done.records), "before": "",
    }  # fmt: skip
    assert dict(done.records) == {
        "evaluation.Score": Score.objects.filter(person=world.lan).count(),
        "evaluation.Assessment": 2,
        "evaluation.Evidence": 2,
        "evaluation.Task": 2,
    }


def test_the_ground_of_an_erasure_is_not_erased_by_the_next_one(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    erase(office, world.lan)
    again = erase(office, world.lan, EVERY)
    assert (again.count, LedgerEntry.objects.filter(act="text.erased").count()) == (0, 1)
    assert GROUND in ErasableText.objects.values_list("text", flat=True)


def test_the_ledger_holds_before_and_after(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    assert findings() == []
    erase(office, world.lan, EVERY)
    assert findings() == []


def test_words_that_were_put_back_past_the_software_are_found(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    erase(office, world.lan)
    task = Task.objects.filter(person=world.lan).order_by("pk").last()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evaluation_task SET note = 'lời cũ' WHERE id = %s", [task.pk])
    [finding] = findings()
    assert (finding.table, finding.row_id, finding.detail) == ("evaluation_task", task.pk, "note")


def test_a_form_that_still_shows_the_words_cannot_bring_them_back(world: World, office: User) -> None:
    card = spoken(world, world.lan, MARK)
    task = Task.objects.filter(person=world.lan).order_by("pk").first()
    erase(office, world.lan)
    with pytest.raises(Stale):
        stages.save_self(
            actor=world.lan.user, moment=LATER, card=card, expected=card.version_number, entries={},
            comments={"strengths": f"{MARK} ưu điểm"},
        )  # fmt: skip
    with pytest.raises(Stale):
        tasks.report_task(
            actor=world.lan.user, moment=LATER, task=task, expected=task.version_number, completed=Decimal(4),
            completed_on=date(2026, 7, 19), evidence_number=f"{MARK}/BC",
        )  # fmt: skip
    assert hits(MARK) == {}


def test_a_returned_card_that_is_taken_up_stands_as_it_was_sent_without_the_words(
    world: World, office: User
) -> None:
    card = spoken(world, world.lan, MARK)
    erase(office, world.lan)
    late = world.period.self_due_at + timedelta(days=1)
    card = world.card(world.lan)
    due = stages.rules.self_due_at(card)
    stages.evaluate_without_self(
        actor=world.head.user, moment=max(late, due + timedelta(minutes=1)), card=card,
        expected=card.version_number, reason="Hết hạn",
    )  # fmt: skip
    assert hits(MARK) == {}
    assert findings() == []


# --- By kind and by day -------------------------------------------------------------------------------------
def test_what_the_form_of_a_decided_card_says_stays_unless_it_is_asked_for(
    world: World, office: User
) -> None:
    card = decided(world, world.lan, MARK)
    first = erase(office, world.lan)
    assert hits(MARK).keys() == {
        "audit_erasabletext.text",
        "evaluation_assessment.comment",
        "evaluation_assessment.strengths",
        "evaluation_assessment.weaknesses",
        "evaluation_evidence.number",
        "evaluation_evidence.title",
        "evaluation_score.grounds",
        "evaluation_task.evidence_number",
        "evaluation_task.name",
        "evaluation_task.note",
    }
    assert first.kept_on_forms == hits(MARK)["audit_erasabletext.text"]
    assert texts.read([card.return_reason_key]) == {card.return_reason_key: ""}
    assert not Reopening.objects.exists()
    second = erase(office, world.lan, [Erasable.FILE])
    assert (second.texts, second.kept_on_forms) == ({"file": first.kept_on_forms}, 0)
    assert hits(MARK) == {}
    assert findings() == []


def test_one_kind_leaves_the_other(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    both = count_texts(actor=office, person=world.lan, kinds=USUAL).texts
    erase(office, world.lan, [Erasable.COMMENT])
    assert "evaluation_score.grounds" in hits(MARK)
    assert "evaluation_assessment.strengths" not in hits(MARK)
    left = count_texts(actor=office, person=world.lan, kinds=USUAL).texts
    assert left == {"reason": both["reason"]}


def test_grounds_that_are_erased_leave_the_comments_of_a_returned_self_assessment(
    world: World, office: User
) -> None:
    card = spoken(world, world.lan, MARK)
    erase(office, world.lan, [Erasable.REASON])
    copy = Assessment.objects.get(card=card, stage=StageKey.SELF).returned_copy
    assert copy["comments"] == {
        "strengths": f"{MARK} ưu điểm", "weaknesses": f"{MARK} hạn chế", "comment": "",
    }  # fmt: skip
    assert {grounds for _value, _choice, grounds in copy["scores"].values()} == {"(đã xóa)"}


def test_what_was_written_from_that_day_on_stays(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    before = hits(MARK)
    assert erase(office, world.lan, before=MOMENT).count == 0
    assert nothing_happened(MARK, before)
    assert erase(office, world.lan, before=MOMENT + timedelta(seconds=1)).count > 0
    assert hits(MARK) == {}
    assert LedgerEntry.objects.get(act="text.erased").after["before"] == "2026-08-03T02:00:01+00:00"


def test_a_former_name_is_erased_only_where_it_is_asked_for_and_the_present_one_never(
    world: World, office: User
) -> None:
    with as_actor(system_user(), MOMENT):
        former = Person.objects.get(pk=world.lan.pk)
        change_person(
            actor=system_user(), moment=MOMENT, person=former, reason="Cải chính",
            full_name=f"Hồ {MARK}",
        )  # fmt: skip
        change_person(
            actor=system_user(), moment=MOMENT, person=former, reason="Cải chính lại",
            full_name="Hồ Thị Lan Anh",
        )  # fmt: skip
    assert "audit_erasabletext.text" in hits(MARK)
    erase(office, world.lan)
    assert "audit_erasabletext.text" in hits(MARK)
    done = erase(office, world.lan, [Erasable.NAME])
    assert done.texts == {"name": 2}
    assert hits(MARK) == {}
    now = Person.objects.get(pk=world.lan.pk)
    assert texts.read([now.name_key]) == {now.name_key: "Hồ Thị Lan Anh"}
    assert findings() == []


def test_every_column_that_history_leaves_out_was_thought_of() -> None:
    """A new column with words belongs into `COPIES`, or is named here with why it stays."""
    stays = {
        "assessment.returned_copy",  # compared by its words
        "catalogue.search_text", "jobposition.search_text", "position.search_text", "unit.search_text",
        "libraryitem.search_text",
        "catalogue.signer",  # of a decision
        "evidence.storage_name",  # drawn by us
        "person.email", "person.full_name", "person.phone", "person.search_text", "person.sort_key",  # the register
        "scorecard.appointments", "scorecard.position_code", "scorecard.position_title",  # of registers
        "scorecard.unit_name",  # the same
    }  # fmt: skip
    found = set()
    for model in apps.get_models():
        if not hasattr(model, "history"):
            continue
        kept = {field.name for field in model.history.model._meta.concrete_fields}
        for field in model._meta.concrete_fields:
            words = field.get_internal_type() in ("CharField", "TextField", "JSONField")
            if words and field.name not in kept:
                found.add(f"{model._meta.model_name}.{field.name}")
    copies = {
        f"{model._meta.model_name}.{name}"
        for model, columns in COPIES.items()
        for names in columns.values()
        for name in names
    }
    assert found - copies == stays
    assert copies <= found


# --- The command --------------------------------------------------------------------------------------------
def said(*more: str, person: str = "CC004", actor: str = "TC01") -> str:
    out = StringIO()
    call_command("erase_texts", "--person", person, "--actor", actor, "--reason", GROUND, *more, stdout=out)
    return out.getvalue()


def test_a_trial_run_counts_and_erases_nothing(world: World, office: User) -> None:
    spoken(world, world.lan, MARK)
    before = hits(MARK)
    answer = json.loads(said("--dry-run", "--json"))
    assert (answer["erased"], answer["kept_on_forms"], sorted(answer["texts"])) == (
        False, 0, ["comment", "reason"],
    )  # fmt: skip
    assert nothing_happened(MARK, before)
    done = json.loads(said("--json"))
    assert done == answer | {"erased": True}
    assert hits(MARK) == {}


def test_the_command_says_how_many_and_what_stays(world: World, office: User) -> None:
    decided(world, world.lan, MARK)
    kept = count_texts(actor=office, person=world.lan, kinds=USUAL).kept_on_forms
    lines = said("--dry-run").splitlines()
    assert lines[0].endswith("texts would be erased.")
    assert lines[-1].startswith(f"{kept} more stand on the forms of decided cards")
    assert said("--kind", "file").splitlines() == [
        f"{kept} texts were erased.", f"What stands on the forms of decided cards: {kept}",
    ]  # fmt: skip
    assert said("--kind", "name").splitlines() == ["0 texts were erased."]
    assert said("--before", "2020-01-01").splitlines() == ["0 texts were erased."]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"person": "CC999"}, "Nobody has the staff code “CC999”."),
        ({"actor": "nobody"}, "There is no active account named “nobody”."),
        (
            {"actor": "cc002"},
            "Texts about a person are erased by somebody who has no part in their evaluation.",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(world: World, office: User, more: Any, sentence: str) -> None:
    spoken(world, world.lan, MARK)
    before = hits(MARK)
    with pytest.raises(CommandError) as refused:
        said(**more)
    assert str(refused.value) == sentence
    assert nothing_happened(MARK, before)


def test_a_day_that_is_none_is_one_sentence(world: World, office: User) -> None:
    with pytest.raises(CommandError, match=r"“31/08” is no day\. Write it as 2026-08-31\."):
        said("--before", "31/08")


# --- What leaves the product afterwards ---------------------------------------------------------------------
def test_a_bundle_that_is_taken_afterwards_holds_and_holds_nothing_of_the_words(
    world: World, office: User, tmp_path: Path
) -> None:
    decided(world, world.lan, MARK)
    file = tmp_path / "before.zip"
    call_command("export_bundle", str(file), card=world.card(world.lan).code, stdout=StringIO())
    assert MARK.encode() in inside(file)
    erase(office, world.lan, EVERY)
    for name, more in (("card", {"card": world.card(world.lan).code}), ("unit", {"unit": "A1"})):
        file = tmp_path / f"{name}.zip"
        call_command("export_bundle", str(file), **more, stdout=StringIO())
        assert MARK.encode() not in inside(file)
        assert b'"erased": true' in inside(file)
        done = subprocess.run(
            [sys.executable, "-I", "-S", check_bundle.__file__, str(file)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, "Everything holds." in done.stdout) == (0, True), done.stdout


def inside(file: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.postgresql
def test_the_application_s_own_role_erases_behind_the_second_wall(world: World, office: User) -> None:
    require_roles()
    decided(world, world.lan, MARK)
    with acting_as_the_application():
        assert erase(office, world.lan, EVERY).count > 0
    assert hits(MARK) == {}
    assert findings() == []
