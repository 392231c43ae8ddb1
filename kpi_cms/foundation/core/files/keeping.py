"""Store a file that was judged, hand it out again, and find those that nobody refers to."""

import logging
import secrets
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import IO

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.errors import WrongState

from .intake import Taken, digest_of
from .refusals import FileRefused

logger = logging.getLogger(__name__)

YOUNG = timedelta(days=1)
"""A file without a row may belong to an act that is still under way; after a day it does not."""

BATCH = 500


def keep(storage: str, taken: Taken) -> str:
    """Store the file under a random name and return it; raises FileRefused. Write the row that names it afterwards.

    So no row ever names a file that is not there; a file without a row is found by `orphans`.
    """
    token = secrets.token_hex(20)
    name = f"{token[:2]}/{token[2:4]}/{token}"
    taken.content.seek(0)
    try:
        return storages[storage].save(name, File(taken.content))
    except OSError as error:
        logger.exception("A file could not be stored.")
        raise FileRefused("not_stored") from error


def keep_as(storage: str, name: str, content: IO[bytes]) -> None:
    """Store a file that was made here under the name of what made it, in the place of one that a killed run left."""
    try:
        storages[storage].delete(name)
        storages[storage].save(name, File(content))
    except OSError as error:
        logger.exception("A file could not be stored.")
        raise FileRefused("not_stored") from error


def forget(storage: str, name: str) -> None:
    """Remove a file. What refers to it has said so before."""
    storages[storage].delete(name)


def hand_out(storage: str, name: str, sha256: str) -> IO[bytes]:
    """The file, read once to see that it is still the one that was kept. Raises WrongState with one sentence."""
    try:
        stream: IO[bytes] = storages[storage].open(name, "rb")
    except OSError as error:
        logger.exception("A kept file is missing.")
        raise WrongState(
            _(
                "This file is missing from the store. Tell your administrator; its entry and its digest are kept."
            )
        ) from error
    if digest_of(stream) != sha256:
        stream.close()
        logger.error("A kept file is not what it was.")
        raise WrongState(
            _("This file was damaged in the store, so it is not handed out. Tell your administrator.")
        )
    stream.seek(0)
    return stream


def orphans(
    storage: str, moment: datetime, known: Callable[[Collection[str]], Collection[str]]
) -> Iterator[str]:
    """Names of files older than a day that `known`, asked for some hundred names at a time, does not return."""
    store = storages[storage]
    batch: list[str] = []
    for name in _names(store):
        if moment - store.get_modified_time(name) > YOUNG:
            batch.append(name)
        if len(batch) == BATCH:
            yield from set(batch).difference(known(batch))
            batch = []
    yield from set(batch).difference(known(batch))


def _names(store: Storage, folder: str = "") -> Iterator[str]:
    """Every file, one folder at a time."""
    try:
        folders, files = store.listdir(folder)
    except FileNotFoundError:
        return  # nothing was ever kept
    for name in sorted(files):
        yield f"{folder}{name}"
    for name in sorted(folders):
        yield from _names(store, f"{folder}{name}/")
