"""One place says who may: views, tasks, exports and imports ask the rule tables, and every verb has its row."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from criteria_pages import rule_table as criteria
from kpi_cms.evaluation import rule_table as evaluation
from kpi_cms.foundation.access.rules import SIGNED_IN, SYSTEM, Reach, Rule
from snippets import rule_table as registers
from snippets.enums import ROLE_CAPABILITIES, Capability

ROOT = Path(__file__).resolve().parents[2]
RULES = (*registers.TABLE, *criteria.TABLE, *evaluation.TABLE)
QUESTIONS = {"covers", "covers_any", "holds"}

# verb → why no row governs it.
WITHOUT_ROW = {
    "kpi_cms.evaluation.domain.opening._finish": "the end of the job that OPEN_PERIOD started, under the same actor",
    "kpi_cms.foundation.audit.texts.erase": "called by the verb of the room whose texts they are, which asks",
    "criteria_pages.demonstration.loader.load_sets": "the demonstration's loader, which publishes and is asked there",
}
# file → why it names capabilities although it is no table.
NAMES_CAPABILITIES = {
    "kpi_cms/evaluation/models/scorecard.py": "the group that the restricted queryset and the table share",
    "kpi_cms/evaluation/queries.py": "finds the cards of the evaluators that the reader stands in for",
    "kpi_cms/evaluation/rules.py": "says who stands in for an evaluator: whoever evaluates by delegation",
    "kpi_cms/evaluation/sight_queries.py": "finds the same evaluators among an account's delegations",
    "kpi_cms/interfaces/workspace/navigation.py": "offers delegating to whoever evaluates in their own right",
    "snippets/delegation_queries.py": "what a head may leave to others begins with evaluating",
    "snippets/domain/delegation.py": "reading or assigning alone is no head's, so evaluating is looked for",
    "kpi_cms/evaluation/matrix.py": "makes up a delegate, whom one capability makes one",
    "snippets/rules.py": "the groups whose holders read a register, which its viewset restricts by",
    "snippets/domain/projection.py": "writes today's capabilities: they are what it is about",
    "snippets/management/commands/check_grants.py": "names every capability in its report",
    "snippets/viewsets/grants.py": "offers every capability to whoever gives one",
    "snippets/viewsets/organisation.py": "narrows the choice of a parent to units that the reader keeps",
}
# row → why nothing outside the tables asks it by name.
NOT_ASKED = {
    "READ_HANDBOOK": "login_required asks: everybody with an account reads it",
    "CHANGE_OWN_PASSWORD": "the verb takes no other account than the actor's, and asks for the present password",
    "KEEP_UPLOAD": "an upload is looked for among the actor's own",
    "FORGET_UPLOADS": "scheduled: nobody is asked",
    "ERASE_EVIDENCE": "scheduled: nobody is asked",
    "TURN_THE_DAY": "scheduled: nobody is asked",
    "FOLLOW_REGISTERS": "follows an act that was asked for, or the night: nobody is asked",
}


def python_files():
    for folder in ("kpi_cms", "snippets", "criteria_pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def business_verbs():
    for name, tree in python_files():
        module = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(each, ast.Name) and each.id == "business_verb" for each in node.decorator_list
            ):
                yield f"{module}.{node.name}"


def questions(tree):
    """Lines on which a scope is asked about a capability."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in QUESTIONS
        ):
            yield node.lineno


