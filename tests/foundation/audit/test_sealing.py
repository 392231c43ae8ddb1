"""Every row of a sealed table gets one link, once, in its unit's chain, wherever the sealer stops."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from kpi_cms.foundation.audit import layouts, ledger, sealing
from kpi_cms.foundation.audit.canonical import PROVINCE
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry, Seal, SealForm, SealWaiting
from kpi_cms.foundation.core.actor import as_actor
from tests.factories.snippets import UnitFactory, UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, 0, 120_000, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def act(unit=None, label="x", **values):
    with as_actor(UserFactory(), MOMENT):
        return ledger.record(
            Act.UNIT_CHANGED, subject=unit or UserFactory(), unit=unit, label=label, **values
        )


def waiting(*tables):
    rows = SealWaiting.objects.filter(source__in=tables) if tables else SealWaiting.objects.all()
    return rows.count()


def test_every_sealed_table_has_a_form():
    for table in layouts.sealed_models():
        assert layouts.present_form(table).columns


def test_a_row_waits_from_its_own_transaction_on_and_is_sealed_once():
    entry = act()
    assert waiting("audit_ledgerentry") == 1
    assert sealing.seal_waiting() > 0
    assert waiting() == 0
    form = SealForm.objects.get(source="audit_ledgerentry")
    assert Seal.objects.filter(form_id=form.pk).values_list("row_id", flat=True).get() == entry.pk
    assert sealing.seal_waiting() == 0


def test_a_row_that_waits_twice_is_sealed_once():
    entry = act()
    sealing.seal_waiting()
    before = Seal.objects.count()
    SealWaiting.objects.create(source="audit_ledgerentry", row_id=entry.pk)
    SealWaiting.objects.create(source="audit_ledgerentry", row_id=999_999)
    other = act()
    SealWaiting.objects.create(source="audit_ledgerentry", row_id=other.pk)
    sealing.seal_now()
    assert Seal.objects.count() == before + 1
    assert waiting() == 0


def test_one_chain_for_each_unit_of_the_second_level_and_one_for_the_province():
    root = UnitFactory(code="TINH")
    commune = UnitFactory(code="XA", parent=root)
    office = UnitFactory(code="PHONG", parent=commune)
    entries = [act(unit) for unit in (None, root, commune, office)]
    sealing.seal_waiting()
    form = SealForm.objects.get(source="audit_ledgerentry")
    chains = dict(Seal.objects.filter(form_id=form.pk).values_list("row_id", "chain"))
    assert [chains[entry.pk] for entry in entries] == [PROVINCE, PROVINCE, "XA", "XA"]
    units = SealForm.objects.get(source="snippets_historicalunit")
    assert set(Seal.objects.filter(form_id=units.pk).values_list("chain", flat=True)) == {PROVINCE, "XA"}
    for chain in sealing.chains():
        numbers = list(Seal.objects.filter(chain=chain).order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


def test_batches_follow_one_another(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 2)
    for _each in range(5):
        act()
    assert sealing.seal_waiting() == 5
    assert sealing.heads()[PROVINCE].number == 5
    for _each in range(4):
        act()
    assert sealing.seal_now() == 4
    assert sealing.heads()[PROVINCE].number == 9


def test_recording_an_act_stays_one_query(django_assert_num_queries):
    user = UserFactory()
    with as_actor(user, MOMENT), django_assert_num_queries(1):
        ledger.record(Act.UNIT_CHANGED, subject=user)


def test_a_sealer_that_is_stopped_leaves_nothing_half_done(monkeypatch):
    act()
    monkeypatch.setattr(sealing, "_append", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sealing.seal_waiting()
    assert (Seal.objects.count(), waiting()) == (0, 1)
    monkeypatch.undo()
    sealing.seal_waiting()
    assert (Seal.objects.count(), waiting()) == (1, 0)


def test_the_line_of_a_row_is_the_same_from_both_databases():
    """SQLite writes it from Python's values, PostgreSQL with COPY: the bytes are fixed."""
    unit = UnitFactory(code="XÃ")
    entry = act(
        unit,
        'tab\tnew\nline "quote" \\ back',
        before={"b": "1", "a": None, "dài": [1, True, {"x": "\t\u2028é\x07"}]},
        after={},
    )
    LedgerEntry.objects.filter(pk=entry.pk).values_list("pk")
    [form] = layouts.forms_for_sealing(["audit_ledgerentry"]).values()
    [line] = layouts.lines_of(form, [entry.pk]).values()
    values = form.values(line)
    assert values["at"] == "2026-08-03 02:00:00.12+00"
    assert values["subject_label"] == 'tab\tnew\nline "quote" \\ back'
    assert values["before"] == '{"a": null, "b": "1", "dài": [1, true, {"x": "\\t\u2028é\\u0007"}]}'
    assert (values["after"], values["period_id"], values["unit_code"]) == ("{}", None, "XÃ")
    [by_model] = [line for _key, line in layouts.lines_by_model(form, ids=[entry.pk])]
    assert by_model == line
    if connection.vendor == "postgresql":
        return
    assert b"\\N" in line


@pytest.mark.postgresql
@pytest.mark.parametrize("count", [0, 1, layouts.BLOCK - 1, layouts.BLOCK, 2 * layouts.BLOCK + 1])
def test_every_row_of_a_select_is_read_once_in_blocks(count):
    rows = "SELECT n, E'a\\nb' FROM generate_series(1, %s) n"
    blocks = list(layouts.copied_in_blocks(rows, [count]))
    assert [row for block in blocks for row in block] == [b"%d\ta\\nb" % (n + 1) for n in range(count)]
    assert [len(block) for block in blocks[:-1]] == [layouts.BLOCK] * (len(blocks) - 1)
    assert SealWaiting.objects.count() == 0  # and the connection answers again


@pytest.mark.postgresql
def test_a_select_that_fails_behind_its_first_rows_says_so():
    from psycopg import DataError

    with pytest.raises(DataError, match="division by zero"), transaction.atomic():
        list(layouts.copied(f"SELECT 1 / ({3 * layouts.BLOCK} - n) FROM generate_series(1, 1000) n"))
    assert SealWaiting.objects.count() == 0


@pytest.mark.postgresql
def test_whoever_stops_in_the_middle_of_a_select_gets_the_connection_back():
    def stop():
        for _block in layouts.copied_in_blocks("SELECT n FROM generate_series(1, 100000) n"):
            raise LookupError

    with pytest.raises(LookupError), transaction.atomic():
        stop()
    assert SealWaiting.objects.count() == 0
