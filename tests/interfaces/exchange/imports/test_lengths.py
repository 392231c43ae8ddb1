"""What a sheet may bring fits into the column that holds it, on every database: no longer, and no shorter."""

from decimal import Decimal

import pytest
from django.db import models

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.interfaces.exchange.imports import catalogue_columns, people
from kpi_cms.interfaces.exchange.imports.columns import BadValue, CodeColumn, TextColumn
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE
from snippets.domain.people import plan
from snippets.models import JobPosition, Person, Position, Product, Unit

PEOPLE_FIELDS = {
    "staff_code": (Person, "staff_code"),
    "full_name": (Person, "full_name"),
    "email": (Person, "email"),
    "phone": (Person, "phone"),
    "unit_code": (Unit, "code"),
    "position_code": (Position, "code"),
    "position_title": (Position, "title"),
    "job_position": (JobPosition, "title"),
}
CATALOGUE_FIELDS = {
    "code": (Product, "code"),
    "department": (Product, "department"),
    "duty": (Product, "duty"),
    "work": (Product, "work"),
    "output": (Product, "output"),
    "note": (Product, "note"),
}


@pytest.mark.parametrize(
    ("columns", "fields"),
    [(people.COLUMNS, PEOPLE_FIELDS), (catalogue_columns.COLUMNS, CATALOGUE_FIELDS)],
    ids=["people", "catalogue"],
)
def test_every_text_column_is_as_long_as_the_field_it_fills(columns, fields):
    """A longer one is an error of the database on PostgreSQL and a longer row than any page expects on SQLite."""
    texts = {
        column.key: column.max_length for column in columns if isinstance(column, TextColumn | CodeColumn)
    }
    held = {key: model._meta.get_field(name) for key, (model, name) in fields.items()}
    assert texts.keys() == held.keys()
    unlimited = {key for key, field in held.items() if isinstance(field, models.TextField)}
    assert unlimited in (set(), {"duty", "work", "output", "note"})
    assert {key: texts[key] for key in held.keys() - unlimited} == {
        key: held[key].max_length for key in held.keys() - unlimited
    }


def test_what_follows_from_a_staff_code_and_a_name_holds_them_too():
    code, name = (Person._meta.get_field(field).max_length for field in ("staff_code", "full_name"))
    assert User._meta.get_field("username").max_length >= code
    assert User._meta.get_field("display_name").max_length >= name
    assert User._meta.get_field("email").max_length >= Person._meta.get_field("email").max_length
    assert LedgerEntry._meta.get_field("person_code").max_length >= code
    assert ErasableText._meta.get_field("person_code").max_length >= code


def test_as_many_people_are_planned_as_are_read():
    assert plan.LARGEST == PEOPLE.rows == 100_000


def code_of(**cell) -> str:
    column = next(column for column in people.COLUMNS if column.key == "staff_code")
    return column.read(Cell("S", 2, "A", **cell))


def test_a_code_of_the_full_length_is_read_and_one_more_character_is_not():
    assert code_of(kind=Kind.TEXT, value="A" * 40) == "A" * 40
    for cell in (
        {"kind": Kind.TEXT, "value": "A" * 41},
        {"kind": Kind.TEXT, "value": "A" * 39 + "ß"},  # ß is two letters in capitals
        {"kind": Kind.NUMBER, "value": Decimal(7), "shown": "7".rjust(41, "0")},
    ):
        with pytest.raises(BadValue, match="at most 40 characters") as refused:
            code_of(**cell)
        assert refused.value.code == "code"
