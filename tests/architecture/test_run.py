"""`make run`: what it says when something is missing, and that it leaves nothing running."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    """`scripts/` is no package: a script is loaded from its file."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


environment = load("environment")
run = load("run")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_free_port_is_taken(monkeypatch):
    port = free_port()
    monkeypatch.setenv("PORT", str(port))
    assert run.port() == port


def test_the_port_is_8000_unless_said(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr(run.socket.socket, "bind", lambda self, address: None)
    assert run.port() == 8000


@pytest.mark.parametrize("given", ["abc", "0", "70000", "", "-1", "80.5"])
def test_nonsense_is_refused_in_one_sentence(monkeypatch, given):
    monkeypatch.setenv("PORT", given)
    with pytest.raises(environment.Missing) as refusal:
        run.port()
    assert repr(given) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_taken_port_is_one_sentence_and_nothing_is_started():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "scripts/run.py"],
            cwd=ROOT, env={**os.environ, "PORT": str(port)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Port {port} of 127.0.0.1 is taken by another program: stop that program, or choose another port, "
        f"as in make run PORT={port + 1}.\n"
    )


def test_no_python_is_one_sentence(tmp_path):
    """`make` on a machine without a fitting Python: an empty PATH but for make's own needs."""
    for tool in ("sh", "make", "env"):
        (tmp_path / tool).symlink_to(
            Path("/bin") / tool if Path("/bin", tool).exists() else f"/usr/bin/{tool}"
        )
    folder = tmp_path / "checkout"
    (folder / "scripts").mkdir(parents=True)
    for name in ("Makefile", "assets.mk", "scripts/find_python.sh"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        ["/usr/bin/make", "run"],
        cwd=folder,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.11, 3.12 or 3.13" in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("make")]) == 1


def test_a_python_without_venv_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(
        environment.subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 1, stdout="", stderr="")
    )
    with pytest.raises(environment.Missing, match=r"apt-get install python3\.\d+-venv"):
        environment.install("requirements.txt")


def test_the_lock_is_installed_only_when_it_changed(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "_runs", lambda program: True)
    monkeypatch.setattr(
        environment.subprocess,
        "run",
        lambda *a, **k: calls.append(a) or subprocess.CompletedProcess(a, 0, "", ""),
    )
    lock = tmp_path / "requirements.txt"
    for content in ("a==1", "a==1", "a==2"):
        lock.write_text(content)
        environment.install("requirements.txt")
    assert len(calls) == 2


def test_an_index_that_does_not_answer_is_said_and_tried_again(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "_runs", lambda program: True)
    monkeypatch.setattr(
        environment.subprocess,
        "run",
        lambda *a, **k: subprocess.CompletedProcess(a, 1, "", "no route to host"),
    )
    (tmp_path / "requirements.txt").write_text("a==1")
    with pytest.raises(environment.Missing, match="could not be installed"):
        environment.install("requirements.txt")
    assert "no route to host" in capsys.readouterr().err
    assert list(tmp_path.glob(".requirements*")) == []


# --- Supervising: three small programs instead of the product's -------------------------------------------------

STAND_INS = """
    import http.server, pathlib, signal, sys, time
    sys.path.insert(0, {scripts!r})
    import run

    folder = pathlib.Path({folder!r})
    server = '''
    import http.server, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response({status}); self.send_header("Content-Length", "0"); self.end_headers()
        def log_message(self, *args): pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
    '''
    # Says that it lives, with its number; ignores SIGTERM where `stubborn`.
    helper = '''
    import os, pathlib, signal, sys, time
    if sys.argv[2] == "stubborn": signal.signal(signal.SIGTERM, signal.SIG_IGN)
    path = pathlib.Path(sys.argv[1])
    path.with_suffix(".new").write_text(str(os.getpid())); path.with_suffix(".new").rename(path)
    time.sleep(600)
    '''
    import textwrap
    run.programs = lambda port: {{
        run.SERVER: [sys.executable, "-c", textwrap.dedent(server), str(port)],
        "background worker": [sys.executable, "-c", textwrap.dedent(helper), str(folder / "worker"), "{worker}"],
        "scheduler": [sys.executable, "-c", textwrap.dedent(helper), str(folder / "scheduler"), ""],
    }}
    run.GRACE_SECONDS, run.RESTART_PAUSE_SECONDS = 1.0, 0.0
    run.environment.install = lambda lock: None
    run.prepare = lambda: "  can-bo   Staff"
    sys.exit(run.main())
"""


def start(folder, *, worker="", status=200):
    source = textwrap.dedent(STAND_INS).format(
        scripts=str(ROOT / "scripts"), folder=str(folder), worker=worker, status=status
    )
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", source],
        env={**os.environ, "PORT": str(port)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return process, port


def eventually(condition):
    for _try in range(600):
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("It did not happen within 30 s.")


def number(path):
    return eventually(lambda: path.exists() and int(path.read_text()))


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def read_until(process, text):
    lines = []
    while text not in "".join(lines):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        lines.append(line)
    return "".join(lines)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("worker", ["", "stubborn"])
def test_a_signal_stops_all_of_it(tmp_path, signal_number, worker):
    process, port = start(tmp_path, worker=worker)
    said = read_until(process, "Ctrl-C")
    assert "can-bo   Staff" in said
    assert f"Open http://127.0.0.1:{port}/" in said
    pids = [number(tmp_path / "worker"), number(tmp_path / "scheduler")]
    process.send_signal(signal_number)
    rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "\nStopped.\n", "")
    assert [pid for pid in pids if is_alive(pid)] == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_worker_that_dies_is_started_again(tmp_path):
    process, _port = start(tmp_path)
    first = number(tmp_path / "worker")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: number(tmp_path / "worker") != first)
    process.send_signal(signal.SIGTERM)
    _rest, errors = process.communicate(timeout=30)
    assert errors == "The background worker ended and is started again.\n"


def test_a_server_that_answers_with_an_error_is_no_start(tmp_path):
    process, _port = start(tmp_path, status=500)
    _rest, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == "The web server did not start: the reason stands above.\n"
