"""Which periods use a version. The answer lives above the rulebook, so those above register how to find it.

    pins.register(uses_of_versions)      # in the upper app's AppConfig.ready

A reader takes version ids and answers, for those in use, the names of the periods that use them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from kpi_cms.foundation.core.errors import WrongState

from ..models import CriteriaVersion

UsesReader = Callable[[Collection[int]], Mapping[int, Sequence[str]]]

_readers: list[UsesReader] = []


def register(reader: UsesReader) -> None:
    """Add a reader, once however often it is registered."""
    if reader not in _readers:
        _readers.append(reader)


def uses(version_ids: Collection[int]) -> dict[int, list[str]]:
    """Version id → names of the periods that use it; versions in no use are left out."""
    found: dict[int, list[str]] = {}
    for reader in _readers:
        for version_id, names in reader(version_ids).items():
            found.setdefault(version_id, []).extend(names)
    return {version_id: names for version_id, names in found.items() if names}


def uses_of_page(page_id: int) -> list[str]:
    """Names of the periods that use any version of a page, each once."""
    ids = list(
        CriteriaVersion.objects.filter(page_id=page_id).order_by("number").values_list("pk", flat=True)
    )
    by_version = uses(ids)
    return list(dict.fromkeys(name for pk in ids for name in by_version.get(pk, ())))


def require_unpinned(page_id: int, title: str) -> None:
    """Raise WrongState when a period uses a version of the page: its working copy must stay readable."""
    names = uses_of_page(page_id)
    if names:
        raise WrongState(
            _(
                "“%(title)s” is used by %(periods)s and cannot be deleted. Set the last day it is in effect instead."
            )
            % {"title": title, "periods": ", ".join(names)}
        )
