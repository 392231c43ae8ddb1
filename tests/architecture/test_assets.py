"""The committed stylesheet and script: small, self-contained, and what a strict policy lets through."""

import gzip
import json
import re

import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "kpi_cms/interfaces/workspace/static/workspace"
FRONTEND = settings.BASE_DIR / "frontend"


@pytest.mark.parametrize(
    "pattern", [r"url\(", r"data:[a-z]+/", r"@import", r"@font-face", "sourceMappingURL"]
)
def test_the_stylesheet_loads_nothing(pattern: str) -> None:
    assert re.findall(pattern, (STATIC / "site.css").read_text()) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\beval\(",
        r"new Function\b",
        r"\.(?:inner|outer)HTML\s*=[^=]",
        "insertAdjacentHTML",
        r"document\.write",
        "sourceMappingURL",
    ],
)
def test_the_script_makes_no_code_and_no_markup_from_text(pattern: str) -> None:
    assert re.findall(pattern, (STATIC / "site.js").read_text()) == []


def test_a_first_load_stays_light() -> None:
    """35 kB gzip for both is about 29 kB brotli; a first load has 40 kB brotli, a page takes up to 10."""
    weight = sum(
        len(gzip.compress((STATIC / name).read_bytes(), mtime=0)) for name in ("site.css", "site.js")
    )
    assert weight <= 35_000


def test_the_lock_names_no_host_and_exact_versions() -> None:
    lock = (FRONTEND / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
    wanted = json.loads((FRONTEND / "package.json").read_text())["devDependencies"]
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}


def test_dark_colours_are_for_screens_only() -> None:
    css = (STATIC / "site.css").read_text()
    assert re.findall(r"@media[^{]*prefers-color-scheme[^{]*", css) == [
        "@media screen and (prefers-color-scheme:dark)"
    ]


def test_the_licences_of_what_is_shipped_stand_beside_it() -> None:
    """The compilers leave no trace in their output; the base and Stimulus do."""
    wanted = json.loads((FRONTEND / "package.json").read_text())["devDependencies"]
    shipped = [f"{name} {wanted[name]}" for name in ("govuk-frontend", "@hotwired/stimulus")]
    text = (STATIC / "LICENSES.txt").read_text()
    assert [name for name in shipped if name not in text] == []
