"""A new set from a template: a draft in the editor, which never takes effect by itself."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid

from .. import rules
from ..models import CriteriaIndexPage, CriteriaSetPage
from .publishing import NO_TITLE, check_code
from .setup import criteria_index
from .templates import TEMPLATES


@business_verb
def start_from_template(
    *, actor: User, moment: datetime, template: str, code: str, title: str
) -> CriteriaSetPage:
    """Write a draft with everything the template says, in effect from the first of the next month. Nothing is issued.

    Blocks keep the template's ids, so that what started from it stays comparable. Raises Refused, and Invalid with the
    sentences for `template`, `code` and `title`.
    """
    rules.write(Scope.of(actor)).require()
    # Two authors who choose one code at once: the second waits here, and reads that it is taken.
    index = CriteriaIndexPage.objects.select_for_update().get(pk=criteria_index().pk)
    chosen = next((entry for entry in TEMPLATES if entry.key == template), None)
    page = CriteriaSetPage(title=title, code=code, live=False, owner=actor)
    problems = {"template": [] if chosen else [_unknown(template)], **_problems(page)}
    if chosen is None or any(problems.values()):
        raise Invalid(_("No draft was made. Correct what is marked and try again."), problems=problems)
    for name, value in chosen.fields.items():
        setattr(page, name, value)
    page.effective_on = _next_month(timezone.localdate(moment))
    page.slug = slugify(page.code)
    index.add_child(instance=page)
    page.save_revision(user=actor, clean=False)
    return page


def _unknown(template: str) -> str:
    if not template:
        return _("Choose the template to start from.")
    return _("There is no such template: choose one from the list.")


def _problems(page: CriteriaSetPage) -> dict[str, list[str]]:
    """What is wrong with code and title of a page that is not saved yet."""
    problems = {"title": [] if page.title.strip() else [str(NO_TITLE)], "code": []}
    for name, sentences in problems.items():
        if sentences:
            continue
        try:
            CriteriaSetPage._meta.get_field(name).clean(getattr(page, name), page)
        except ValidationError as error:
            sentences += error.messages
    problems["code"] = problems["code"] or [str(problem.sentence) for problem in check_code(page)]
    return problems


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
