"""A criterion that may not arise: written in the editor, tried, compared, read, and refused where a law forbids it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from criteria_pages.demonstration import ND335_NV
from criteria_pages.domain import handbook
from criteria_pages.domain.comparison import differences
from criteria_pages.domain.explaining import part_names, trace_rows
from criteria_pages.domain.problems import of_engine
from criteria_pages.domain.publishing import check, specification_of
from criteria_pages.domain.setup import criteria_index
from criteria_pages.domain.trial import TrialCard, try_card
from criteria_pages.models import CriteriaSetPage
from criteria_pages.trial_form import TrialForm
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import MAY_NOT_APPLY, CardInputs, check_specification, compile_set, digest
from tests.factories.authored import bands, fields, of_kind, one_kind, part, section
from tests.factories.criteria_pages import draft, key_of, parts_with, version
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def page_of(values: dict[str, Any]) -> CriteriaSetPage:
    return CriteriaSetPage(live=False, **values)


def two(kind: str, **own: Any) -> dict[str, Any]:
    """A set of a criterion of a kind that may not arise, and of points that always do."""
    criteria = section("S", "20", of_kind(kind, may_not_apply=True, **own), of_kind("number", "x"))
    starts = bands(("dat", "10"), ("yeu", "0"))
    return fields("HAI", [part("common", "20", criteria)], total_max=Decimal(20), bands=starts)


@pytest.mark.parametrize("kind", sorted(MAY_NOT_APPLY))
def test_the_editor_asks_it_of_each_kind_that_somebody_gives(
    kind: str, policy: User, signed_in: SignIn
) -> None:
    page = page_of(one_kind(kind, may_not_apply=True))
    address = reverse(
        "wagtailadmin_pages:add", args=["criteria_pages", "criteriasetpage", criteria_index().pk]
    )

    assert signed_in(policy).post(address, form_data(page)).status_code == 302

    saved = CriteriaSetPage.objects.get().get_latest_revision_as_object()
    (found,) = specification_of(saved)["sections"][0]["criteria"]
    assert found["may_not_apply"] is True
    assert specification_of(saved) == specification_of(page)
    assert check_specification(specification_of(saved)) == []


def test_a_set_that_does_not_use_it_says_nothing_of_it() -> None:
    plain, unticked = (page_of(one_kind("number", **own)) for own in ({}, {"may_not_apply": False}))

    assert "may_not_apply" not in specification_of(unticked)["sections"][0]["criteria"][0]
    assert digest(specification_of(plain)) == digest(specification_of(unticked))


def test_the_decree_refuses_it_at_the_block_and_the_setting_at_its_field() -> None:
    page = draft(
        ND335_NV, parts=parts_with(ND335_NV, III_2={"may_not_apply": True}), nothing_assigned="left_out"
    )

    found = [(problem.code, problem.key, problem.field, problem.inside) for problem in check(page)]

    assert found == [
        ("nd335_may_not_apply", key_of("III.2"), "", ("may_not_apply",)),
        ("nd335_nothing", "", "nothing_assigned", ()),
    ]
    with translation.override("vi"):
        (refused, _setting) = (of_engine(problem) for problem in check_specification(specification_of(page)))
        assert str(refused.sentence) == (
            "Nghị định 335/2025 quy định điểm của từng tiêu chí, các tiêu chí khác không được tính thay: hãy để tiêu "
            "chí III.2 luôn được chấm."
        )


@pytest.mark.parametrize("word", ["n/a", "N/A", "Không phát sinh", "không phát sinh"])
@pytest.mark.parametrize("kind", sorted(MAY_NOT_APPLY))
def test_a_card_by_hand_says_it_in_words(kind: str, word: str) -> None:
    trial = try_card(compile_set(specification_of(page_of(two(kind)))), TrialCard({"k": word, "x": "7"}))

    assert (trial.mistakes, trial.waiting) == ((), ())
    assert trial.result == (Decimal(14), "dat")


def test_a_criterion_that_always_arises_takes_no_word() -> None:
    compiled = compile_set(specification_of(page_of(two("checklist"))))

    number = try_card(compiled, TrialCard({"k": "n/a", "x": "không phát sinh"}))
    assert [(mistake.place, mistake.sentence) for mistake in number.mistakes] == [
        (("values", "x"), "“không phát sinh” is no number: write one such as 4,5.")
    ]
    item = try_card(compiled, TrialCard({"k: 1": "n/a", "x": "7"}))
    assert [mistake.sentence for mistake in item.mistakes] == ["“n/a” is no number: write one such as 4,5."]


def test_where_nothing_arises_the_trial_says_so() -> None:
    compiled = compile_set(specification_of(page_of(one_kind("number", may_not_apply=True))))

    trial = try_card(compiled, TrialCard({"k": "n/a"}))

    assert (trial.result, trial.unfinished) == (
        None, "There is no result: nothing in the set applies to this card.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "choices", "hint"),
    [
        ("number", [], "Write n/a where it did not arise."),
        ("choice", [("10", "10 · Tốt"), ("4", "4 · Chưa tốt"), ("n/a", "Did not arise")], ""),
        ("checklist", [("n/a", "Did not arise")], ""),
    ],
)
def test_the_form_of_a_trial_offers_it(kind: str, choices: list[tuple[str, str]], hint: str) -> None:
    specification = specification_of(page_of(two(kind)))
    compiled = compile_set(specification)
    key = compiled.criterion_by_code("k").key

    form = TrialForm.sent(compiled, specification, {f"v-{key}": "n/a"})

    (field,) = [
        field
        for criterion in form.parts[0]["sections"][0]["criteria"]
        for field in criterion["fields"]
        if field["name"] == f"v-{key}"
    ]
    assert (field["choices"], field["value"], field["hint"]) == (choices, "n/a", hint)
    assert try_card(compiled, form.card).outcome is not None
    others = [
        each["hint"]
        for criterion in form.parts[0]["sections"][0]["criteria"]
        for each in criterion["fields"]
        if each["name"] != f"v-{key}"
    ]
    assert set(others) == {""}


def test_the_handbook_says_it_at_the_criterion_and_among_the_rules(policy: User, signed_in: SignIn) -> None:
    made = version(specification_of(page_of(two("number") | {"nothing_assigned": "left_out"})), code="HAI")
    book = handbook.read(made)

    first, second = book.parts[0].sections[0].criteria
    assert first.may_not_apply == "May be left out, with grounds, where it did not arise in the period."
    assert second.may_not_apply == ""
    assert (
        "Where a criterion did not arise, the others of its section count for it by their maximums or weights; a "
        "section or part without any criterion left is counted by the others in the same way. A formula reads 0."
    ) in book.rules
    assert (
        "Nothing assigned in the period: the ratios are left out, and what is left counts for the whole."
    ) in book.rules
    page = signed_in(policy).get(f"/so-tay/HAI/{made.number}/").content.decode()
    assert page.count("Được ghi là không phát sinh trong kỳ, kèm căn cứ.") == 1


def test_two_versions_differ_in_it_by_name() -> None:
    before = specification_of(page_of(two("number")))
    after = specification_of(page_of(two("number") | {"nothing_assigned": "left_out"}))
    del after["sections"][0]["criteria"][0]["may_not_apply"]

    found = [(d.name, d.old, d.new) for change in differences(before, after) for d in change.details]

    assert ("May not arise", "Yes", "–") in found
    assert (
        "nothing assigned in the period", "No result: insufficient data, not rated",
        "The ratios are left out, and the other criteria count for them",
    ) in found  # fmt: skip


def test_why_this_number_is_told_in_vietnamese() -> None:
    values = two("number") | {
        "total_kind": "formula",
        "total_expression": "common * APPLIES([k]) + APPLIES(x)",
    }
    compiled = compile_set(specification_of(page_of(values)))
    keys = {criterion.code: criterion.key for criterion in compiled.criteria}

    with translation.override("vi"):
        steps = compiled.trace(CardInputs({keys["k"]: "n/a", keys["x"]: "7"}))
        rows = trace_rows(steps, part_names(compiled))

    assert rows[0] == {
        "name": "k. Tiêu chí k: không phát sinh, các tiêu chí còn lại được tính thay",
        "formula": "–", "value": None, "clause": "", "note": "",
    }  # fmt: skip
    total = next(row for row in rows if "APPLIES(k)" in row["formula"])
    assert "APPLIES(k) = 0; APPLIES(x) = 1" in total["note"]
