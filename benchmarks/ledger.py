"""`BENCH=ledger make bench`: recorded acts a second, how fast they are sealed, how fast a long ledger is verified, and
a page of a search over a very long one (`search`).

Needs PostgreSQL with fsync on. Acts go through the domain call that saves a score, by 8 processes on cards of one unit,
each as the application's role, with the sealer running beside them as the scheduler runs it. `BENCH_ENTRIES` rows
(1,000,000) are then put into the ledger, sealed and verified, in the database and offline. The numbers wanted stand
beside those measured.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).resolve().parent / "output"
CLIENTS = 8
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))


def _client(card_id: int, user_id: int, until: float, answer: Any) -> None:
    """One person's evaluator, who changes one score again and again: what is timed is the domain call alone."""
    from benchmarks.roles import act_as_the_application

    act_as_the_application()
    from kpi_cms.evaluation.domain import stages
    from kpi_cms.evaluation.domain.saving import Entry
    from kpi_cms.evaluation.models import Scorecard
    from kpi_cms.foundation.accounts.models import User
    from kpi_cms.foundation.core.actor import asked_by, database_now

    user = User.objects.get(pk=user_id)
    with asked_by(user):
        card = Scorecard.objects.with_context().get(pk=card_id)
    key = next(entry.key for entry in card.version.compiled().criteria if entry.entered)
    done, cpu = 0, time.process_time()
    while time.time() < until:
        card = stages.save_evaluation(
            actor=user,
            moment=database_now(),
            card=card,
            expected=card.version_number,
            entries={key: Entry(Decimal("0.25") * (done % 3 + 1))},
            reason="đo",
        ).card
        done += 1
    answer.put((done, time.process_time() - cpu))


def _sealer(until: float) -> None:
    from benchmarks.roles import act_as_the_application

    act_as_the_application(web=False)
    from kpi_cms.foundation.audit.sealing import seal_waiting

    while time.time() < until + 3:
        seal_waiting()
        time.sleep(0.5)


def _enlist() -> None:
    """The seed writes past the triggers: put down what it wrote, so that all of it is sealed."""
    from django.db import connection

    from kpi_cms.foundation.audit import append_only, layouts

    with connection.cursor() as cursor:
        for table in layouts.sealed_models():
            cursor.execute(
                f'INSERT INTO audit_sealwaiting (source, row_id) SELECT %s, "{append_only.key_column(table)}" '
                f'FROM "{table}" t WHERE NOT EXISTS (SELECT FROM audit_sealwaiting w WHERE w.source = %s '
                f'AND w.row_id = t."{append_only.key_column(table)}")',
                [table, table],
            )


