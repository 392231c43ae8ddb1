"""Every way to a card shows one set of cards: 50,000 pairs of account and card, on trees drawn at random.

The oracle walks up the tree from parent to parent (tests/access/random_province.py); the product compares paths.
"""

from random import Random

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import get_objects_for_user
from hypothesis import given, settings

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.models.scorecard import ScorecardQuerySet
from kpi_cms.foundation.access.scope import Scope, paths_q
from kpi_cms.foundation.access.viewsets import register_of
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.interfaces.reporting.forms import form01
from snippets.models import Period, Person, Unit
from snippets.models.grants import GrantQuerySet
from tests.access.probe import quiet
from tests.access.random_province import READING, Draft, Province, build, drafts
from tests.helpers import world as tables
from tests.helpers.month import undone
from tests.helpers.world import MOMENT

pytestmark = pytest.mark.django_db
ACCOUNTS, PEOPLE, PROVINCES = 6, 210, 40


@pytest.fixture
def version(db):
    return tables.version(tables.staff_spec(), "MT")


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: MOMENT)


def keys(rows) -> set[int]:
    return set(rows.values_list("pk", flat=True))


def opens(scope: Scope, card: Scorecard) -> bool:
    try:
        queries.card_for(scope, card.pk)
    except NotFound:
        return False
    return True


def by_guardian(made: Province, user) -> set[int]:
    """Cards of the units that guardian names, and below them: what is held, found without the scope."""
    names = [f"snippets.{capability}" for capability in READING]
    units = get_objects_for_user(user, names, Unit, any_perm=True, accept_global_perms=False)
    held = keys(units) if user.is_active else set()
    return {card.pk for card in made.cards if made.line(card.unit_id) & held}


def agree(draft: Draft, version: CriteriaVersion) -> int:
    """List, count, search, pages of a unit, paging, guardian, tasks, register and chooser of one province, as sets.

    Returns the number of pairs of account and card.
    """
    with undone():
        made = build(draft, version, accounts=ACCOUNTS, people=PEOPLE)
        # traps.md 19: a global permission opens nothing.
        made.users[0].user_permissions.set(Permission.objects.filter(content_type__app_label="snippets"))
        period = Period.objects.get()
        roots = [unit for unit in made.units if made.above[unit.pk] is None]
        for user in made.users:
            scope = Scope.of(user)
            wanted = made.cards_of(user) if user.is_active else set()
            visible = Scorecard.objects.visible_to(scope)
            assert keys(visible) == wanted
            assert visible.count() == len(wanted)
            assert {card.pk for card in made.cards if rules.see_card(scope, card)} == wanted
            assert keys(queries.find_by_name(visible, "tìm hồ")) == wanted
            assert {card.pk for card in queries.in_name_order(visible, size=PEOPLE).cards} == wanted
            of_roots = (keys(queries.cards_of_unit(scope, unit, period)) for unit in roots)
            assert set().union(*of_roots) == wanted
            concerned = {card.pk for card in made.cards if rules.relations_of(scope, card)}
            assert by_guardian(made, user) | concerned == wanted
            for card in Random(draft.seed + user.pk).sample(made.cards, 2):
                assert opens(scope, card) == (card.pk in wanted)
            _tasks_and_people(made, user, scope)
        return len(made.users) * len(made.cards)


def test_every_list_is_what_the_detail_allows(version):
    pairs: list[int] = []

    @settings(max_examples=PROVINCES)
    @given(draft=drafts)
    def holds(draft: Draft) -> None:
        pairs.append(agree(draft, version))

    holds()
    assert sum(pairs) >= 50_000


