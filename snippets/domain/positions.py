"""Positions and job positions: two lists for the whole province, kept at the top of the tree."""

from datetime import datetime
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.text import fold, normal

from ..models import JobPosition, Position
from ..rules import may_keep_shared_lists

Entry = TypeVar("Entry", Position, JobPosition)


@business_verb
def create_position(
    *, actor: User, moment: datetime, code: str, title: str, role: str, block: str = "", reason: str = ""
) -> Position:
    """Add a title that appointments may carry, with the role it has as a rule."""
    may_keep_shared_lists(actor).require()
    return _save(Position(role=role, block=block), code=code, title=title, reason=reason)


@business_verb
def change_position(
    *,
    actor: User,
    moment: datetime,
    position: Position,
    title: str,
    role: str,
    block: str = "",
    reason: str = "",
) -> Position:
    """Change a position; the code is for ever. Appointments keep the role they were made with."""
    may_keep_shared_lists(actor).require()
    position = Position.objects.select_for_update().get(pk=position.pk)
    return _save(position, code=position.code, title=title, reason=reason, role=role, block=block)


@business_verb
def create_job_position(
    *, actor: User, moment: datetime, code: str, title: str, faces_citizens: bool = False, reason: str = ""
) -> JobPosition:
    """Add a job position; one that faces citizens is scored by the first text of criterion II.4."""
    may_keep_shared_lists(actor).require()
    return _save(JobPosition(faces_citizens=faces_citizens), code=code, title=title, reason=reason)


@business_verb
def change_job_position(
    *,
    actor: User,
    moment: datetime,
    job_position: JobPosition,
    title: str,
    faces_citizens: bool,
    reason: str = "",
) -> JobPosition:
    """Change a job position; cards opened before keep what they were opened with."""
    may_keep_shared_lists(actor).require()
    job_position = JobPosition.objects.select_for_update().get(pk=job_position.pk)
    return _save(
        job_position, code=job_position.code, title=title, reason=reason, faces_citizens=faces_citizens
    )


def _save(entry: Entry, *, code: str, title: str, reason: str, **values: Any) -> Entry:
    model = type(entry)
    code, title = normal(code).upper(), normal(title)
    problems: dict[str, list[str]] = {}
    if not code or " " in code:
        problems["code"] = [_("The code is short and has no spaces.")]
    elif model.objects.filter(code__iexact=code).exclude(pk=entry.pk).exists():
        problems["code"] = [_("This code is in the list already. Choose another one.")]
    if not title:
        problems["title"] = [_("Give a title.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    before = _facts(entry) if entry.pk is not None else None
    entry.code, entry.title, entry.search_text = code, title, fold(f"{code} {title}")[:220]
    for name, value in values.items():
        setattr(entry, name, value)
    after = _facts(entry)
    if before == after:
        return entry
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(entry, reason_key=reason_key)
    ledger.record(
        Act.REGISTER_CHANGED, subject=entry, label=code, before=before, after=after, reason_key=reason_key
    )
    return entry


def _facts(entry: Position | JobPosition) -> dict[str, Any]:
    if isinstance(entry, Position):
        return {"code": entry.code, "title": entry.title, "role": str(entry.role), "block": str(entry.block)}
    return {"code": entry.code, "title": entry.title, "faces_citizens": entry.faces_citizens}
