"""A specification from outside as the editor's draft: the same set, or a refusal that names what would be lost."""

from datetime import date
from typing import Any

import pytest

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.importing import filled, import_draft
from criteria_pages.domain.publishing import latest_draft
from criteria_pages.domain.specification import citations_of, specification_of
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState
from kpi_cms.foundation.engine import digest
from tests.factories.criteria_pages import MOMENT, draft, issued
from tests.factories.snippets import UserFactory
from tests.factories.specifications import everything

pytestmark = pytest.mark.django_db

ABOUT: dict[str, Any] = {
    "code": "MOI-1",
    "title": "Bộ mới",
    "effective_on": date(2026, 9, 1),
    "effective_until": None,
    "is_demonstration": False,
    "documents": [{"number": "1/QĐ", "title": "Quyết định", "issued_on": "2026-08-01", "clauses": "Điều 2"}],
}


def brought_in(actor: User, specification: dict[str, Any], **about: Any) -> CriteriaSetPage:
    return import_draft(actor=actor, moment=MOMENT, specification=specification, about=ABOUT | about)


@pytest.mark.parametrize("entry", [ND335_NV, ND335_LD, DANG_17])
def test_the_demonstration_comes_back_as_it_was(entry: Any) -> None:
    spec = specification_of(draft_of(entry))

    assert digest(specification_of(filled(spec, ABOUT))) == digest(spec)


def test_every_construct_of_the_engine_comes_back_as_it_was() -> None:
    assert specification_of(filled(everything(), ABOUT)) == everything()


@pytest.mark.parametrize(
    ("leader", "roles"), [(None, []), (False, []), (True, []), (True, ["head"]), (True, ["deputy"])]
)
def test_whom_a_set_is_for_comes_back(leader: bool | None, roles: list[str]) -> None:
    spec = everything()
    spec["applicability"] |= {"leader": leader, "roles": roles}

    assert specification_of(filled(spec, ABOUT))["applicability"] == spec["applicability"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda spec: spec["gates"][0].update(periods=["half"]), "Kỷ luật"),
        (lambda spec: spec["applicability"].update(roles=["head", "deputy"]), "Roles"),
    ],
)
def test_a_set_that_the_editor_cannot_hold_exactly_is_refused(change: Any, named: str, writer: User) -> None:
    spec = everything()
    change(spec)

    with pytest.raises(Invalid) as error:
        brought_in(writer, spec)

    assert "The editor cannot hold this set exactly. It would lose: " in str(error.value.sentence)
    assert named in str(error.value.sentence)
    assert CriteriaSetPage.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec["applicability"].update(staff_kinds=["vien_chuc", "can_bo"], positions=["B", "A"]),
        lambda spec: spec["rounding"].update(when="total"),
        lambda spec: spec["sections"].insert(0, spec["sections"].pop()),
        lambda spec: spec["sections"][0]["criteria"][0].update(citation=None),
        lambda spec: spec["settings"].update(nothing_assigned="insufficient"),
    ],
)
def test_what_says_the_same_in_another_form_is_taken(change: Any) -> None:
    spec = everything()
    change(spec)

    assert digest(specification_of(filled(spec, ABOUT))) != digest(spec)


def test_a_new_set_becomes_a_draft_and_nothing_is_issued(writer: User) -> None:
    page = brought_in(writer, everything())

    found = CriteriaSetPage.objects.get(pk=page.pk)
    assert (found.live, found.owner, found.code, found.title) == (False, writer, "MOI-1", "Bộ mới")
    assert latest_draft(found).effective_on == date(2026, 9, 1)
    assert citations_of(latest_draft(found)) == ABOUT["documents"]
    assert found.latest_revision.user == writer
    assert CriteriaVersion.objects.count() == 0


def test_a_set_that_is_there_already_gets_another_draft_and_stays_as_it_is(writer: User) -> None:
    page, version = issued()
    spec = specification_of(latest_draft(page))
    spec["sections"][0]["criteria"][0]["label"] = "Lời mới"

    again = brought_in(writer, spec, code=page.code)

    assert again.pk == page.pk
    found = CriteriaSetPage.objects.get(pk=page.pk)
    assert (found.live, found.live_revision_id) == (True, page.live_revision_id)
    assert digest(specification_of(latest_draft(found))) == digest(spec)
    assert digest(specification_of(found)) == version.sha256
    assert found.latest_revision.user == writer
    assert CriteriaVersion.objects.count() == 1


def test_a_locked_set_is_not_written_over(writer: User, policy: User) -> None:
    page = draft()
    page.locked, page.locked_by = True, policy
    page.save()

    with pytest.raises(WrongState, match="is locked"):
        brought_in(writer, everything(), code=page.code)

    assert latest_draft(page).title == page.title


def test_only_those_who_write_sets_bring_one_in(clerk: User) -> None:
    for outsider in (clerk, UserFactory()):
        with pytest.raises(Refused, match="Only policy staff write criteria sets"):
            brought_in(outsider, everything())

    assert CriteriaSetPage.objects.count() == 0
    assert brought_in(system_user(), everything()).code == "MOI-1"


def test_a_set_without_code_and_title_is_a_draft_of_its_own_each_time(writer: User) -> None:
    first = brought_in(writer, everything(), code="", title="")
    second = brought_in(writer, everything(), code="", title="")

    assert first.pk != second.pk
    assert first.title == second.title == "Criteria set from Excel"