@pytest.mark.parametrize("forgotten", ["the endorser", "the length of a step", "what is over"])
def test_a_list_that_forgets_something_does_not_agree(version, monkeypatch, forgotten):
    """So that the agreement above is known to be looked for."""
    if forgotten == "the endorser":
        honest = ScorecardQuerySet.visible_to
        own = Q(evaluator__isnull=True, endorser__isnull=False)
        monkeypatch.setattr(
            ScorecardQuerySet, "visible_to", lambda self, scope: honest(self, scope).exclude(own)
        )
    elif forgotten == "the length of a step":
        monkeypatch.setattr(Scope, "q", lambda self, *names, path="unit__path": paths_q(
            [held[:-1] for held in self.paths(*names)], path))  # fmt: skip
    else:
        monkeypatch.setattr(GrantQuerySet, "on", lambda self, day: self.filter(ended_at__isnull=True))
    for seed in range(6):
        draft = Draft(
            parents=[0, 1, 1, 1, 1, 2, 2, 2], seed=seed, delegations=[],
            grants=[(user, user + seed, user + kind, kind) for user in range(5) for kind in range(6)],
        )  # fmt: skip
        try:
            agree(draft, version)
        except AssertionError:
            return
    pytest.fail("Six provinces agree with a list that is wrong.")


def _tasks_and_people(made: Province, user, scope: Scope) -> None:
    tasks = made.tasks_of(user) if user.is_active else set()
    assert keys(queries.tasks_visible_to(scope)) == tasks
    with_tasks = keys(queries.cards_with_tasks_visible_to(scope))
    assert {
        task.pk for task, card in zip(made.tasks, made.cards, strict=True) if card.pk in with_tasks
    } == tasks
    people = made.people_of(user) if user.is_active else set()
    register = register_of(Person)
    assert keys(register.rows(scope)) == people
    assert keys(register.choices(scope)) == people
    assert {person.pk for person in made.people if register.covers(scope, register.reads, person)} == people


# --- The same by real requests ------------------------------------------------------------------------------
def test_two_hundred_pairs_by_their_pages(version, monkeypatch):
    """List, card, history and printed form agree with the oracle and with one another; what is printed is no matter."""
    monkeypatch.setattr(form01, "compile_pdf", lambda *args, **kwargs: b"%PDF-")
    draft = Draft(
        parents=[0, 1, 1, 2, 3, 4, 5, 3, 0, 9], grants=[(n, n * 7, n, 0) for n in range(9)],
        delegations=[(0, 3, 4)], seed=335,
    )  # fmt: skip
    made = build(draft, version, accounts=11, people=20)
    answers: dict[str, list[bool]] = {"wanted": []}
    with quiet():
        for user in made.users[:10]:
            client = Client()
            client.force_login(user)
            wanted = made.cards_of(user)
            listed = _listed(client, made)
            for card in made.cards:
                pages = {
                    "card": client.get(reverse("workspace:card", args=[card.pk])),
                    "history": client.get(reverse("workspace:card_history", args=[card.pk])),
                    "print": client.post(reverse("reporting:form01", args=[card.pk])),
                }
                assert {page.status_code for page in pages.values()} <= {200, 404}
                answers["wanted"].append(card.pk in wanted)
                answers.setdefault("list", []).append(card.pk in listed)
                for name, page in pages.items():
                    answers.setdefault(name, []).append(page.status_code == 200)
    assert len(answers["wanted"]) == 200
    assert 40 <= sum(answers["wanted"]) <= 160  # so that both answers are asked for
    assert {name: found for name, found in answers.items() if found != answers["wanted"]} == {}


def _listed(client: Client, made: Province) -> set[int]:
    """The cards that the account's own lists lead to: of its units, its evaluations and its own."""
    addresses = [reverse("workspace:unit", args=[unit.code]) for unit in made.units]
    found: set[int] = set()
    for address in (*addresses, reverse("workspace:cards"), reverse("workspace:evaluations")):
        body = client.get(address).content.decode()
        found |= {card.pk for card in made.cards if f'href="{reverse("workspace:card", args=[card.pk])}"' in body
                  or f'href="{reverse("workspace:evaluate", args=[card.pk])}"' in body}  # fmt: skip
    return found
