"""Make .venv and install hashed locks into it. Needs the standard library only.

    python scripts/environment.py requirements.txt requirements-dev.txt

Says in one sentence what is missing, and exits with 1.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class Missing(Exception):
    """Something this machine lacks; `str()` is the sentence for the person in front of it."""


def _runs(program: Path) -> bool:
    """True for a Python of the right version that starts (a moved folder leaves a broken one)."""
    if not program.exists():
        return False
    wanted = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    return subprocess.run([program, "-c", wanted], capture_output=True, check=False).returncode == 0


def _create() -> None:
    print("Making .venv …", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False
    )
    if made.returncode or not _runs(PYTHON):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Missing(
            f"Python {version} is here, but its venv module is not complete: install it "
            f"(Debian and Ubuntu: apt-get install python{version}-venv) and run the same command again."
        )


def _install(lock: Path) -> None:
    stamp = VENV / f".{lock.stem}.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {lock.name} …", flush=True)
    # The lock is complete and hashed: nothing is left to resolve, and a changed file is refused.
    done = subprocess.run(
        [
            *(PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile"),
            *("--disable-pip-version-check", "--no-input", "--quiet", "--requirement", lock),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        raise Missing(
            f"The packages of {lock.name} could not be installed (see above): check that this machine reaches a "
            "package index, and run the same command again."
        )
    stamp.write_text(digest)


def install(*locks: str) -> None:
    """Bring .venv to the state of the locks; quick when it is there already. Raises Missing."""
    if not _runs(PYTHON):
        _create()
    for lock in locks:
        _install(ROOT / lock)


def main() -> int:
    try:
        install(*sys.argv[1:])
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
