"""A real installation refuses to start without what it must be told, and is then hardened; each in a fresh process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOLD = {
    "KPI_SECRET_KEY": "a-text-of-this-installation-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": "postgres://kpi@127.0.0.1:1/kpi",
    "KPI_ALLOWED_HOSTS": "danhgia.example.gov.vn",
}


def manage(tmp_path, *arguments, settings="production", **told):
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("KPI_", "DATABASE"))
    }
    environment |= {
        **told, "KPI_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": f"kpi_cms.settings.{settings}",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("missing", ["KPI_SECRET_KEY", "DATABASE_URL"])
def test_it_refuses_to_start_without_its_key_or_its_database(tmp_path, missing):
    told = {key: value for key, value in TOLD.items() if key != missing}
    done = manage(tmp_path, "-c", "import kpi_cms.settings.production", **told)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"django.core.exceptions.ImproperlyConfigured: Set {missing}")


def test_it_is_hardened_and_the_server_starts_on_it(tmp_path):
    (tmp_path / "key.pem").touch()
    anchored = {"KPI_ANCHOR_FOLDER": "/mnt/anchors", "KPI_SIGNING_KEY": str(tmp_path / "key.pem")}
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    done = manage(tmp_path, *check, **TOLD, **anchored)
    assert (done.returncode, done.stderr) == (0, "")
    for missing, found in (("KPI_ANCHOR_FOLDER", "audit.W004"), ("KPI_SIGNING_KEY", "audit.W003")):
        told = {name: value for name, value in anchored.items() if name != missing}
        assert found in manage(tmp_path, *check, **TOLD, **told).stderr
    wsgi = (
        "import kpi_cms.wsgi; from django.conf import settings as s; "
        "print(s.DEMONSTRATION, s.DEBUG, s.SESSION_COOKIE_NAME)"
    )
    assert manage(tmp_path, "-c", wsgi, **TOLD).stdout == "False False __Host-kpi_session\n"


def test_a_demonstration_makes_a_key_of_its_own_and_keeps_it(tmp_path):
    show = "from kpi_cms.settings import dev; print(dev.SECRET_KEY)"
    keys = {manage(tmp_path, "-c", show, settings="dev").stdout for _start in range(2)}
    assert len(keys) == 1
    assert len(keys.pop().strip()) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_demonstration_reachable_from_outside_is_refused(tmp_path):
    done = manage(
        tmp_path, "manage.py", "check", settings="dev", KPI_ALLOWED_HOSTS="127.0.0.1,nghean.example.vn"
    )
    assert done.returncode == 1
    assert "core.E002" in done.stderr
