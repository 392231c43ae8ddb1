"""Through real SQL: whatever a superuser does to cards, scores, tasks, versions, history and ledger is found and named.

Triggers are lifted for the whole test, as a superuser can; each tampering is taken back after it was looked for.
"""

import os
import random
import time
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.core.management import call_command
from django.db import transaction

from kpi_cms.evaluation.models import CardResult, Score, Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import anchors, append_only, layouts, live, sealing, texts, verification
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.foundation.audit.verifying import Finding, Wrong
from kpi_cms.foundation.core.actor import as_actor
from tests.helpers import month, sealed, superuser
from tests.helpers import world as worlds
from tests.helpers.superuser import Named, NothingThere
from tests.helpers.tampering import CELLS, DEPTHS, MEANINGLESS, OBJECTS, WAYS, Cell, Superuser
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
SEED = 335_2025
ROUNDS = 2  # of each cell; test_tampering has ten thousand in memory, make test-tamperings as many by SQL
MANY = int(os.environ.get("TAMPERINGS", "10000"))


@pytest.fixture
def folder(tmp_path, settings):
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "key.pem")
    anchors.make_key(tmp_path / "key.pem")
    return tmp_path / "anchors"


@pytest.fixture
def kept(world: World, folder, monkeypatch):
    """A month under way in two agencies: scored, returned, confirmed, with texts, sealed, and anchored twice."""
    # Before that the names' keys were none.
    monkeypatch.setattr(live, "_missing_texts", partial(_but_the_first_names, live._missing_texts))
    worlds.version(worlds.staff_spec(), "KHAC")
    sealed.first_half(world)
    superuser.remember_yesterday()
    sealed.second_half(world)
    return world


def _but_the_first_names(missing):
    for table, column, row in missing():
        if (table, column) != ("snippets_historicalperson", "name_key"):
            yield table, column, row


def found() -> list[Finding]:
    return verification.run().findings


def looked_for(cell: Cell, named: set[Named]) -> list[Finding]:
    """Of the verification the half that has to find it: the chain, or the records and texts."""
    chained = {*layouts.sealed_models()}
    if cell[0] != "text" and any(each.number or each.table in chained for each in named):
        return verification.run(records=False).findings
    with sealing.reading_everything("a test looks at what was tampered with"):
        return list(live.check_everything())


def played(cells: list[Cell], rounds: int, *, whole: int) -> tuple[Counter[Cell], list[str]]:
    """Play each cell `rounds` times; how often each was, and what was not found. Every `whole`th time everything is
    verified."""
    done: Counter[Cell] = Counter()
    wrong: list[str] = []
    whoever = Superuser(random.Random(SEED))
    with append_only.flush_allowed(), thawed():
        for number in range(rounds * len(cells)):
            cell = cells[number % len(cells)]
            with transaction.atomic():
                try:
                    named = whoever.play(cell)
                except NothingThere:
                    transaction.set_rollback(True)
                    continue
                findings = found() if number % whole == 0 else looked_for(cell, named)
                if not any(each.is_in(findings) for each in named):
                    wrong.append(
                        f"{number} {cell}: {sorted(named, key=str)[:3]}, {[str(each) for each in findings[:3]]}"
                    )
                done[cell] += 1
                transaction.set_rollback(True)
    return done, wrong


def test_every_object_is_tampered_with_in_every_way_or_it_is_said_why_not() -> None:
    every = {(each, way, depth) for each in OBJECTS for way in WAYS for depth in DEPTHS}
    assert {*CELLS, *MEANINGLESS} == every
    assert not {*CELLS} & {*MEANINGLESS}


def test_tamperings_of_every_kind_by_sql_are_detected_and_named(kept: World) -> None:
    assert found() == []
    done, wrong = played(list(CELLS), ROUNDS, whole=20)
    assert not wrong, "\n".join(wrong)
    assert [cell for cell in CELLS if not done[cell]] == []
    assert found() == []


@pytest.mark.many_tamperings
def test_ten_thousand_tamperings_by_sql_are_detected_and_named(kept: World) -> None:
    began = time.perf_counter()
    done, wrong = played(list(CELLS), -(-MANY // len(CELLS)), whole=500)
    seconds = time.perf_counter() - began
    print(f"{done.total()} tamperings of {len(CELLS)} kinds, {len(wrong)} not found, in {seconds:.0f} s")  # noqa: T201 - what `make test-tamperings` is run for
    assert not wrong, "\n".join(wrong)
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
