"""The canonical bytes are fixed: by vectors that anybody can check another program with, and that never change."""

import json
import re
import subprocess
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from kpi_cms.foundation.audit.canonical import (
    GENESIS,
    Form,
    json_text,
    next_head,
    row_hash,
    text_key,
    unescape,
    value_text,
)

VECTORS = json.loads((Path(__file__).parent / "ledger_vectors.json").read_text())
FORMS = {form["number"]: Form.read(form["header"], form["number"]) for form in VECTORS["forms"]}


def python_value(kind, value):
    if isinstance(value, dict) and kind == "time":
        return datetime.fromisoformat(value["time"])
    if isinstance(value, dict) and kind == "date":
        return date.fromisoformat(value["date"])
    return Decimal(value) if value is not None and kind.startswith("decimal") else value


def test_the_digest_of_a_form_is_that_of_its_header():
    for form in VECTORS["forms"]:
        assert FORMS[form["number"]].header == form["header"]
        assert (
            FORMS[form["number"]].digest.hex()
            == sha256(form["header"].encode()).hexdigest()
            == form["digest"]
        )


@pytest.mark.parametrize("row", VECTORS["rows"], ids=lambda row: str(row["row"]))
def test_a_row_has_one_line_and_one_hash(row):
    form = FORMS[row["form"]]
    line = form.line(
        [python_value(kind, value) for (_name, kind), value in zip(form.columns, row["values"], strict=True)]
    )
    assert line.decode() == row["line"]
    assert row_hash(form, line).hex() == row["hash"]
    read = form.values(line)
    assert [read[name] is None for name, _kind in form.columns] == [value is None for value in row["values"]]
    assert read[form.columns[0][0]] == row["values"][0]


def test_the_head_of_each_link_follows_from_the_one_before():
    heads = {}
    for link in VECTORS["links"]:
        chain = link["line"].split("\t")[0]
        heads[chain] = next_head(heads.get(chain, GENESIS), link["line"].encode())
        assert heads[chain].hex() == link["head"]


def test_a_shell_computes_the_first_head_too():
    """docs/ledger.md tells this command."""
    link = VECTORS["links"][0]
    command = "{ head -c 32 /dev/zero; printf %s \"$LINE\"; } | sha256sum | cut -d' ' -f1"
    done = subprocess.run(
        ["sh", "-c", command],
        env={"LINE": link["line"], "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == link["head"]


@pytest.mark.parametrize("text", VECTORS["texts"], ids=lambda text: text["kind"])
def test_the_key_of_a_text_is_its_salted_hash(text):
    given = {name: text[name] for name in ("salt", "kind", "person_code", "text")}
    assert str(text_key(**given)) == text["key"]
    for name in given:
        assert str(text_key(**{**given, name: given[name] + "x"})) != text["key"]


def test_a_form_of_another_format_is_refused():
    with pytest.raises(ValueError, match="kpi-ledger-9"):
        Form.read("kpi-ledger-9\tx\tid:int")


def test_a_binary_fraction_has_no_canonical_text():
    with pytest.raises(TypeError, match="binary fractions"):
        json_text({"a": [1.5]})


def test_what_is_escaped_comes_back():
    text = "a\tb\nc\\d\re\x08f\x0cg\x0bh"
    assert unescape(value_text("text", text)) == text
    assert not re.search(r"[\t\n]", value_text("text", text))
