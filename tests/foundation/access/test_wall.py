"""What stands behind the second wall, as SQL; and whether it stands. The wall itself is met in tests/evaluation."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.checks import Error, Info
from django.db import connection, connections
from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse

from kpi_cms.foundation.access import checks, wall, wall_install
from kpi_cms.foundation.access.wall import all_of, any_of, beyond_the_wall, held_on, shown_within
from kpi_cms.foundation.audit import append_only
from kpi_cms.foundation.core import told


class Cursor:
    """Keeps what it was told to execute, and answers in order."""

    def __init__(self, answers):
        self.answers, self.executed = answers, []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def execute(self, statement, parameters=None):
        self.executed.append(statement)

    def fetchone(self):
        return self.answers.pop(0)

    def fetchall(self):
        return self.answers.pop(0)


class Database:
    """As much of a database connection as the installer asks for."""

    def __init__(self, vendor="postgresql", tables=(), answers=()):
        self.vendor, self.tables = vendor, list(tables)
        self.made = Cursor(list(answers))
        self.introspection = self

    def cursor(self):
        return self.made

    def table_names(self, cursor=None):
        return self.tables


@pytest.fixture
def walled(monkeypatch):
    """A registry of its own, with one table in it."""
    monkeypatch.setattr(wall, "_walled", {})
    monkeypatch.setattr(wall, "_helpers", {})
    wall.define("kpi_mine", "bigint", "RETURN 1;")
    wall.protect(
        "paper", reads=held_on("unit_id", "view"), updates="writer = kpi_mine()", author="written_by"
    )


@pytest.fixture
def database(monkeypatch):
    """Stand in for a database: `database(...)` is what `connections["default"]` gives."""

    def use(**values):
        made = Database(**values)
        monkeypatch.setattr(wall_install, "connections", {"default": made})
        monkeypatch.setattr(checks, "connections", {"default": made})
        monkeypatch.setattr(wall_install.transaction, "atomic", lambda using: made.made)
        return made

    return use


# --- Conditions ---------------------------------------------------------------------------------------------
def test_conditions_read_like_the_rules_they_repeat():
    assert held_on("unit_id", "view", "audit") == "\"unit_id\" IN (SELECT kpi_units('{view,audit}'))"
    assert any_of("a", all_of("b", "c")) == "(a OR (b AND c))"


# --- Statements ---------------------------------------------------------------------------------------------
def statements(*tables, roles=()):
    return list(wall_install.statements("public", tables, set(roles)))


def test_a_row_is_shown_taken_and_changed_by_policies_of_its_own(walled):
    made = "\n".join(statements("paper"))
    reads = "((SELECT kpi_passes()) OR \"unit_id\" IN (SELECT kpi_units('{view}')))"
    writes = "((SELECT kpi_passes()) OR writer = kpi_mine())"
    assert 'ALTER TABLE "paper" ENABLE ROW LEVEL SECURITY' in made
    assert f'CREATE POLICY kpi_read ON "paper" FOR SELECT USING ({reads})' in made
    assert (
        f'CREATE POLICY kpi_insert ON "paper" FOR INSERT WITH CHECK ("written_by" = kpi_actor() AND {writes})'
    ) in made
    assert f'CREATE POLICY kpi_update ON "paper" FOR UPDATE USING ({reads}) WITH CHECK ({writes})' in made
    assert "FOR DELETE" not in made
    assert "FORCE" not in made, "the owner of the tables passes"


def test_every_helper_is_the_owners_function_with_a_fixed_search_path(walled):
    made = [statement for statement in statements("paper") if statement.startswith("CREATE OR REPLACE")]
    assert {statement.split()[4].partition("(")[0] for statement in made} == {
        "kpi_actor", "kpi_passes", "kpi_units", "kpi_delegated", "kpi_mine",
    }  # fmt: skip
    for statement in made[1:]:
        assert "STABLE SECURITY DEFINER SET search_path = public, pg_temp" in statement


def test_a_table_that_is_not_there_yet_gets_nothing(walled):
    assert not any("paper" in statement for statement in statements("other"))


def test_the_roles_get_what_they_need_and_no_more(walled, monkeypatch, settings):
    settings.DATABASE_ROLES = {"application": "app", "verifier": "verify"}
    kept = [append_only.Protected("book"), append_only.Protected("text", ("words",))]
    monkeypatch.setattr(append_only, "protected_tables", lambda: kept)
    tables = ("paper", "book", "text", "plain", "django_migrations")
    given = [made for made in statements(*tables, roles=("app", "verify")) if made.startswith("GRANT")]
    to_app = [made for made in given if made.endswith(" TO app")]
    assert 'GRANT UPDATE ON "paper" TO app' in to_app
    assert 'GRANT UPDATE, DELETE ON "plain" TO app' in to_app
    assert [made for made in to_app if '"book"' in made] == ['GRANT INSERT ON "book" TO app']
    assert [made for made in to_app if '"text"' in made] == [
        'GRANT INSERT ON "text" TO app',
        'GRANT UPDATE ("words") ON "text" TO app',
    ]
    assert not any("django_migrations" in made or "TRUNCATE" in made for made in given)
    assert [made for made in given if made.endswith(" TO verify")] == [
        "GRANT USAGE ON SCHEMA public TO verify",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO verify",
    ]


def test_the_verifier_reads_past_the_wall_and_only_reads(walled, settings):
    settings.DATABASE_ROLES = {"application": "app", "verifier": "verify"}
    made = statements("paper", roles=("verify",))
    assert 'CREATE POLICY kpi_verify ON "paper" FOR SELECT TO verify USING (true)' in made
    assert not any("TO app" in statement for statement in made)
    assert not any("TO verify" in statement for statement in statements("paper"))


def test_the_digest_changes_with_the_wall(walled):
    before = wall_install.digest()
    assert wall_install.digest() == before
    wall.protect("paper", reads="true")
    assert wall_install.digest() != before


# --- In place -----------------------------------------------------------------------------------------------
def test_installing_makes_everything_in_one_transaction(walled, database):
    made = database(tables=["paper"], answers=[("public",), [("kpi_app",)]])
    wall_install.install_after_migrate(sender=None, using="default")
    assert made.made.executed[2:-1] == statements("paper", roles=("kpi_app",))
    assert made.made.executed[-1] == f"COMMENT ON FUNCTION kpi_passes() IS '{wall_install.digest()}'"


def test_a_database_without_row_security_is_left_alone(walled, database):
    made = database(vendor="sqlite", tables=["paper"])
    wall_install.install()
    assert made.made.executed == []
    assert wall_install.missing() == []
    assert wall_install.is_of_this_release() is True
    assert wall_install.is_in_force() is False


POLICIES = [("paper", "kpi_read"), ("paper", "kpi_insert"), ("paper", "kpi_update")]


@pytest.mark.parametrize("gone", range(3))
def test_a_table_without_one_of_its_policies_stands_open(walled, database, gone):
    database(tables=["paper"], answers=[POLICIES])
    assert wall_install.missing() == []
    database(tables=["paper"], answers=[POLICIES[:gone] + POLICIES[gone + 1 :]])
    assert wall_install.missing() == ["paper"]
    database(tables=[], answers=[[]])
    assert wall_install.missing() == []


def test_while_migrating_nothing_is_called_missing(walled, database):
    database(tables=["paper"], answers=[[], (None,)])
    with append_only.being_repaired():
        assert wall_install.missing() == []
        assert wall_install.is_of_this_release()


@pytest.mark.parametrize(("said", "expected"), [(None, False), ("older", False), ("this", True)])
def test_a_wall_of_another_release_is_known_by_its_digest(walled, database, said, expected):
    database(answers=[(wall_install.digest() if said == "this" else said,)])
    assert wall_install.is_of_this_release() is expected


@pytest.mark.parametrize(("active", "expected"), [(True, True), (False, False), (None, False)])
def test_whether_it_stands_before_this_role_is_asked_of_the_database(walled, database, active, expected):
    database(answers=[(active,)])
    assert wall_install.is_in_force() is expected


# --- Checks -------------------------------------------------------------------------------------------------
def test_an_open_table_is_an_error(walled, database):
    database(tables=["paper"], answers=[[], (wall_install.digest(),)])
    assert [each.id for each in checks.the_second_wall_stands(databases=["default"])] == ["access.E002"]
    database(tables=["paper"], answers=[POLICIES, ("older",)])
    assert [each.id for each in checks.the_second_wall_stands(databases=["default"])] == ["access.E003"]
    database(tables=["paper"], answers=[POLICIES, (wall_install.digest(),)])
    assert checks.the_second_wall_stands(databases=["default"]) == []


def test_a_database_without_the_wall_says_so(walled, database):
    database(vendor="sqlite")
    found = checks.the_second_wall_stands(databases=["default"])
    assert [(type(each), each.id) for each in found] == [(Info, "access.I001")]


def test_without_databases_nothing_is_asked():
    assert checks.the_second_wall_stands() == []
    assert checks.the_application_is_behind_the_wall() == []


def test_a_role_that_sees_past_the_wall_is_warned_of(walled, database):
    database(answers=[(False,)])
    found = checks.the_application_is_behind_the_wall(databases=["default"])
    assert [each.id for each in found] == ["access.W001"]
    database(answers=[(True,)])
    assert checks.the_application_is_behind_the_wall(databases=["default"]) == []
    database(vendor="sqlite")
    assert checks.the_application_is_behind_the_wall(databases=["default"]) == []


@pytest.mark.django_db
def test_the_suites_own_database_carries_the_wall_of_this_release():
    found = checks.the_second_wall_stands(databases=["default"])
    assert not any(isinstance(each, Error) for each in found)
    assert bool(found) is (connections["default"].vendor != "postgresql")


# --- Beyond -------------------------------------------------------------------------------------------------
@pytest.fixture
def said(monkeypatch):
    """What PostgreSQL is told, whatever the database."""
    heard = []

    class Telling:
        def __init__(self, **values):
            self.values = values

        def __enter__(self):
            heard.append(self.values)

        def __exit__(self, *error):
            heard.append("before")

    monkeypatch.setattr(wall, "telling", Telling)
    return heard


def test_beyond_the_wall_is_said_with_its_reason_and_taken_back(said):
    with pytest.raises(ValueError, match="broken"), beyond_the_wall("d follows from results"):
        raise ValueError("broken")
    assert said == [{"beyond": "d follows from results"}, "before"]


def test_within_capabilities_only_their_units_come_into_sight(said):
    with beyond_the_wall("tasks without cards", within=("assign", "view")):
        assert said == [{"also": "assign,view"}]


def test_a_page_is_drawn_while_its_rows_are_in_sight(said, rf):
    drawn = []

    class Page(SimpleTemplateResponse):
        def render(self):
            drawn.append(list(said))
            self.content = b"drawn"
            return self

    @shown_within("tasks without cards", "assign")
    def view(request, answer):
        """A list."""
        return answer

    assert view.__doc__ == "A list."
    assert view(rf.get("/"), answer=Page("any.html")).content == b"drawn"
    assert drawn == [[{"also": "assign"}]]
    plain = HttpResponse("plain")
    assert view(rf.get("/"), answer=plain) is plain
    again = Page("any.html").render()
    assert view(rf.get("/"), answer=again) is again
    assert len(drawn) == 2, "what was drawn before is not drawn again"


def test_a_visitor_and_a_database_without_row_security_are_told_nothing(monkeypatch):
    assert not AnonymousUser().is_authenticated
    if connection.vendor != "postgresql":
        with told.telling(actor="1"):
            assert not told._told
