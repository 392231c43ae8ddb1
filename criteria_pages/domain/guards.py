"""The last door before a deletion, whoever asks and by whatever route of the host."""

from typing import Any

from .pins import require_unpinned


def keep_pinned_pages(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Before a criteria set is deleted, with or without its folder: refused while a period uses one of its versions."""
    require_unpinned(instance.pk, instance.title)
