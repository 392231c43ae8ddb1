"""A run in words: why a card cannot be told, and what made another band."""

from collections.abc import Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.evaluation.rescored import Cause, Reason, Untold
from kpi_cms.foundation.core import numbers

from .results import Changed


def reason_text(reason: Reason, labels: Mapping[str, str]) -> str:
    named = "; ".join(f"{code} {labels.get(code, '')}".strip() for code in reason.codes)
    sentences = {
        Untold.MISSING: _("The draft asks for an entry that these cards do not have: %(criteria)s"),
        Untold.OUTSIDE: _("The entry lies outside of what the draft accepts: %(criteria)s"),
        Untold.GATE: _("A gate of the draft asks what is not recorded: %(criteria)s"),
        Untold.PENDING: _("d waits for people whose result cannot be told: %(criteria)s"),
        Untold.UNSAID: _("The draft counts tasks by what these do not say: %(criteria)s"),
        Untold.NOTHING: _("Nothing was assigned, and the draft counts what is assigned"),
        Untold.RATER: _("The draft counts points that these cards do not have, of: %(criteria)s"),
        Untold.FORMULA: _("A formula of the draft has no value: %(criteria)s"),
    }
    return sentences[reason.kind] % {"criteria": named}


def why_text(changed: Changed, labels: Mapping[str, str]) -> str:
    """Why this card: its reason, or the criteria that weigh most, before and after."""
    if changed.reason is not None:
        return reason_text(changed.reason, labels)
    if not changed.why:
        return _("The same points; the limits of the bands or the gates differ")
    return "; ".join(_cause_text(cause) for cause in changed.why)


def _cause_text(cause: Cause) -> str:
    if cause.before is None and cause.after is None:
        return _("A gate of the draft: %(label)s") % {"label": cause.label}
    language = get_language() or "vi"
    shown = numbers.format_percent if cause.share else numbers.format_quantity
    before, after = (shown(value, language=language, places=2) for value in (cause.before, cause.after))
    return f"{cause.code} {cause.label}: {before} → {after}"
