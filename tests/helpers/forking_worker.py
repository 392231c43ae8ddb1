"""Workers to kill: for each line it reads, this process forks one that takes up abandoned jobs, and says its number.

Started by tests as a program of its own, with DATABASE_URL and KPI_TEST_BATCH. Django is loaded once; a fork has no
connection yet, so each worker opens its own. When a worker ends, its exit status is said ("-9": killed).
"""

import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_cms.settings.test")


def work() -> None:
    """What a worker does when the scheduler has told it: take up what a dead one left, until nothing is left."""
    from kpi_cms.foundation.core import jobs
    from kpi_cms.foundation.core.models import Job, JobState

    while Job.objects.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).exists():
        jobs.requeue_abandoned()
        time.sleep(0.05)


def main() -> None:
    import django

    django.setup()

    from django.conf import settings

    from kpi_cms.evaluation.domain import opening

    settings.JOB_ABANDONED_AFTER_SECONDS = 0.3
    settings.JOB_HEARTBEAT_SECONDS = 0.05
    opening.BATCH = int(os.environ["KPI_TEST_BATCH"])
    say("ready")
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        say(str(child))
        _child, status = os.waitpid(child, 0)
        say(str(os.waitstatus_to_exitcode(status)))


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
