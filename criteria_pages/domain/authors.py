"""Who made the last change of a criteria set: somebody else approves and issues it (security.md T02).

A save that changes nothing of what would be issued is nobody's change, so that saving another's draft once more makes
nobody its author, and its author no other.
"""

from datetime import datetime
from typing import Any

from wagtail.models import Page, Revision

from ..models import CriteriaSetPage
from .examples import frozen_examples
from .specification import citations_of, specification_of


def last_author(page: Page) -> int | None:
    """The account behind the last change; None where the product itself made it."""
    revisions = Revision.objects.for_instance(page).order_by("-created_at", "-pk").iterator(chunk_size=10)
    author, content = None, None
    for revision in revisions:
        said = _issued_of(revision.as_object())
        if content is not None and said != content:
            break
        author, content = revision.user_id, said
    return author


def changed_since(page: Page, moment: datetime) -> bool:
    """What would be issued is another than at the moment. Autosave overwrites a revision, and dates it anew."""
    revisions = Revision.objects.for_instance(page).order_by("-created_at", "-pk")
    last, then = revisions.first(), revisions.filter(created_at__lte=moment).first()
    if last is None or last == then:
        return False
    return then is None or _issued_of(last.as_object()) != _issued_of(then.as_object())


def _issued_of(draft: CriteriaSetPage) -> tuple[Any, ...]:
    """What issuing would freeze of a draft. Moves in the tree, locks and comments are no change of it."""
    return (
        draft.title,
        draft.code,
        specification_of(draft),
        draft.effect,
        citations_of(draft),
        draft.is_demonstration,
        frozen_examples(draft),
    )
