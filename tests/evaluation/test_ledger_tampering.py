"""Through real SQL: whatever a superuser does to cards, scores, tasks, versions, history and ledger is found and named.

Triggers are lifted for the whole test, as a superuser can; each tampering is taken back after it was looked for.
"""

import random
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard, Task
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import anchors, append_only, live, sealing, texts, verification
from kpi_cms.foundation.audit.canonical import GENESIS, link_line, next_head, row_hash, time_text
from kpi_cms.foundation.audit.layouts import lines_of, stored_forms
from kpi_cms.foundation.audit.models import Anchor, ErasableText, LedgerEntry, Seal, SealWaiting, TextKind
from kpi_cms.foundation.audit.verifying import Wrong
from kpi_cms.foundation.core.actor import as_actor
from snippets.models import Period, Person
from tests.helpers import month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
ROUNDS = 4  # of each kind; test_tampering has ten thousand in memory
TABLES = ("evaluation_scorecard", "evaluation_score", "evaluation_task", "evaluation_assessment")


@pytest.fixture
def folder(tmp_path, settings):
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "key.pem")
    anchors.make_key(tmp_path / "key.pem")
    return tmp_path / "anchors"


@pytest.fixture
def kept(world: World, folder, monkeypatch):
    """A month under way: scored, confirmed, returned, with texts, sealed, and anchored twice."""
    # Before that the names' keys were none.
    monkeypatch.setattr(live, "_missing_texts", partial(_but_the_first_names, live._missing_texts))
    with as_actor(system_user(), MOMENT):
        # The world was opened past the domain: history says so from here on.
        for period in Period.objects.all():
            period.save()
        for person in Person.objects.all():
            person.name_key = texts.keep(TextKind.NAME, person.full_name, person_code=person.staff_code)
            person.save()
    month.worked(world, world.lan)
    month.worked(world, world.minh)
    card = month.submitted(world, world.lan)
    anchors.make_anchor(moment=MOMENT + timedelta(minutes=1), occasion="interval")
    stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Xem lại điểm"
    )
    month.submitted(world, world.minh)
    anchors.make_anchor(moment=MOMENT + timedelta(minutes=2), occasion="interval")
    return world


def _but_the_first_names(missing):
    for table, column, row in missing():
        if (table, column) != ("snippets_historicalperson", "name_key"):
            yield table, column, row


def found():
    return verification.run().findings


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def one(draw, model, **where):
    return draw.choice(list(model._base_manager.filter(**where).order_by("pk")))


def quoted(value):
    return value.hex if connection.vendor == "sqlite" else value


def rebuild(chain):
    """Hash a chain anew from the rows as they are."""
    forms = {form.pk: form for form in stored_forms()}
    head = GENESIS
    for number, seal in enumerate(Seal.objects.filter(chain=chain).order_by("number"), 1):
        form = forms[seal.form_id]
        line = lines_of(form, [seal.row_id]).get(seal.row_id)
        if line is None:
            sql("DELETE FROM audit_seal WHERE id = %s", seal.pk)
            continue
        hashed = row_hash(form, line)
        head = next_head(
            head, link_line(chain, number, form.pk, seal.row_id, time_text(seal.sealed_at), hashed)
        )
        sql(
            "UPDATE audit_seal SET number = %s, row_hash = %s, head = %s WHERE id = %s",
            -number,
            hashed,
            head,
            seal.pk,
        )
    sql("UPDATE audit_seal SET number = -number WHERE chain = %s AND number < 0", chain)


# Each returns (table, row) pairs, one of which has to be named.
def score_edited(draw):
    score = one(draw, Score, value__isnull=False)
    sql("UPDATE evaluation_score SET value = value + 1 WHERE id = %s", score.pk)
    return {("evaluation_score", score.pk)}


def score_edited_with_its_history(draw):
    score = one(draw, Score, value__isnull=False)
    row = score.history.order_by("-history_id").first()
    sql("UPDATE evaluation_score SET value = value + 1 WHERE id = %s", score.pk)
    sql("UPDATE evaluation_historicalscore SET value = value + 1 WHERE history_id = %s", row.history_id)
    return {("evaluation_historicalscore", row.history_id)}