def capabilities(tree):
    """Lines on which a capability is named."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "Capability"
        ):
            yield node.lineno


def test_only_the_rules_ask_a_scope_what_it_holds():
    asked = [
        f"{name}:{line}"
        for name, tree in python_files()
        if not name.startswith(
            ("kpi_cms/foundation/access/", "kpi_cms/foundation/engine/")
        )  # it knows no scope
        for line in questions(tree)
    ]
    assert asked == [], "Ask a rule of the table: rules.may, rules.may_in_unit, or access.rules.somewhere."


def test_capabilities_are_named_in_the_tables_alone():
    naming = {
        name
        for name, tree in python_files()
        if "rule_table" not in name and not name.endswith("enums.py") and "demonstration" not in name
        if any(True for _line in capabilities(tree))
    }
    assert naming == set(NAMES_CAPABILITIES), "Take the capabilities of a row: RULE.capabilities."
    assert all(len(reason) > 20 for reason in NAMES_CAPABILITIES.values())


def test_every_business_verb_has_its_row():
    governed = {verb for rule in RULES for verb in rule.verbs}
    assert sorted(set(business_verbs()) - governed - set(WITHOUT_ROW)) == []
    assert sorted((governed | set(WITHOUT_ROW)) - set(business_verbs())) == []
    assert governed & set(WITHOUT_ROW) == set()
    assert all(len(reason) > 20 for reason in WITHOUT_ROW.values())


def test_every_row_is_asked():
    """A row that nobody asks would be printed for the review, and mean nothing."""
    named = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for name, tree in python_files()
        if "rule_table" not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    rooms = (registers, criteria, evaluation)
    rows = {key for room in rooms for key, value in vars(room).items() if isinstance(value, Rule)}
    assert rows - named == set(NOT_ASKED)
    assert all(len(reason) > 20 for reason in NOT_ASKED.values())


def test_every_act_has_one_name_and_says_what_it_is():
    assert [act for act, count in Counter(rule.act for rule in RULES).items() if count > 1] == []
    for rule in RULES:
        assert rule.label, rule.act
        assert rule.relations or rule.capabilities, rule.act
        assert set(rule.capabilities) <= set(Capability.values), rule.act


def test_whoever_is_seen_and_refused_reads_a_sentence():
    for rule in RULES:
        if rule.seen_by or rule.seen_with:
            assert str(rule.refusal).endswith("."), rule.act
        for sentence in rule.forbidden.values():
            assert str(sentence).endswith("."), rule.act
        # A sentence that nobody could ever read would be a rule that is not asked.
        assert bool(rule.refusal) == bool(rule.seen_by or rule.seen_with), rule.act


def test_every_capability_that_a_role_gives_opens_something():
    opened = {capability for rule in RULES for capability in rule.capabilities}
    given = {capability for held in ROLE_CAPABILITIES.values() for capability in held}
    # The year's classification is not built yet: nothing asks for it.
    assert given - opened == {Capability.CLASSIFY}
    assert set(Capability) - given == set()


@pytest.mark.parametrize("room", [registers, criteria, evaluation])
def test_a_table_holds_every_rule_of_its_room(room):
    rules = {id(value): key for key, value in vars(room).items() if isinstance(value, Rule)}
    assert {rules[each] for each in set(rules) - {id(rule) for rule in room.TABLE}} == set()
    assert len(room.TABLE) == len(rules)


def test_only_the_system_and_oneself_need_nothing():
    """Acts without a capability: everybody's own card and tasks, the handbook, and scheduled work."""
    open_to = {rule.act: rule.relations for rule in RULES if not rule.capabilities}
    assert {act for act, relations in open_to.items() if relations == (SYSTEM,)} == {
        "create_root", "turn_the_day", "forget_uploads", "erase_evidence", "follow_registers",
    }  # fmt: skip
    assert {act for act, relations in open_to.items() if relations == (SIGNED_IN,)} == {"read_handbook"}
    assert {rule.act for rule in RULES if rule.reach is Reach.ANYWHERE} == {
        "write_criteria", "issue_criteria", "import_criteria", "see_impact", "enter_admin",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("scope.covers('x', unit)", 1),
        ("request.scope.holds('x')", 1),
        ("scope.covers_any(X, unit)", 1),
        ("self.covers", 0),
        ("scope.paths('x')", 0),
    ],
)
def test_the_search_finds_what_it_is_meant_to_find(source, found):
    assert len(list(questions(ast.parse(source)))) == found
