"""`manage.py check_vectors FILE`: acceptance vectors through the issued sets, as they stand in the database."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from criteria_pages.domain.publishing import last_version
from kpi_cms.foundation.engine import CompiledSet, check_period, check_quota, check_vector

STAFF, LEADERS = "ND335-NV", "ND335-LD"

Check = Callable[
    [Callable[[Mapping[str, object]], CompiledSet], Mapping[str, Any], Mapping[str, Any]], list[str]
]
CHECKS: dict[str, Check] = {
    "scorecards": check_vector,
    "periods": check_period,
    "quotas": lambda compiled_set_for, vector, _settings: check_quota(compiled_set_for, vector),
}


class Command(BaseCommand):
    help = (
        "Run the vectors of FILE through the issued criteria sets and print each id with ok or the difference. "
        "A vector's `leader` chooses ND335-LD or ND335-NV, its `set` any other code. Exit code 1 when one differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a JSON file of the vectors' format")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        content = _read(file)
        settings = content.get("settings") or {}
        sets: dict[str, CompiledSet] = {}
        found = differing = 0
        for name, check in CHECKS.items():
            for vector in content.get(name, []):
                differences = _check(check, vector, settings, sets)
                found += 1
                differing += bool(differences)
                self.stdout.write(f"{vector.get('id', '?')} {'; '.join(differences) or 'ok'}")
        if differing:
            raise CommandError(f"{differing} of {found} vectors differ.")


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CommandError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise CommandError(f"{file} is no file of vectors: it must hold one JSON object.")
    return content


def _check(
    check: Check, vector: Mapping[str, Any], settings: Mapping[str, Any], sets: dict[str, CompiledSet]
) -> list[str]:
    code = str(vector.get("set") or (LEADERS if vector.get("leader") is True else STAFF))
    if code not in sets:
        version = last_version(code)
        if version is None:
            return [f"no version of {code} was issued: load the demonstration or issue the set"]
        sets[code] = version.compiled()
    return check(lambda _vector: sets[code], vector, settings)