def score_deleted(draw):
    score = one(draw, Score)
    sql("DELETE FROM evaluation_score WHERE id = %s", score.pk)
    return {("evaluation_score", score.pk)}


def score_and_its_history_deleted(draw):
    score = one(draw, Score)
    rows = set(score.history.values_list("history_id", flat=True))
    sql("DELETE FROM evaluation_historicalscore WHERE id = %s", score.pk)
    sql("DELETE FROM evaluation_score WHERE id = %s", score.pk)
    return {("evaluation_historicalscore", row) for row in rows}


def scores_swapped_between_units(draw):
    score = one(draw, Score)
    other = draw.choice(list(Score.objects.exclude(person_id=score.person_id)) or [score])
    if other == score:
        return score_edited(draw)
    sql(
        "UPDATE evaluation_score SET person_id = %s, unit_id = %s WHERE id = %s",
        other.person_id,
        other.unit_id,
        score.pk,
    )
    sql(
        "UPDATE evaluation_score SET person_id = %s, unit_id = %s WHERE id = %s",
        score.person_id,
        score.unit_id,
        other.pk,
    )
    return {("evaluation_score", score.pk), ("evaluation_score", other.pk)}


def card_edited(draw):
    card = one(draw, Scorecard)
    sql("UPDATE evaluation_scorecard SET is_leader = NOT is_leader WHERE id = %s", card.pk)
    return {("evaluation_scorecard", card.pk)}


def card_history_inserted(draw):
    card = one(draw, Scorecard)
    row = card.history.order_by("-history_id").first()
    columns = [field.column for field in row._meta.concrete_fields if field.column != "history_id"]
    names = ", ".join(columns)
    sql(
        f"INSERT INTO evaluation_historicalscorecard ({names}) SELECT {names} FROM evaluation_historicalscorecard "
        "WHERE history_id = %s",
        row.history_id,
    )
    added = card.history.order_by("-history_id").first().history_id
    sql(
        "DELETE FROM audit_sealwaiting WHERE source = %s AND row_id = %s",
        "evaluation_historicalscorecard",
        added,
    )
    return {("evaluation_historicalscorecard", added)}


def backdated_history_sealed(draw):
    """A forged row that goes the way of all rows says a moment before the anchors."""
    card = one(draw, Scorecard)
    row = card.history.order_by("-history_id").first()
    row.history_id, row.history_date = None, MOMENT - timedelta(hours=1)
    row.save(force_insert=True)
    sealing.seal_waiting()
    return {("evaluation_historicalscorecard", row.history_id)}


def task_edited(draw):
    task = one(draw, Task)
    sql("UPDATE evaluation_task SET accepted = accepted - 1 WHERE id = %s", task.pk)
    return {("evaluation_task", task.pk)}


def task_text_edited(draw):
    task = one(draw, Task, evidence_key__isnull=False)
    sql("UPDATE evaluation_task SET evidence_number = 'khác' WHERE id = %s", task.pk)
    return {("evaluation_task", task.pk)}


def version_edited(draw):
    version = one(draw, CriteriaVersion)
    sql("UPDATE criteria_pages_criteriaversion SET title = 'khác' WHERE id = %s", version.pk)
    return {("criteria_pages_criteriaversion", version.pk)}


def criterion_edited(draw):
    criterion = one(draw, FrozenCriterion)
    sql("UPDATE criteria_pages_frozencriterion SET maximum = maximum + 1 WHERE id = %s", criterion.pk)
    return {("criteria_pages_frozencriterion", criterion.pk)}


def entry_edited(draw):
    entry = one(draw, LedgerEntry)
    sql("UPDATE audit_ledgerentry SET actor_code = 'ai-khac' WHERE id = %s", entry.pk)
    return {("audit_ledgerentry", entry.pk)}


def entry_edited_and_rebuilt(draw):
    named = entry_edited(draw)
    [(table, row)] = named
    form = next(form for form in stored_forms() if form.table == table)
    rebuild(Seal.objects.get(form_id=form.pk, row_id=row).chain)
    return named


def entry_deleted(draw):
    entry = one(draw, LedgerEntry)
    sql("DELETE FROM audit_ledgerentry WHERE id = %s", entry.pk)
    return {("audit_ledgerentry", entry.pk)}


