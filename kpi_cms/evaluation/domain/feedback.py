"""Say something about the criteria one was scored with, or scored others with; changeable until the period closes."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import Opinion
from kpi_cms.evaluation.models import CriterionFeedback, Scorecard
from kpi_cms.evaluation.models.feedback import LONGEST_REMARK, QUESTIONS, Said
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.many import create_many, update_few
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound
from snippets.models import Person

from . import locks


@business_verb
def give_feedback(*, actor: User, moment: datetime, card: Scorecard, said: Mapping[str, Said]) -> int:
    """Keep what the actor says about criteria of the card's version, by their keys; returns how many were changed.

    One answer for each person, criterion and period, whichever card it is given from. Nothing is deleted: an answer
    that is taken back is empty. Raises Invalid with a sentence at `KEY-remark`, NotFound, Refused, WrongState.
    """
    locks.share_period(card.period_id)
    found = Scorecard.objects.with_context().filter(pk=card.pk).first()
    if found is None:
        raise NotFound
    rules.require_step(table.GIVE_FEEDBACK, Scope.of(actor), found)
    _check(said)
    # Two windows of one person write one after the other.
    person = Person.objects.select_for_update(of=("self",)).select_related("unit").get(user=actor)
    criteria = {row.key: row for row in FrozenCriterion.objects.filter(version_id=found.version_id).scored()}
    if not said.keys() <= criteria.keys():
        raise NotFound
    known = {
        row.criterion_id: row
        for row in CriterionFeedback.objects.filter(
            period_id=found.period_id, criterion__version_id=found.version_id, person=person
        )
    }
    new: list[CriterionFeedback] = []
    changed: list[CriterionFeedback] = []
    for key, each in said.items():
        row = known.get(criteria[key].pk)
        if row is None:
            row = CriterionFeedback(
                period_id=found.period_id,
                criterion=criteria[key],
                person=person,
                unit=person.unit,
                block=person.unit.block,
                staff_kind=person.kind,
            )
        if _write(row, each, person, moment):
            (changed if row.pk else new).append(row)
    create_many(CriterionFeedback, new)
    update_few(CriterionFeedback, changed, [*QUESTIONS, "remark", "remark_key", "said_at"])
    if new or changed:
        ledger.record(
            Act.FEEDBACK_GIVEN,
            subject=found.period,
            label=str(found.period),
            unit=person.unit,
            person=person,
            after={"version": str(found.version), "criteria": len(new) + len(changed)},
        )
    return len(new) + len(changed)


def _write(row: CriterionFeedback, said: Said, person: Person, moment: datetime) -> bool:
    """Whether anything differs from what the row said."""
    if Said(row.clear, row.measurable, row.fits, row.remark) == said:
        return False
    row.clear, row.measurable, row.fits, row.said_at = said.clear, said.measurable, said.fits, moment
    if row.remark != said.remark:
        row.remark = said.remark
        row.remark_key = texts.keep(TextKind.COMMENT, said.remark, person_code=person.staff_code)
    return True


def _check(said: Mapping[str, Said]) -> None:
    problems: dict[str, list[str]] = {}
    for key, each in said.items():
        for question in QUESTIONS:
            if getattr(each, question) not in ("", *Opinion.values):
                problems[f"{key}-{question}"] = [_("Choose one of the answers.")]
        if len(each.remark) > LONGEST_REMARK:
            sentence = _("A remark has at most %(most)d characters: shorten it.") % {"most": LONGEST_REMARK}
            problems[f"{key}-remark"] = [sentence]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