def acts_a_second() -> dict[str, Any]:
    """Acts by 8 clients on one unit, and how old an act was when it was sealed (its own duration included)."""
    from django.db import connection

    from kpi_cms.evaluation.models import Scorecard
    from kpi_cms.foundation.audit import sealing
    from kpi_cms.foundation.audit.models import LedgerEntry, Seal, SealForm

    sealing.seal_waiting()
    last = LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    cards = Scorecard.objects.filter(state="submitted", evaluator__isnull=False, period__number=7)
    unit = cards.order_by("pk").values_list("unit_id", flat=True).first()
    chosen = list(cards.filter(unit_id=unit).order_by("pk").values_list("pk", "evaluator__user_id")[:CLIENTS])
    assert len(chosen) == CLIENTS, "Two clients on one card would refuse each other's saves as stale."
    connection.close()
    forking = multiprocessing.get_context("fork")
    answers, until = forking.Queue(), time.time() + SECONDS
    clients = [
        forking.Process(target=_client, args=(card_id, user_id, until, answers))
        for card_id, user_id in chosen
    ]
    others = [*clients, forking.Process(target=_sealer, args=(until,))]
    for process in others:
        process.start()
    for process in others:
        process.join()
    sealing.seal_waiting()
    said = [answers.get(timeout=5) for _process in clients]
    done, cpu = sum(acts for acts, _cpu in said), sum(cpu for _acts, cpu in said)
    form = SealForm.objects.filter(source="audit_ledgerentry").latest("pk").pk
    at = dict(LedgerEntry.objects.filter(pk__gt=last).values_list("pk", "at"))
    sealed = dict(Seal.objects.filter(form_id=form, row_id__gt=last).values_list("row_id", "sealed_at"))
    ages = sorted((sealed[pk] - moment).total_seconds() for pk, moment in at.items())
    return {
        "acts": done,
        "acts_a_second": done / SECONDS,
        "python_ms_an_act": cpu / done * 1000,
        "sealed_after_s_median": ages[len(ages) // 2],
        "sealed_after_s_max": ages[-1],
    }


def long_ledger() -> dict[str, Any]:
    """Many entries: how fast they are sealed, verified here, exported and checked offline."""
    from django.db import connection

    from benchmarks.roles import act_as_the_application, act_as_the_owner
    from kpi_cms.foundation.audit import bundle, sealing
    from kpi_cms.foundation.audit.canonical import PROVINCE
    from kpi_cms.foundation.audit.offline import check_bundle
    from kpi_cms.foundation.audit.source import DatabaseSource, Part, one_moment
    from kpi_cms.foundation.audit.verifying import verify
    from kpi_cms.foundation.core.actor import database_now

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_ledgerentry (act, at, actor_id, actor_code, on_behalf_of_code, unit_code, person_id, "
            "person_code, subject_type, subject_id, subject_label, period_id, before, after, request_id, address) "
            "SELECT 'score.changed', now(), 7, 'tk' || n % 900, '', '', n %% 70000, 'CB' || n %% 70000, "
            "'evaluation.Scorecard', (n %% 70000)::text, 'P1-' || n %% 70000, 1, "
            "jsonb_build_object('stage', 'evaluator', 'II.4', (n %% 9)::text), "
            "jsonb_build_object('stage', 'evaluator', 'II.4', (n %% 7)::text), gen_random_uuid(), '10.0.0.7' "
            "FROM generate_series(1, %s) n".replace("n % 900", "n %% 900"),
            [ENTRIES],
        )
    act_as_the_application(web=False)
    began = time.perf_counter()
    sealed = sealing.seal_waiting()
    sealing_rate = sealed / (time.perf_counter() - began)
    act_as_the_owner()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE audit_seal, audit_ledgerentry, audit_sealwaiting")
    act_as_the_application(web=False)
    with one_moment():
        began = time.perf_counter()
        report = verify(DatabaseSource())
        verified = report.rows / (time.perf_counter() - began)
    assert report.holds, report.findings[:3]
    out = io.BytesIO()
    began = time.perf_counter()
    bundle.write(out, Part(chain=PROVINCE), moment=database_now())
    exported = time.perf_counter() - began
    path = OUTPUT / "ledger.zip"
    path.write_bytes(out.getvalue())
    check = check_bundle.Check(check_bundle.Bundle(path))
    began = time.perf_counter()
    assert check.run(), check.wrong[:3]
    offline = check.rows / (time.perf_counter() - began)
    path.unlink()
    act_as_the_owner()
    return {
        "entries": ENTRIES,
        "rows_sealed_a_second": sealing_rate,
        "rows_verified_a_second": verified,
        "bundle_written_s": exported,
        "rows_checked_offline_a_second": offline,
    }


def run(name: str) -> int:
    from django.db import connection

    from benchmarks import measure, search, seed
    from benchmarks.roles import act_as_the_application

    seed.Seeder(seed.SIZES["ledger"]).run()
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("on",), "These figures mean something with fsync on."
    _enlist()
    figures = acts_a_second() | long_ledger()
    goals = {
        "acts_a_second": "≥ 300",
        "sealed_after_s_max": "≤ 2",
        "rows_verified_a_second": "≥ 200,000",
        "rows_checked_offline_a_second": "≥ 50,000",
    }
    for key, value in figures.items():
        print(f"{key:32}{value:14,.2f}   {goals.get(key, '')}")
    auditors = search.seed()
    act_as_the_application()
    searches = list(search.figures(auditors))
    measure.print_table(searches)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        **figures,
        "searches": measure.as_rows(searches),
    }
    (OUTPUT / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0
