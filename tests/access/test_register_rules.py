"""The rules of the registers' addresses say what the registers' rule table says, for the roles of the institution.

Rules about cards, tasks, units and periods are read from the table (`act`). Those of the registers are written out,
because an address of a register serves several acts; here each is compared with the rows that it stands for.
"""

import pytest

from kpi_cms.foundation.access.rules import Rule
from snippets import rule_table as table
from snippets import rules as registers
from tests.access import rulebook

# Rule of an address → the rows whose acts its form makes; for each of them the rule must be right.
ACTS: dict[str, tuple[Rule, ...]] = {
    "keeps_units": (table.RENAME_UNIT, table.CHANGE_UNIT, table.MOVE_UNIT, table.CLOSE_UNIT),
    "keeps_people": (table.REGISTER_PERSON, table.CHANGE_PERSON, table.END_APPOINTMENT, table.LEAVE_SERVICE),
    "decides_on_others": (table.DECIDE_EVALUATOR, table.ASSIGN_FIELD),
    "ends_on_others": (table.DECIDE_EVALUATOR, table.ASSIGN_FIELD),
    "makes_accounts": (table.CREATE_ACCOUNT,),
    "keeps_shared": (table.KEEP_POSITIONS,),
    "keeps_calendar": (table.KEEP_CALENDAR,),
    "decides_catalogues": (table.APPROVE_CATALOGUE, table.RETURN_CATALOGUE),
    "changes_periods": (table.CHANGE_PERIOD,),
    "gives_grants": (table.GIVE_GRANT,),
}  # fmt: skip
# Rule of a form for something new → the act; asked before a unit is named, so of any unit at all.
ADDS: dict[str, Rule] = {
    "adds_units": table.CREATE_UNIT,
    "adds_people": table.REGISTER_PERSON,
    "adds_periods": table.CREATE_PERIOD,
    "imports_people": table.IMPORT_PEOPLE,
    "imports_catalogues": table.IMPORT_CATALOGUE,
    "enters_admin": table.ENTER_ADMIN,
    "reviews_grants": table.REVIEW_GRANTS,
}
# Rule of a register's records → the capabilities that read them; its list exists for whoever holds one anywhere.
READS: dict[str, tuple[str, tuple[str, ...]]] = {
    "reads_units": ("lists_units", registers.READS_UNITS),
    "reads_people": ("lists_people", registers.READS_PEOPLE),
    "reads_catalogues": ("lists_catalogues", registers.READS_CATALOGUE),
    "reads_periods": ("lists_periods", registers.READS_PERIODS),
    "reads_grants": ("lists_grants", registers.READS_GRANTS),
}


def on_the_unit(capabilities: tuple[str, ...]) -> set[tuple[str, str]]:
    return {place for place in rulebook.PLACES if rulebook._holds(*place, capabilities, rulebook.Reach.UNIT)}


def anywhere(capabilities: tuple[str, ...]) -> set[tuple[str, str]]:
    return {
        place for place in rulebook.PLACES if rulebook._holds(*place, capabilities, rulebook.Reach.ANYWHERE)
    }


@pytest.mark.parametrize(
    ("name", "row"), [(name, row) for name, rows in ACTS.items() for row in rows], ids=str
)
def test_whoever_may_by_the_table_may_at_its_address_and_nobody_else(name: str, row: Rule) -> None:
    """What is forbidden to oneself is left out; a grant is never given to oneself (`grants.give`)."""
    reached = (
        {place for place in rulebook.PLACES if rulebook._holds(*place, row.capabilities, row.reach)}
        if row.reach is rulebook.Reach.TOP
        else on_the_unit(row.capabilities)
    )
    not_oneself = table.ONESELF in row.forbidden or row is table.GIVE_GRANT
    if not_oneself:
        reached = {(role, relation) for role, relation in reached if relation != "own"}
    assert rulebook.rules()[name].allowed == reached


@pytest.mark.parametrize(("name", "row"), ADDS.items(), ids=str)
def test_a_form_for_something_new_exists_for_whoever_may_anywhere(name: str, row: Rule) -> None:
    assert rulebook.rules()[name].allowed == anywhere(row.capabilities)


@pytest.mark.parametrize("name", READS)
def test_a_register_is_read_with_the_capabilities_of_its_rows(name: str) -> None:
    lists, capabilities = READS[name]
    assert rulebook.rules()[name].allowed == on_the_unit(tuple(capabilities))
    assert rulebook.rules()[lists].allowed == anywhere(tuple(capabilities))


def test_no_rule_about_registers_stands_by_itself() -> None:
    """A new one is compared, or said here why not."""
    compared = {*ACTS, *ADDS, *READS, *(lists for lists, _capabilities in READS.values())}
    used = {
        rule
        for key, several in rulebook.entries().items()
        for entry in several
        for rule in (entry.get, entry.post)
        if key.startswith(("wagtailsnippets_", "wagtailsnippetchoosers_", "exchange:"))
    }
    assert (
        used - compared - {rulebook.NO_METHOD, "absent"}
        == {
            "lists_shared",  # positions are chosen by whoever keeps people anywhere, and kept at the top
            "lists_calendar",  # read by whoever keeps people or periods anywhere, and kept at the top
            "corrects_leaving",  # asked about a colleague who leaves, of whom one's own unit has one too
            "keeps_accounts",  # asked of every unit on which the account holds something
            "own_upload_of_people",  # an upload is its maker's, whatever the unit
            "own_upload_of_catalogue",
            "authors",  # a criteria set comes in and goes out as a workbook for its authors: asked of no unit's record
        }
    )