def entry_deleted_and_rebuilt(draw):
    entry = one(draw, LedgerEntry)
    form = next(form for form in stored_forms() if form.table == "audit_ledgerentry")
    chain = Seal.objects.get(form_id=form.pk, row_id=entry.pk).chain
    sql("DELETE FROM audit_ledgerentry WHERE id = %s", entry.pk)
    rebuild(chain)
    return {("audit_ledgerentry", entry.pk)}


def entry_inserted(draw):
    entry = one(draw, LedgerEntry)
    entry.pk = None
    entry.save(force_insert=True)
    SealWaiting.objects.all().delete()
    return {("audit_ledgerentry", entry.pk)}


def links_reordered(draw):
    chain = draw.choice([chain for chain, head in sealing.heads().items() if head.number > 1])
    one_link, other = draw.sample(list(Seal.objects.filter(chain=chain)), 2)
    sql("UPDATE audit_seal SET number = 0 WHERE id = %s", one_link.pk)
    sql("UPDATE audit_seal SET number = %s WHERE id = %s", one_link.number, other.pk)
    sql("UPDATE audit_seal SET number = %s WHERE id = %s", other.number, one_link.pk)
    tables = {form.pk: form.table for form in stored_forms()}
    return {(tables[one_link.form_id], one_link.row_id), (tables[other.form_id], other.row_id)}


def tail_cut(draw):
    chain = draw.choice(sealing.chains())
    lost = list(Seal.objects.filter(chain=chain).order_by("-number")[: draw.randint(1, 10)])
    tables = {form.pk: form.table for form in stored_forms()}
    for seal in lost:
        table = tables[seal.form_id]
        sql(f'DELETE FROM {table} WHERE "{append_only.key_column(table)}" = %s', seal.row_id)
        sql("DELETE FROM audit_seal WHERE id = %s", seal.pk)
    return {(tables[seal.form_id], seal.row_id) for seal in lost}


def restored(draw):
    """Everything of the second anchor's time is gone, the anchor's own row with it."""
    first = Anchor.objects.get(number=1)
    tables = {form.pk: form.table for form in stored_forms()}
    lost = [
        seal for seal in Seal.objects.order_by("-id") if seal.number > first.heads.get(seal.chain, [0])[0]
    ]
    for seal in lost:
        table = tables[seal.form_id]
        sql(f'DELETE FROM {table} WHERE "{append_only.key_column(table)}" = %s', seal.row_id)
        sql("DELETE FROM audit_seal WHERE id = %s", seal.pk)
    sql("DELETE FROM audit_anchor WHERE number = 2")
    return {(tables[seal.form_id], seal.row_id) for seal in lost}


def text_edited(draw):
    text = one(draw, ErasableText)
    sql("UPDATE audit_erasabletext SET text = 'lời khác' WHERE key = %s", quoted(text.pk))
    return {("audit_erasabletext", str(text.pk))}


def text_blanked(draw):
    text = one(draw, ErasableText)
    sql(
        "UPDATE audit_erasabletext SET text = '', salt = '', erased_at = %s WHERE key = %s",
        MOMENT,
        quoted(text.pk),
    )
    return {("audit_erasabletext", str(text.pk))}


def text_deleted(draw):
    entry = one(draw, LedgerEntry, reason_key__isnull=False)
    sql("DELETE FROM audit_erasabletext WHERE key = %s", quoted(entry.reason_key))
    return {("audit_ledgerentry", entry.pk)}


def comment_edited(draw):
    said = one(draw, Assessment, comments_key__isnull=False)
    sql("UPDATE evaluation_assessment SET comment = 'nhận xét khác' WHERE id = %s", said.pk)
    return {("evaluation_assessment", said.pk)}


TAMPERINGS = [
    score_edited, score_edited_with_its_history, score_deleted, score_and_its_history_deleted,
    scores_swapped_between_units, card_edited, card_history_inserted, backdated_history_sealed, task_edited,
    task_text_edited, version_edited, criterion_edited, entry_edited, entry_edited_and_rebuilt, entry_deleted,
    entry_deleted_and_rebuilt, entry_inserted, links_reordered, tail_cut, restored, text_edited, text_blanked,
    text_deleted,
]  # fmt: skip


