"""Numbered checks of the foundation; each has a test of its own (tests/foundation/core/test_checks.py)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def engine_backends(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """core.E001: SQLite runs with IMMEDIATE transactions and recursive triggers."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3":
        return []
    options = database.get("OPTIONS", {})
    if options.get("transaction_mode") == "IMMEDIATE" and "recursive_triggers=ON" in options.get(
        "init_command", ""
    ):
        return []
    return [
        Error(
            "SQLite must use IMMEDIATE transactions and recursive triggers.",
            hint="Keep the OPTIONS of kpi_cms.settings.base.",
            id="core.E001",
        )
    ]


@register
def demonstration_is_local(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """core.E002: a demonstration, whose people sign in with one click, is never reachable from other machines."""
    if settings.DEMONSTRATION and not set(settings.ALLOWED_HOSTS) <= {
        "127.0.0.1",
        "localhost",
        "[::1]",
        "testserver",
    }:
        return [
            Error(
                "DEMONSTRATION is on and ALLOWED_HOSTS lets other machines in.",
                hint="Use kpi_cms.settings.production for everything that is not a demonstration.",
                id="core.E002",
            )
        ]
    return []


@register
def no_foreign_hosts(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """core.E003: the admin asks no other host (gravatar, update check)."""
    if settings.WAGTAIL_GRAVATAR_PROVIDER_URL is None and settings.WAGTAIL_ENABLE_UPDATE_CHECK is False:
        return []
    return [Error("The Wagtail admin would call hosts outside.", hint="See settings.base.", id="core.E003")]
