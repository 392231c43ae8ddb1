"""`manage.py check_vectors FILE`: acceptance vectors through the issued sets, as they stand in the database."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from criteria_pages.domain.publishing import last_version
from kpi_cms.foundation.engine import CompiledSet, check_vector

STAFF, LEADERS = "ND335-NV", "ND335-LD"
NOT_YET = ("periods", "quotas")


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
        differing = 0
        for vector in content.get("scorecards", []):
            differences = _check(vector, settings, sets)
            differing += bool(differences)
            self.stdout.write(f"{vector.get('id', '?')} {'; '.join(differences) or 'ok'}")
        for name in NOT_YET:
            for vector in content.get(name, []):
                self.stdout.write(f"{vector.get('id', '?')} not yet")
        if differing:
            raise CommandError(f"{differing} of {len(content['scorecards'])} vectors differ.")


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CommandError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise CommandError(f"{file} is no file of vectors: it must hold one JSON object.")
    return content


def _check(vector: Mapping[str, Any], settings: Mapping[str, Any], sets: dict[str, CompiledSet]) -> list[str]:
    code = str(vector.get("set") or (LEADERS if vector.get("leader") is True else STAFF))
    if code not in sets:
        version = last_version(code)
        if version is None:
            return [f"no version of {code} was issued: load the demonstration or issue the set"]
        sets[code] = version.compiled()
    return check_vector(lambda _vector: sets[code], vector, settings)
