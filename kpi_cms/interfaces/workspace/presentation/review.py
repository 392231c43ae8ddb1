"""The access review as rows: who holds what, and the matrix of the rules. Pages and workbooks show the same."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from kpi_cms.evaluation import matrix
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.matrix import Answer, Verdict
from kpi_cms.foundation.access.registers import register_rules
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.numbers import format_day, format_moment
from kpi_cms.foundation.core.workbooks import OutColumn, OutSheet, write_workbook
from snippets.enums import Capability
from snippets.models import Grant

HEADERS: tuple[tuple[str | Promise, float], ...] = (
    (gettext_lazy("Account"), 18),
    (gettext_lazy("Name"), 28),
    (gettext_lazy("Capability"), 30),
    (gettext_lazy("Given as"), 20),
    (gettext_lazy("Unit"), 36),
    (gettext_lazy("From"), 14),
    (gettext_lazy("To"), 14),
    (gettext_lazy("Source"), 20),
    (gettext_lazy("Given by"), 26),
    (gettext_lazy("Last sign-in"), 18),
)
COLOURS = {Answer.YES: "green", Answer.NOT_NOW: "yellow", Answer.REFUSED: "red", Answer.MISSING: "grey"}


# --- Who holds what ----------------------------------------------------------------------------------------
def grant_texts(grant: Grant, givers: Mapping[int, User]) -> list[str]:
    """One grant, in the order of the headers."""
    giver = givers.get(grant.given_by)
    return [
        grant.user.get_username(),
        str(grant.user),
        str(grant.get_capability_display()),
        str(grant.get_role_display()) if grant.role else "",
        f"{grant.unit.name} ({grant.unit.code})",
        format_day(grant.starts_on),
        format_day(grant.ends_on),
        str(grant.get_source_display()),
        str(giver) if giver is not None else "",
        format_moment(grant.user.last_login) if grant.user.last_login is not None else _("never"),
    ]


def review_page(grants: Iterable[Grant], givers: Mapping[int, User]) -> dict[str, Any]:
    """Context of the table: each account leads to everything that it can see."""
    rows = []
    for grant in grants:
        account, *others = grant_texts(grant, givers)
        url = reverse("workspace:account_sight", args=[account])
        rows.append({"cells": [{"text": account, "url": url}, *({"text": text} for text in others)]})
    return {"columns": [{"label": label} for label, _width in HEADERS], "rows": rows}


def review_workbook(grants: Iterable[Grant], givers: Mapping[int, User], moment: datetime) -> bytes:
    """The whole list as a workbook."""
    title = _("Access review")
    columns = [OutColumn(header=label, width=width) for label, width in HEADERS]
    rows = [grant_texts(grant, givers) for grant in grants]
    headings = [title, _("As it stood on %(moment)s") % {"moment": format_moment(moment)}]
    return write_workbook([OutSheet(title=title, columns=columns, rows=rows, headings=headings)])


# --- The rules ---------------------------------------------------------------------------------------------
def matrix_page() -> dict[str, Any]:
    """Every act with everybody's answer."""
    return {
        "readers": matrix.readers(),
        "legend": [reader for reader in matrix.readers() if str(reader.short) != str(reader.label)],
        "groups": [
            {
                "subject": group.subject,
                "rows": [
                    {
                        "label": capfirst(str(row.rule.label)),
                        "law": row.rule.law,
                        "url": reverse("workspace:rule", args=[row.rule.act]),
                        "cells": [_cell(verdict) for verdict in row.verdicts],
                    }
                    for row in group.rows
                ],
            }
            for group in matrix.matrix(register_rules())
        ],
    }


def _cell(verdict: Verdict) -> dict[str, Any]:
    return {"answer": verdict.answer, "label": verdict.answer.label, "colour": COLOURS[verdict.answer]}


def rule_named(act: str) -> Rule | None:
    """The row of one act."""
    return next((rule for rule in matrix.every_rule(register_rules()) if rule.act == act), None)


def rule_page(rule: Rule) -> dict[str, Any]:
    """One act: who may in which state, with the sentence that everybody else reads."""
    columns = [
        {"label": pgettext("access matrix", "Who")},
        *({"label": state.label} for state in matrix.states_of(rule)),
    ]
    rows = [
        {"cells": [{"text": capfirst(str(reader.label))}, *_answers(verdicts)]}
        for reader, verdicts in matrix.verdicts(rule)
    ]
    return {"rule": rule, "facts": facts_of(rule), "columns": columns, "rows": rows}


def _answers(verdicts: Iterable[Verdict]) -> Iterator[dict[str, Any]]:
    """A sentence is written once, where it begins to be read; the states after it repeat the answer alone."""
    before = ""
    for verdict in verdicts:
        tag = {"label": verdict.answer.label, "state": verdict.answer, "colour": COLOURS[verdict.answer]}
        sentence = str(verdict.sentence)
        yield {"tag": tag, "hint": "" if sentence == before else sentence}
        before = sentence


def facts_of(rule: Rule) -> list[dict[str, Any]]:
    """What the row says beside the answers."""
    held = ", ".join(str(Capability(capability).label) for capability in rule.capabilities)
    facts: list[dict[str, Any]] = [
        {"key": _("What it is done to"), "value": matrix.SUBJECTS[rule.subject]},
        {"key": _("Clause of law"), "value": rule.law},
        {"key": _("Capabilities that allow it"), "value": held},
    ]
    if rule.capabilities:
        facts.append({"key": _("Where they are held"), "value": matrix.REACHES[rule.reach]})
    if rule.card_states is not None:
        states = ", ".join(str(CardState(state).label) for state in rule.card_states)
        facts.append({"key": _("While the card is"), "value": states})
    if rule.note:
        facts.append({"key": _("Note"), "value": rule.note})
    return facts


def rules_workbook(moment: datetime) -> bytes:
    """The matrix as one sheet, and every answer in every state with its sentence as another."""
    readers = matrix.readers()
    headings = [_("Who may what"), _("As it stood on %(moment)s") % {"moment": format_moment(moment)}]
    overview = [
        OutColumn(header=_("What it is done to"), width=22),
        OutColumn(header=_("Act"), width=46),
        OutColumn(header=_("Clause of law"), width=14),
        *(OutColumn(header=reader.label, width=18) for reader in readers),
    ]
    details = [
        OutColumn(header=_("Act"), width=46),
        OutColumn(header=pgettext("access matrix", "Who"), width=34),
        OutColumn(header=pgettext("access matrix", "State"), width=26),
        OutColumn(header=_("Answer"), width=18),
        OutColumn(header=_("What a refused person reads"), width=90),
    ]
    return write_workbook(
        [
            OutSheet(title=_("Overview"), columns=overview, rows=_overview_rows(), headings=headings),
            OutSheet(title=_("By state"), columns=details, rows=_detail_rows(), headings=headings),
        ]
    )


def _overview_rows() -> Iterator[list[str]]:
    for group in matrix.matrix(register_rules()):
        for row in group.rows:
            answers = [str(verdict.answer.label) for verdict in row.verdicts]
            yield [str(group.subject), capfirst(str(row.rule.label)), row.rule.law, *answers]


def _detail_rows() -> Iterator[list[str]]:
    for rule in matrix.every_rule(register_rules()):
        for reader, verdicts in matrix.verdicts(rule):
            for state, verdict in zip(matrix.states_of(rule), verdicts, strict=True):
                label = capfirst(str(rule.label))
                answer = [str(verdict.answer.label), str(verdict.sentence)]
                yield [label, capfirst(str(reader.label)), str(state.label), *answer]
