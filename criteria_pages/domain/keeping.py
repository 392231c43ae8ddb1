"""“Keep as an example”: a card that was tried becomes an example of the draft."""

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.locks import WorkflowLock

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale, WrongState
from kpi_cms.foundation.engine import check_authored, compile_set, decimal_text

from .. import rules
from ..blocks.shared import LABEL_LENGTH
from ..models import CriteriaSetPage
from .examples import DIGITS, block_of
from .publishing import latest_draft
from .specification import specification_of
from .trial import Trial, TrialCard, is_blank, try_card, written
from .working_days import registered

WAITS = gettext_lazy("“%(title)s” waits for approval. Take it back in the editor before you change it.")


def result_text(trial: Trial) -> str:
    """A result as a page shows it and sends it back: “92.63 excellent”; "" without one."""
    return "" if trial.result is None else f"{decimal_text(trial.result[0])} {trial.result[1]}"


@business_verb
def keep_example(
    *, actor: User, moment: datetime, page_id: int, name: str, note: str, card: TrialCard, shown: str
) -> bool:
    """Store the card with the total and band it comes to in a new draft; one of the same name is replaced.

    Returns whether one was. `shown` is the `result_text` its author looked at: where the draft or a value has changed
    since, Stale. Raises Refused, NotFound, WrongState while the page is locked for the actor, and Invalid for a set or
    a card that comes to no total, and for a name that cannot be one.
    """
    rules.write(Scope.of(actor)).require()
    page = page_to_change(
        actor,
        page_id,
        gettext_lazy("“%(title)s” is locked. Ask whoever locked it before you keep an example."),
    )
    _require_name(name)
    draft = latest_draft(page)
    specification = specification_of(draft)
    if check_authored(specification):
        raise Invalid(
            _("The criteria set cannot be computed with yet. Correct what is marked and try again.")
        )
    compiled = compile_set(specification)
    trial = try_card(compiled, card, registered(compiled))
    if trial.result is None:
        raise Invalid(trial.unfinished or _("Correct what is marked before you keep the example."))
    if result_text(trial) != shown:
        raise Stale(
            _("This is another result than the one you looked at. Look at it, then keep the example."),
            mine={_("Result"): shown},
            theirs={_("Result"): result_text(trial)},
        )
    total, band = trial.result
    kept = {
        "name": name,
        "note": note,
        "values": written({key: text.strip() for key, text in card.values.items() if text.strip()}),
        "tasks": [row for row in card.tasks if not is_blank(row)],
        "work": [row for row in card.work if not is_blank(row)],
        "total": decimal_text(round(total, DIGITS)),
        "band": band,
    }
    blocks = [dict(child) for child in draft.examples.raw_data]
    same = next((at for at, child in enumerate(blocks) if child["value"]["name"].strip() == name), None)
    if same is None:
        blocks.append(block_of(kept))
    else:
        blocks[same] = block_of(kept, blocks[same].get("id"))
    draft.examples = blocks
    draft.save_revision(user=actor, clean=False)
    return same is not None


def page_to_change(actor: User, page_id: int, locked: Promise) -> CriteriaSetPage:
    """The page, its row locked for the transaction. Raises NotFound, and WrongState while an approval keeps the actor
    from editing it, or, with the sentence `locked`, an author's lock."""
    page: CriteriaSetPage | None = CriteriaSetPage.objects.select_for_update().filter(pk=page_id).first()
    if page is None:
        raise NotFound
    lock = page.get_lock()
    if lock is not None and lock.for_user(actor):
        waits = isinstance(lock, WorkflowLock)
        raise WrongState(str(WAITS if waits else locked) % {"title": page.title})
    return page


def _require_name(name: str) -> None:
    if not name:
        raise Invalid(_("Give the example a name before you keep it."), problems={"name": []})
    if len(name) > LABEL_LENGTH:
        sentence = _("The name is longer than %(limit)s characters: shorten it.") % {"limit": LABEL_LENGTH}
        raise Invalid(sentence, problems={"name": []})
