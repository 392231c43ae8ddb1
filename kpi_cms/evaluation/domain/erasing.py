"""Erase texts about one person, for good, because a law requires it: the side table and every live copy at once.

The chain and history hold keys alone, so they verify as before (docs/audit.md). Where a text stands besides:

| Live copy | What becomes of it |
|---|---|
| comments, grounds, remarks on criteria, words of evidence and tasks (`COPIES`) | the column says that it was erased |
| what a returned self-assessment had said (`returned_copy`) | the same: it would come back with the card |
| reasons of returns, errors, delays, causes, reopenings | none: their records hold the key |
| a decision that waits for its endorsement | none: the reopening holds keys. Endorsed, it says that words were erased |
| whatever the form of a decided card says | stays unless it is asked for by its kind: Đ24.2 has the form kept |
| a person's present name | stays: the register and every kept form name them. Former names have no copy |

Đ24 names no day on which a form may go, so the software does not choose one: `Erasable.FILE` has to be asked for, and
the ground then says why the form is changed. Files of evidence go where they are asked for (`erasing_files`).
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, Model, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import DECIDED, Erasable, Relation
from kpi_cms.evaluation.models import (
    Assessment,
    CriterionFeedback,
    Delay,
    Evidence,
    Fault,
    ObjectiveCause,
    Reopening,
    Score,
    Scorecard,
    Task,
)
from kpi_cms.foundation.access.rules import SIGNED_IN, ask
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import pointing, texts
from kpi_cms.foundation.audit.many import update_few
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import asked_by, business_verb
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.rows import update_each
from snippets.models import Person

from . import locks, proposed_decision
from .erasing_files import ChosenFiles, behind_a_decided_card, chosen_files, remove_files
from .saving import COMMENT_FIELDS, comments_text
from .task_support import TYPED

# What is erased where nobody says which kinds: nothing that the law has kept, and no name.
USUAL = (Erasable.COMMENT, Erasable.REASON)
# Model → key of a text → the columns that show it too.
COPIES: Mapping[type[Model], Mapping[str, tuple[str, ...]]] = {
    Score: {"grounds_key": ("grounds",)},
    Assessment: {"comments_key": COMMENT_FIELDS},
    Evidence: {"words_key": ("title", "number")},
    CriterionFeedback: {"remark_key": ("remark",)},
    Task: {key: (column,) for column, key in TYPED.items()},
}


@dataclass(frozen=True)
class Erasure:
    """How many texts of each kind, how many records showed them, and how many the forms of decided cards keep; how many
    files of evidence, and how many of them stand behind decided cards and are kept."""

    texts: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    kept_on_forms: int = 0
    files: int = 0
    kept_files: int = 0

    @property
    def count(self) -> int:
        return sum(self.texts.values())


def count_texts(
    *, actor: User, person: Person, kinds: Collection[Erasable], before: datetime | None = None
) -> Erasure:
    """What `erase_texts` would erase now, for a trial run. Refused alike; nothing is written."""
    with asked_by(actor), beyond_the_wall("whoever erases texts reads none of them: they are counted"):
        _require(actor, person)
        return _counted(_chosen(person, kinds, before), chosen_files(person, kinds, before))


@business_verb
@beyond_the_wall("texts are erased by whoever does not read them")
def erase_texts(
    *,
    actor: User,
    moment: datetime,
    person: Person,
    kinds: Collection[Erasable],
    before: datetime | None = None,
    reason: str,
) -> Erasure:
    """Erase the texts about a person that are of these kinds and were written before a moment, and where they are asked
    for the files that the person attached before it; `reason` is the legal ground.

    Cards and tasks that showed one count a save: a form that still shows the words is refused instead of bringing them
    back. The ground names no staff code in the side table, so that no later erasure of the same person takes it.
    Raises Refused for everybody but the personnel office of the whole province, and for whoever evaluates the person;
    Invalid without a ground.
    """
    _require(actor, person)
    if not reason.strip():
        sentence = _("Give the legal ground. Nothing was erased.")
        raise Invalid(sentence, problems={"reason": [sentence]})
    _lock(person)
    chosen, files = _chosen(person, kinds, before), chosen_files(person, kinds, before)
    done = _counted(chosen, files)
    if not chosen.keys and not files.keys:
        return done
    reason_key = texts.keep_required(TextKind.REASON, reason.strip())
    remove_files(files, moment, reason_key)
    if not chosen.keys:
        return done
    _blank(person, chosen, reason_key)
    texts.erase(
        actor=actor,
        moment=moment,
        keys=chosen.keys,
        subject=person,
        unit=person.unit,
        person=person,
        reason_key=reason_key,
        after={
            "kinds": dict(done.texts),
            "records": dict(done.records),
            "before": before.isoformat() if before is not None else "",
        },
    )
    return done


# --- Who may ------------------------------------------------------------------------------------------------
def _require(actor: User, person: Person) -> None:
    """The person themselves and whoever judged them, now or before, would erase what speaks for or against them."""
    relations: set[str] = {SIGNED_IN}
    if person.user_id == actor.pk:
        relations.add(Relation.OWN)
    of_cards = Scorecard.objects.filter(person=person)
    if of_cards.filter(evaluator__user=actor).exists():
        relations.add(Relation.EVALUATOR)
    if of_cards.filter(endorser__user=actor).exists():
        relations.add(Relation.ENDORSER)
    if Assessment.objects.filter(Q(rater__user=actor) | Q(delegate__user=actor), person=person).exists():
        relations.add(Relation.DELEGATE)
    ask(table.ERASE_TEXTS, Scope.of(actor), relations, person.unit).require()


# --- Which texts --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Chosen:
    """Key → kind of what is to be erased, the words of it, and how many more the forms of decided cards keep."""

    keys: Mapping[uuid.UUID, Erasable]
    words: frozenset[str]
    kept_on_forms: int


def _chosen(person: Person, kinds: Collection[Erasable], before: datetime | None) -> _Chosen:
    found = texts.about(person.staff_code)
    on_forms = set(_on_forms(found))
    present = set(Person.objects.filter(name_key__in=found).values_list("name_key", flat=True))
    every = {
        key: Erasable.FILE if key in on_forms else Erasable(kind)
        for key, (kind, _text) in found.items()
        if key not in present
    }
    if before is not None:
        written = proposed_decision.written_at(person) | pointing.written_at(every)
        # A text that nothing points at was never said by anybody at a moment: it has no day to be older than.
        every = {key: kind for key, kind in every.items() if key in written and written[key] < before}
    chosen = {key: kind for key, kind in every.items() if kind in kinds}
    return _Chosen(
        chosen,
        frozenset(found[key][1] for key in chosen),
        sum(1 for key, kind in every.items() if kind == Erasable.FILE and key not in chosen),
    )


def _on_forms(keys: Collection[uuid.UUID]) -> Iterator[uuid.UUID]:
    """Those that Form 01 of a decided card says now, its list of tasks and documents included (Đ24.2b).

    By key and not by person: a task that was handed over took its words along.
    """
    decided = Scorecard.objects.filter(state__in=DECIDED)

    def of_task(prefix: str) -> Exists:
        return Exists(
            decided.filter(period_id=OuterRef(f"{prefix}period_id"), person_id=OuterRef(f"{prefix}person_id"))
        )

    of_card, standing = {"card__state__in": DECIDED}, {"withdrawn_at__isnull": True}
    said: list[tuple[Any, str]] = [
        (Score.objects.filter(assessment__card__state__in=DECIDED), "grounds_key"),
        (Assessment.objects.filter(**of_card), "comments_key"),
        (Reopening.objects.filter(**of_card), "reason_key"),
        (Evidence.objects.filter(behind_a_decided_card()), "words_key"),
        *((Task.objects.filter(of_task("")), key) for key in TYPED.values()),
        (Fault.objects.filter(of_task("task__"), **standing), "reason_key"),
        (Delay.objects.filter(of_task("task__"), **standing), "reason_key"),
        (ObjectiveCause.objects.filter(of_task("fault__task__"), revoked_at__isnull=True), "reason_key"),
        (ObjectiveCause.objects.filter(of_task("delay__task__"), revoked_at__isnull=True), "reason_key"),
    ]
    for rows, key in said:
        yield from rows.filter(**{f"{key}__in": keys}).values_list(key, flat=True)


def _counted(chosen: _Chosen, files: ChosenFiles) -> Erasure:
    kinds = Counter(chosen.keys.values())
    return Erasure(
        texts={str(kind): kinds[kind] for kind in Erasable if kinds[kind]},
        records={
            model._meta.label: count
            for model in COPIES
            if (count := model._default_manager.filter(_showing(model, chosen)).count())
        },
        kept_on_forms=chosen.kept_on_forms,
        files=len(files.keys),
        kept_files=files.kept,
    )


# --- Live copies --------------------------------------------------------------------------------------------
def _showing(model: type[Model], chosen: _Chosen) -> Q:
    """Rows of a model that show one of the texts, whoever they belong to."""
    wanted = Q(pk__in=())
    for key in COPIES[model]:
        wanted |= Q(**{f"{key}__in": list(chosen.keys)})
    return wanted


def _lock(person: Person) -> None:
    """Periods are shared, then cards and tasks locked, as every other act does it: nobody writes meanwhile."""
    cards = Scorecard.objects.filter(person=person)
    for period_id in sorted(set(cards.values_list("period_id", flat=True))):
        locks.share_period(period_id)
    list(cards.select_for_update(of=("self",)).order_by(*locks.LOCK_ORDER).values_list("pk", flat=True))
    tasks = Task.objects.filter(person=person).select_for_update(of=("self",))
    list(tasks.order_by("pk").values_list("pk", flat=True))


def _blank(person: Person, chosen: _Chosen, reason_key: uuid.UUID) -> None:
    """Say in every live copy that it was erased, each with a row of history; cards and tasks count a save."""
    cards: set[int] = set()
    for model, columns in COPIES.items():
        showing = _showing(model, chosen)
        if model is Assessment:
            showing |= Q(person=person, returned_copy__isnull=False)
        rows: list[Any] = list(
            model._default_manager.select_for_update(of=("self",)).filter(showing).order_by("pk")
        )
        changed = [row for row in rows if _erase_words(row, columns, chosen)]
        fields = [name for names in columns.values() for name in names]
        if model is Assessment:
            fields.append("returned_copy")
        if model is Task:
            fields.append("version_number")
            for row in changed:
                row.version_number += 1
        update_few(model, changed, fields, reason_key=reason_key)
        cards |= {_card_of(row) for row in changed} - {None}
    update_each(Scorecard.objects.filter(pk__in=cards), len(cards), version_number=F("version_number") + 1)


def _card_of(row: Any) -> Any:
    return row.assessment.card_id if isinstance(row, Score) else getattr(row, "card_id", None)


def _erase_words(row: Any, columns: Mapping[str, tuple[str, ...]], chosen: _Chosen) -> bool:
    """Whether anything of this row was erased. An empty column stays empty: it had said nothing."""
    changed = False
    for key, names in columns.items():
        if getattr(row, key) in chosen.keys:
            changed = True
            for name in names:
                if getattr(row, name):
                    setattr(row, name, texts.ERASED)
    if isinstance(row, Assessment) and row.returned_copy:
        copy = _without(row.returned_copy, chosen.words)
        changed, row.returned_copy = changed or copy != row.returned_copy, copy
    return changed


def _without(copy: Mapping[str, Any], words: Collection[str]) -> dict[str, Any]:
    """What a self-assessment had said when it was returned, without these words. It holds no keys, so it is compared by
    the words themselves; comments as they were put together, in whichever language."""
    comments = copy["comments"]
    together = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            together.add(comments_text(comments))
    if together & set(words):
        comments = {name: texts.ERASED if text else "" for name, text in comments.items()}
    return {
        "scores": {
            key: [value, choice, texts.ERASED if grounds in words else grounds]
            for key, (value, choice, grounds) in copy["scores"].items()
        },
        "comments": comments,
    }
