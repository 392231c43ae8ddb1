"""What an operator can set or call is written down in docs/operations.md, and nothing there is invented."""

import re
from pathlib import Path

from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
OUR_APPS = ("kpi_cms", "snippets", "criteria_pages")


def test_every_command_of_ours_is_documented():
    ours = {name for name, app in get_commands().items() if app.startswith(OUR_APPS)}
    assert [name for name in sorted(ours) if f"`manage.py {name}" not in PAGE] == []
    named = set(re.findall(r"`manage\.py ([a-z_]+)", PAGE))
    assert named - set(get_commands()) == set()


def environment_variables(*folders):
    names = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            names |= set(
                re.findall(r"""(?:environ(?:\.get\(|\[)|getenv\(|environment_flag\()\s*["']([A-Z_]+)""", text)
            )
    return names


def test_every_environment_variable_is_documented():
    found = environment_variables("kpi_cms/settings") | {"PORT", "DATABASE_URL", "CHROMIUM"}
    assert {"KPI_SECRET_KEY", "KPI_DATA_DIR"} <= found
    assert [name for name in sorted(found) if f"`{name}`" not in PAGE] == []


def test_the_environment_is_read_in_settings_only():
    # PYTHONPATH is handed on to a child process, which settings have no part in.
    reading = re.compile(r"os\.environ\b(?!\.setdefault\(\"DJANGO)(?!\.get\(\"PYTHONPATH)|getenv")
    readers = [
        path.relative_to(ROOT).as_posix()
        for folder in OUR_APPS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "settings" not in path.parts and reading.search(path.read_text())
    ]
    assert readers == []


def test_every_make_target_is_documented():
    text = (ROOT / "Makefile").read_text() + (ROOT / "assets.mk").read_text()
    targets = re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE)
    assert "run" in targets
    assert [target for target in targets if f"`make {target}" not in PAGE] == []