def test_tamperings_of_every_kind_by_sql_are_detected_and_named(kept: World) -> None:
    assert found() == []
    draw = random.Random(335_2025)
    wrong = []
    with append_only.flush_allowed():
        for number in range(ROUNDS * len(TAMPERINGS)):
            tamper = TAMPERINGS[number % len(TAMPERINGS)]
            with transaction.atomic():
                wanted = tamper(draw)
                findings = found()
                if not wanted & {(finding.table, finding.row_id) for finding in findings}:
                    wrong.append(
                        (number, tamper.__name__, wanted, [str(finding) for finding in findings][:3])
                    )
                transaction.set_rollback(True)
    assert wrong == []
    assert found() == []


def test_a_changed_result_is_found(kept: World) -> None:
    month.evaluated(kept, kept.deputy)
    result = CardResult.objects.get(stage="evaluator", card__person=kept.deputy)
    assert [finding for finding in found() if finding.wrong == Wrong.RESULT_DIFFERS] == []
    CardResult.objects.filter(pk=result.pk).update(rounded=Decimal("99.99"))
    [finding] = [finding for finding in found() if finding.wrong == Wrong.RESULT_DIFFERS]
    assert finding.row_id == result.pk


def test_a_frozen_card_differs_from_what_its_opening_recorded(kept: World) -> None:
    from kpi_cms.evaluation.domain.opening import FROZEN
    from kpi_cms.foundation.audit import layouts, ledger
    from kpi_cms.foundation.audit.enums import Act

    with as_actor(system_user(), MOMENT):
        digest = ledger.rows_digest(
            layouts.form_of(Scorecard, only=FROZEN), Scorecard.objects.filter(period=kept.period)
        )
        ledger.record(
            Act.PERIOD_OPENED, subject=kept.period, period_id=kept.period.pk, after={"frozen": digest}
        )
    assert [finding for finding in found() if finding.wrong == Wrong.DIGEST_DIFFERS] == []
    Scorecard.objects.filter(pk=kept.card(kept.lan).pk).update(position_title="Chức danh khác")
    [finding] = [finding for finding in found() if finding.wrong == Wrong.DIGEST_DIFFERS]
    assert (finding.table, finding.row_id) == ("snippets_period", kept.period.pk)


def test_erasing_a_text_is_an_act_and_the_chain_verifies_as_before(kept: World) -> None:
    entry = LedgerEntry.objects.filter(reason_key__isnull=False).first()
    assert entry is not None
    heads = sealing.heads()
    done = texts.erase(
        actor=system_user(),
        moment=MOMENT,
        keys=[entry.reason_key],
        subject=kept.lan,
        reason="Theo đề nghị của người đó",
    )
    assert done == 1
    kept_text = ErasableText.objects.get(key=entry.reason_key)
    assert (kept_text.text, kept_text.salt, kept_text.erased_at) == ("", "", MOMENT)
    sealing.seal_waiting()
    assert found() == []
    assert all(sealing.heads()[chain].number >= head.number for chain, head in heads.items())
    again = texts.erase(
        actor=system_user(), moment=MOMENT, keys=[entry.reason_key], subject=kept.lan, reason="Lần nữa"
    )
    assert again == 0


def test_one_card_is_verified_by_its_code(kept: World, capsys) -> None:
    card, other = kept.card(kept.lan), kept.card(kept.minh)
    call_command("verify_ledger", card=card.code)
    assert "Everything holds." in capsys.readouterr().out
    score = Score.objects.filter(assessment__card=card).first()
    assert score is not None
    Score.objects.filter(pk=score.pk).update(value=Decimal("0.5"))
    with pytest.raises(SystemExit):
        call_command("verify_ledger", card=card.code)
    assert f"evaluation_score {score.pk}: record differs from its history (value)" in capsys.readouterr().out
    call_command("verify_ledger", card=other.code)
    with pytest.raises(SystemExit):
        call_command("verify_ledger", unit=kept.department.code)
    call_command("verify_ledger", unit=kept.other_agency.code)
