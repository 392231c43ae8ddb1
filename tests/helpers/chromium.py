"""Find the browser that the journeys play in, and say what to do when there is none.

python tests/helpers/chromium.py            # print its path
python tests/helpers/chromium.py --install  # install Debian's package first when it is missing and we are root

Chromium's headless shell is the same browser without the windows, bars and pages of its own that nobody looks at here:
a journey in it takes two thirds of the processor's time. It is taken first, and either will do.
"""

import os
import shutil
import subprocess
import sys

NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
)  # fmt: skip
PACKAGES = ("chromium-headless-shell", "chromium")  # the second where a distribution has not the first

# A browser of a test machine: no sandbox of its own (it may be root in a container), no call to any other host.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

MISSING = (
    "The browser journeys need Chromium, and none was found. Install it (Debian: `sudo apt-get install "
    "chromium-headless-shell`, or `chromium`) or set CHROMIUM to the path of a Chromium or Chrome program."
)


class NoBrowser(Exception):
    """`str()` is the sentence that says what to do."""


def find() -> str:
    """The path of the browser. Raises NoBrowser with a sentence when there is none."""
    chosen = os.environ.get("CHROMIUM", "")
    if chosen:
        path = shutil.which(chosen)
        if path is None:
            raise NoBrowser(
                f"CHROMIUM is set to {chosen}, where there is no program. Correct it or unset it."
            )
        return path
    for name in NAMES:
        path = shutil.which(name) or shutil.which(name, path="/usr/bin:/usr/local/bin:/snap/bin")
        if path is not None:
            return path
    raise NoBrowser(MISSING)


def find_or_install() -> str:
    """As `find`; on Debian as root the package is installed first."""
    try:
        return find()
    except NoBrowser:
        if os.environ.get("CHROMIUM") or os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=environment, stdout=sys.stderr, check=False)
    for package in PACKAGES:
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", package]
        if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode == 0:
            break
    return find()


if __name__ == "__main__":
    try:
        print(find_or_install() if "--install" in sys.argv else find())  # noqa: T201 - what the Makefile reads
    except NoBrowser as error:
        sys.exit(str(error))
