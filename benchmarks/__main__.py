"""`make bench`: seed a province on PostgreSQL (`BENCH=small` on SQLite), measure, print a table, write JSON.
`BENCH=ledger` measures the ledger alone (`ledger`).

On PostgreSQL the database `kpi_bench` of the server `BENCH_SERVER` is dropped and made anew.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

OUTPUT = Path(__file__).resolve().parent / "output"
DATABASE = "kpi_bench_ledger" if os.environ.get("BENCH") == "ledger" else "kpi_bench"


def prepare(small: bool) -> None:
    """Name the database before Django is set up: a scratch file, or a database of our own on the local server."""
    OUTPUT.mkdir(exist_ok=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "kpi_cms.settings.bench"
    if small:
        path = OUTPUT / "small.sqlite3"
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.environ["DATABASE_URL"] = f"sqlite:///{path}"
        return
    import psycopg

    server = os.environ.get("BENCH_SERVER", "postgres://root@127.0.0.1:5432")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    os.environ["DATABASE_URL"] = f"{server}/{DATABASE}"


def main() -> int:
    small = os.environ.get("BENCH") == "small"
    prepare(small)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if os.environ.get("BENCH") == "ledger":
        from benchmarks import ledger

        call_command("migrate", verbosity=0)
        return ledger.run("ledger")

    from benchmarks import access, author, load, measure, seed
    from benchmarks.roles import act_as_the_application

    size = seed.SIZES["small" if small else "full"]
    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    steps = seed.Seeder(size).run()
    seeding = time.perf_counter() - started
    print(f"seeded {size.people} people, {size.units} units in {seeding:.0f} s")
    for name, seconds in steps:
        print(f"  {name:10} {seconds:7.1f} s")
    bench = measure.Bench()
    filtered = access.figures(bench.july, size.people)
    act_as_the_application()
    figures = author.figures() + bench.run() + filtered
    rate, memory = load.requests_a_second(
        [
            (bench.head, f"/don-vi/{bench.unit.code}/?ky={bench.july.pk}"),
            (bench.evaluator, f"/phieu/{bench.card.pk}/"),
        ]
    )
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "versions": {
            "python": platform.python_version(),
            "django": django.get_version(),
            "database": connection.vendor,
        },
        "size": {"people": size.people, "units": size.units},
        "seed": "none is drawn: every value is arithmetic on its row's number",
        "seeding_seconds": seeding,
        "requests_a_second": rate,
        "worker_memory_mib": memory,
        "figures": measure.as_rows(figures),
    }
    name = "small" if small else "full"
    (OUTPUT / f"{name}.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    measure.print_table(figures)
    print(f"{'requests a second, 8 clients':46}{rate:10.1f}\n{'memory of a worker, MiB':46}{memory:10.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
