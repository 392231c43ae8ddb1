"""Where files are kept: a private folder with random names, which no address leads to."""

import os
import tempfile
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils._os import safe_makedirs

PRIVATE = 0o700  # folders; files are made 0600 by mkstemp


class PrivateStorage(FileSystemStorage):
    """A folder of this server that is under no URL. A file is there as a whole or not at all, also after a crash.

    `setting` names the setting with the folder, so that it is read when the store is made.
    """

    def __init__(self, setting: str = "PRIVATE_FILES_ROOT") -> None:
        super().__init__(location=getattr(settings, setting))

    def url(self, name: str | None) -> str:
        raise ValueError("A private file has no address: a view hands it out, after its own check.")

    def _save(self, name: str, content: File[Any]) -> str:
        path = self.path(name)
        folder = os.path.dirname(path)
        safe_makedirs(folder, PRIVATE, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
        try:
            with os.fdopen(handle, "wb") as target:
                for chunk in content.chunks():
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            os.rename(unfinished, path)
        except BaseException:
            os.unlink(unfinished)
            raise
        _sync(folder)
        return name


def _sync(folder: str) -> None:
    """A name outlives a power cut once its folder is written too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
