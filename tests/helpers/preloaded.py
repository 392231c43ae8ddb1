"""The product's three processes to kill, each forked from this one, in which Django is loaded already.

Started by tests as a program of its own, with the environment of an installation. It is told line by line:
"start NAME" forks the very command that `make run` starts (scripts/run.py) and answers its process number, "status
NAME" answers "running" or the exit status ("-9": killed). A fork has no connection yet, so each opens its own. What
differs from `make run` is how long it waits: for dead workers, between two rounds, for anchors; and smaller batches,
so that a kill falls between two of them.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = "verifier"


def load() -> None:
    import django
    from django.conf import settings

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    django.setup()

    from django.template.loader import get_template
    from django.urls import get_resolver
    from django.utils import translation

    from kpi_cms.evaluation.domain import opening
    from kpi_cms.foundation.audit import sealing

    settings.JOB_ABANDONED_AFTER_SECONDS = 1.0
    settings.JOB_HEARTBEAT_SECONDS = 0.2
    settings.SCHEDULER_SECONDS = 0.3
    settings.LEDGER_ANCHOR_SECONDS = 2
    settings.FREQUENT_WORK = {
        name: ({"seal the ledger": 0.1}.get(name, 1), path)
        for name, (_seconds, path) in settings.FREQUENT_WORK.items()
    }
    opening.BATCH, sealing.BATCH = 3, 25
    # What the first requests of each process would load.
    assert get_resolver().url_patterns
    with translation.override("vi"):
        assert translation.gettext("Sign in") != "Sign in"
    folder = ROOT / "templates"
    for path in (
        *folder.glob("*.html"),
        *folder.glob("includes/*.html"),
        *folder.glob("workspace/**/*.html"),
    ):
        get_template(str(path.relative_to(folder)))


def commands(port: int) -> dict[str, list[str]]:
    """Name → what `make run` starts, without the interpreter; beside them the verifier's command."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import run

    server, worker, scheduler = run.programs(port).values()
    found = {"server": server, "worker": [*worker, "--interval", "0.2"], "sealer": scheduler}
    found[VERIFIER] = ["python", "manage.py", "verify_ledger", "--json"]
    return {name: [str(word) for word in command[1:]] for name, command in found.items()}


def become(command: list[str], log: str) -> NoReturn:
    """In the fork: a session of its own, the log for output, then the command to its end."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    with open(os.devnull) as nothing, open(log, "ab") as out:
        os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    try:
        if command[:2] == ["-m", "gunicorn"]:
            from gunicorn.app.wsgiapp import run

            sys.argv = command[1:]
            run()
        else:
            from django.core.management import execute_from_command_line

            execute_from_command_line([*command, "--skip-checks"])
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
    except BaseException:  # noqa: BLE001  (a fork never returns into the loop above)
        import traceback

        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def main() -> None:
    port, log = int(sys.argv[1]), sys.argv[2]
    load()
    every, running, ended = commands(port), {}, {}
    say("ready")
    for line in sys.stdin:
        word, name = line.split()
        if name in running:
            pid, status = os.waitpid(running[name], 0 if word == "start" else os.WNOHANG)
            if pid:
                del running[name]
                ended[name] = os.waitstatus_to_exitcode(status)
        if word == "start":
            child = os.fork()
            if child == 0:
                become(every[name], f"{log}.{name}" if name == VERIFIER else log)
            running[name] = child
            say(child)
        else:
            say("running" if name in running else ended[name])
    # Whoever started us is done, or dead: nothing is left behind.
    for pid in running.values():
        os.killpg(pid, signal.SIGKILL)


def say(word: object) -> None:
    sys.stdout.write(json.dumps(word) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
