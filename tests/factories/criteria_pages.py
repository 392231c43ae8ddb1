"""Criteria sets for tests: drafts in the page tree, issued sets, and versions without any page."""

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from criteria_pages.demonstration import ND335_NV, draft_of
from criteria_pages.demonstration.sets import DemonstrationSet
from criteria_pages.domain.publishing import frozen_criteria, publish, said_by, specification_of
from criteria_pages.domain.setup import criteria_index
from criteria_pages.models import CriteriaSetPage, CriteriaVersion, FrozenCriterion
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.engine import compile_set, digest

MOMENT = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)


def draft(entry: DemonstrationSet = ND335_NV, **changes: Any) -> CriteriaSetPage:
    """A working copy below the index, saved as a revision, not issued. `changes` replace fields of the set."""
    page = draft_of(entry)
    for name, value in changes.items():
        setattr(page, name, value)
    criteria_index().add_child(instance=page)
    page.save_revision(clean=False)
    return CriteriaSetPage.objects.get(pk=page.pk)


def edit(page: CriteriaSetPage, **changes: Any) -> CriteriaSetPage:
    """Save another draft of a page on top of its last one, as the editor does; returns the draft."""
    latest: CriteriaSetPage = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(latest, name, value)
    latest.save_revision(clean=False)
    return latest


def issue(page: CriteriaSetPage, *, moment: datetime = MOMENT) -> CriteriaVersion:
    """Issue the page's last draft as the system."""
    return publish(actor=system_user(), moment=moment, page=page)


def issued(entry: DemonstrationSet = ND335_NV, **changes: Any) -> tuple[CriteriaSetPage, CriteriaVersion]:
    """A page with its first version."""
    page = draft(entry, **changes)
    version = issue(page)
    return CriteriaSetPage.objects.get(pk=page.pk), version


def version(
    specification: dict[str, Any] | None = None,
    *,
    entry: DemonstrationSet = ND335_NV,
    number: int = 1,
    code: str = "",
    **fields: Any,
) -> CriteriaVersion:
    """A frozen version without a page, of a set of the demonstration or of any specification."""
    page = draft_of(entry)
    content = deepcopy(specification or specification_of(page))
    values = {
        "title": page.title,
        "page_id": 0,
        "effective_on": date(2026, 7, 1),
        "published_at": MOMENT,
        "published_by": 0,
        **fields,
    }
    made = CriteriaVersion.objects.create(
        set_code=code or entry.code,
        number=number,
        frame=content["frame"],
        specification=content,
        sha256=digest(content),
        **said_by(compile_set(content)),
        **values,
    )
    FrozenCriterion.objects.bulk_create(frozen_criteria(made))
    return made


def parts_with(entry: DemonstrationSet = ND335_NV, **by_code: dict[str, Any]) -> list[dict[str, Any]]:
    """The set's parts with the values of some blocks changed: `parts_with(a={"label": "…"})`, by code.

    A code with a dot is written with an underscore (`I_1`); a part goes by its code as well.
    """
    parts: list[dict[str, Any]] = deepcopy(entry.fields["parts"])
    wanted = {code.replace("_", "."): values for code, values in by_code.items()}
    for block in blocks_of(parts):
        block["value"].update(wanted.pop(block["value"]["code"], {}))
    assert not wanted, f"No block has the code {sorted(wanted)}."
    return parts


def blocks_of(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every part, section and criterion of raw parts, outer before inner."""
    found = []
    for part in parts:
        found.append(part)
        for section in part["value"]["sections"]:
            found += [section, *section["value"]["criteria"]]
    return found


def key_of(code: str, entry: DemonstrationSet = ND335_NV) -> str:
    """The block id of a part, section or criterion of a set, by its code."""
    for block in blocks_of(entry.fields["parts"]):
        if block["value"]["code"] == code:
            return str(block["id"])
    raise LookupError(code)
