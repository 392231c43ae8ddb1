"""The hook for a malware scanner: a command of the host's that reads the file and answers with its exit code."""

import logging
import os
import subprocess
from typing import IO

from django.conf import settings

from .refusals import FileRefused

logger = logging.getLogger(__name__)

# In two pieces, so that a scanner does not take this source for the test file.
TEST_SIGNATURE = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CHUNK = 256 * 1024
CLEAN, FOUND = 0, 1


def is_infected(stream: IO[bytes]) -> bool:
    """Whether malware was found. Raises FileRefused when nobody can say: what was not checked is not kept.

    The command of `settings.UPLOAD_SCANNER` gets the file on its standard input and ends with 0 (clean) or 1
    (found), as clamdscan does. Without one only the scanners' common test file (EICAR) is known, so that the way of
    a bad file can be tried anywhere.
    """
    if _has_test_signature(stream):
        return True
    if not settings.UPLOAD_SCANNER:
        return False
    try:
        code = _ask(stream)
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.exception("The malware scanner could not be asked.")
        raise FileRefused("not_checked") from error
    if code not in (CLEAN, FOUND):
        logger.error("The malware scanner ended with %s.", code)
        raise FileRefused("not_checked")
    return code == FOUND


def _ask(stream: IO[bytes]) -> int:
    """The scanner's exit code; the stream has a file of its own behind it."""
    stream.flush()
    os.lseek(stream.fileno(), 0, os.SEEK_SET)
    done = subprocess.run(  # noqa: S603  # the operator's own command; the file is its input and no part of it
        settings.UPLOAD_SCANNER,
        stdin=stream,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=settings.UPLOAD_SCANNER_SECONDS,
        check=False,
    )
    return done.returncode


def _has_test_signature(stream: IO[bytes]) -> bool:
    stream.seek(0)
    tail = b""
    while chunk := stream.read(CHUNK):
        window = tail + chunk
        if TEST_SIGNATURE in window:
            return True
        tail = window[-len(TEST_SIGNATURE) :]
    return False
