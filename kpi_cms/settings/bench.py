"""What `make bench` measures: the product as in production, on a scratch database of this machine."""

import os

from .base import *  # noqa: F403  (settings modules extend each other)

SECRET_KEY = "benchmarks only"  # noqa: S105  (opens nothing but a seeded scratch database)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "evidence": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "exports": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "jobs": {"BACKEND": "django_tasks.backends.dummy.DummyBackend", "QUEUES": ["jobs"]},
}
LEDGER_ANCHOR_FOLDER = (
    ""  # the scratch database is made anew each time; anchors would be those of the one before
)

# What is measured acts as the application's role, whom the policies of the second wall restrict; floors and counts are
# the owner's. The benchmark's own process seeds as the owner and takes the role afterwards.
DATABASES["owner"] = DATABASES["default"] | {"OPTIONS": dict(DATABASES["default"].get("OPTIONS", {}))}
if _role := os.environ.get("BENCH_ROLE"):
    DATABASES["default"]["OPTIONS"]["options"] += f" -c role={_role}"
