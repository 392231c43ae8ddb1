"""One file on its way in: cut off at the limit, hashed, scanned, judged, and a picture drawn anew."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.conf import settings

from . import kinds, pictures, scanning
from .kinds import Kind
from .refusals import FileRefused

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that may be kept. `kind` is None for malware, which is kept apart and shown to nobody.

    `sha256` is of what is kept, `sent_sha256` of what was sent: a picture is drawn anew, and its owner can still show
    that the file in their hands is the one they sent.
    """

    content: IO[bytes]
    size: int
    sha256: str
    sent_sha256: str
    kind: Kind | None


@contextmanager
def taken(chunks: Iterable[bytes]) -> Iterator[Taken]:
    """Judge a file that arrives in chunks; raises FileRefused. Nothing of it outlives the block but what was stored.

    Costs a pass over the file for each question. Do it before rows are locked: a large picture takes seconds.
    """
    with tempfile.TemporaryFile() as sent, tempfile.TemporaryFile() as drawn:
        size, digest = _receive(chunks, sent)
        if scanning.is_infected(sent):
            yield Taken(sent, size, digest, digest, None)
            return
        kind = kinds.judge(sent, size)
        if not kind.is_picture:
            yield Taken(sent, size, digest, digest, kind)
            return
        pictures.redraw(sent, drawn, kind)
        yield Taken(drawn, drawn.tell(), digest_of(drawn), digest, kind)


def _receive(chunks: Iterable[bytes], target: IO[bytes]) -> tuple[int, str]:
    """Never more than the limit, whatever was announced."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > settings.UPLOAD_LIMIT_BYTES:
            raise FileRefused("too_large", limit=settings.UPLOAD_LIMIT_BYTES // 1024**2)
        digest.update(chunk)
        target.write(chunk)
    if not size:
        raise FileRefused("empty")
    return size, digest.hexdigest()


def digest_of(stream: IO[bytes]) -> str:
    """SHA-256 of the whole stream, as hexadecimal text."""
    stream.seek(0)
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
