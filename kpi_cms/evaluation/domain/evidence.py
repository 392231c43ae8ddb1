"""Evidence: attach a file to a criterion of one's card or to a task of one's own, and withdraw it (Đ18.2, Đ24).

Only the person whose card or task it is, and only while it is theirs to change: what a judgement rests on stands still,
and whoever judges does not also make the evidence. A head who needs more returns the card; what they have to say
about a fault is its reason, which the person reads and can contest.

The door judges the file first (`core.files.intake`), because that takes seconds; here, under the locks, it is counted,
stored, and only then named by a row. The file of an act that was rolled back is removed, or swept after a day.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import EvidenceState, TaskState
from kpi_cms.evaluation.models import Evidence, EvidenceUsage, Scorecard, Task
from kpi_cms.evaluation.models.evidence import HELD
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, WrongState
from kpi_cms.foundation.core.files import keeping
from kpi_cms.foundation.core.files.intake import Taken

from . import locks
from .task_support import (
    lock_task,
    require_reason,
    require_time,
    require_undecided,
    require_with_person,
)

STORE = "evidence"
SHORT_DIGEST = 12


# --- Attaching -------------------------------------------------------------------------------------------------
@business_verb
def attach_evidence(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    criterion: str,
    file: Taken,
    title: str,
    number: str = "",
) -> Evidence:
    """Attach a judged file to a criterion (by its key) that people score. Malware is kept apart, and known to be there.

    Raises Invalid with a sentence at the form's field, WrongState.
    """
    card = _lock_card(card)
    rules.require_step(table.ATTACH_EVIDENCE, Scope.of(actor), card)
    compiled = card.version.compiled().criterion(criterion)
    if compiled is None:
        raise NotFound
    if not compiled.by_hand:
        raise WrongState(
            _("This criterion is computed from the tasks. Attach the evidence to the task it belongs to.")
        )
    frozen = FrozenCriterion.objects.get(version_id=card.version_id, key=criterion)
    evidence = Evidence(
        period_id=card.period_id,
        unit_id=card.unit_id,
        person_id=card.person_id,
        card=card,
        criterion=frozen,
    )
    return _attach(
        evidence, Evidence.objects.filter(card=card, criterion=frozen), actor, moment, file, title, number
    )


@business_verb
def attach_to_task(
    *, actor: User, moment: datetime, task: Task, file: Taken, title: str, number: str = ""
) -> Evidence:
    """Attach a judged file to a task that is not confirmed yet, a proposed one included.

    A reported task counts it as a change: whoever decides from an older page is told to look again.
    """
    task = _lock_task(actor, task)
    evidence = Evidence(period_id=task.period_id, unit_id=task.unit_id, person_id=task.person_id, task=task)
    return _attach(evidence, Evidence.objects.filter(task=task), actor, moment, file, title, number)


def _lock_card(card: Scorecard) -> Scorecard:
    """Share the period, lock the card, and read it again with what rules ask of it."""
    locks.share_period(card.period_id)
    locked: Scorecard | None = (
        Scorecard.objects.select_for_update(of=("self",)).with_context().filter(pk=card.pk).first()
    )
    if locked is None:
        raise NotFound
    return locked


def _lock_task(actor: User, task: Task) -> Task:
    """The task under its lock and the person's cards under theirs, while the person may change it."""
    task = lock_task(task)
    rule, scope = table.ATTACH_TO_TASK, Scope.of(actor)
    standing = queries.standing(scope, task.period_id, task.person_id)
    rules.may_with_tasks(
        rule,
        scope,
        task.person,
        task.unit,
        evaluates=standing.evaluates,
        stands_in_for=standing.stands_in_for,
    ).require()
    rules.require_open(task.period)
    require_time(rule, task)
    require_undecided(task.period_id, task.person_id)
    require_with_person(task)
    return task


def _attach(
    evidence: Evidence,
    beside: QuerySet[Evidence],
    actor: User,
    moment: datetime,
    file: Taken,
    title: str,
    number: str,
) -> Evidence:
    """Count, store, write. `beside`: what was attached to the same criterion or task, ever."""
    title, number = title.strip(), number.strip()
    if not title:
        raise Invalid(_("Say what the file shows."), problems={"title": [_("Say what the file shows.")]})
    _require_room(beside.filter(state__in=HELD), file)
    _take_space(evidence.unit_id, file.size)
    name = keeping.keep(STORE, file)
    try:
        # A savepoint, so that the file is removed before anything else hears of the failure.
        with transaction.atomic():
            return _write(evidence, actor, moment, file, name, title, number)
    except BaseException:
        keeping.forget(STORE, name)
        raise


def _require_room(held: QuerySet[Evidence], file: Taken) -> None:
    """At most so many files, none of them twice. Counted under the lock of the card or the task."""
    digests = list(held.values_list("sent_sha256", flat=True))
    if file.sent_sha256 in digests:
        raise _at_the_file(_("This file is attached here already."))
    if len(digests) >= settings.EVIDENCE_PER_TARGET:
        raise _at_the_file(
            _(
                "At most %(most)s files can be attached here. Withdraw one that is not needed, then attach this one."
            )
            % {"most": settings.EVIDENCE_PER_TARGET}
        )


def _take_space(unit_id: int, size: int) -> None:
    """The unit's row is the last lock taken: two people of one unit attach one after the other."""
    EvidenceUsage.objects.bulk_create([EvidenceUsage(unit_id=unit_id)], ignore_conflicts=True)
    usage = EvidenceUsage.objects.select_for_update().get(pk=unit_id)
    if usage.bytes + size > settings.EVIDENCE_UNIT_BYTES:
        raise _at_the_file(
            _(
                "The unit's space for evidence (%(most)s MB) is used up. Attach a smaller file, or tell your "
                "administrator."
            )
            % {"most": settings.EVIDENCE_UNIT_BYTES // 1024**2}
        )
    EvidenceUsage.objects.filter(pk=unit_id).update(bytes=F("bytes") + size)


def _at_the_file(sentence: str) -> Invalid:
    return Invalid(sentence, problems={"file": [sentence]})


def _write(
    evidence: Evidence, actor: User, moment: datetime, file: Taken, name: str, title: str, number: str
) -> Evidence:
    person = evidence.card.person if evidence.card is not None else evidence.task.person  # type: ignore[union-attr]  # one of both
    evidence.state = EvidenceState.QUARANTINED if file.kind is None else EvidenceState.KEPT
    evidence.kind = "" if file.kind is None else file.kind.name
    evidence.size, evidence.sha256, evidence.sent_sha256 = file.size, file.sha256, file.sent_sha256
    evidence.title, evidence.number, evidence.storage_name = title, number, name
    evidence.words_key = texts.keep(TextKind.COMMENT, words_of(title, number), person_code=person.staff_code)
    evidence.uploader, evidence.attached_at = actor, moment
    save_tracked(evidence)
    count_change(evidence)
    quarantined = evidence.state == EvidenceState.QUARANTINED
    enter_ledger(
        Act.EVIDENCE_QUARANTINED if quarantined else Act.EVIDENCE_ATTACHED,
        evidence,
        after=facts(evidence),
    )
    return evidence


def words_of(title: str, number: str) -> str:
    """Title and document number as one text of the side table."""
    return f"{title} ({number})" if number else title


# --- Withdrawing -----------------------------------------------------------------------------------------------
@business_verb
def withdraw_evidence(*, actor: User, moment: datetime, evidence: Evidence, reason: str = "") -> Evidence:
    """Take a file back while the card or the task is the person's to change; nobody can open it from then on.

    What somebody else may have seen is withdrawn with a reason. The file itself is erased later, by an act of its own.
    """
    if evidence.task is not None:
        task = _lock_task(actor, evidence.task)
        was_seen = task.state == TaskState.REPORTED
    else:
        assert evidence.card is not None  # the database keeps exactly one of the two
        card = _lock_card(evidence.card)
        rules.require_step(table.ATTACH_EVIDENCE, Scope.of(actor), card)
        was_seen = card.submitted_at is not None and evidence.attached_at <= card.submitted_at
    evidence = Evidence.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=evidence.pk)
    if evidence.state not in HELD:
        raise WrongState(_("This file was withdrawn already."))
    if was_seen:
        require_reason(reason)
    before = facts(evidence)
    evidence.state, evidence.withdrawn_at = EvidenceState.WITHDRAWN, moment
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=evidence.person.staff_code)
    save_tracked(evidence, reason_key=reason_key)
    count_change(evidence)
    enter_ledger(
        Act.EVIDENCE_WITHDRAWN, evidence, before=before, after=facts(evidence), reason_key=reason_key
    )
    return evidence


# --- What the verbs share --------------------------------------------------------------------------------------
RELATED = ("card", "criterion", "task", "unit", "person")


def count_change(evidence: Evidence) -> None:
    """Whoever decides on a report sees what it rests on now (security.md T15)."""
    if evidence.task is not None:
        reported = Task.objects.filter(pk=evidence.task.pk, state=TaskState.REPORTED)
        reported.update(version_number=F("version_number") + 1)


def facts(evidence: Evidence) -> dict[str, str]:
    """What the ledger says about a file: digests, kind and size, no text somebody wrote."""
    return {
        "evidence": str(evidence.key),
        "state": evidence.state,
        "criterion": evidence.criterion.code if evidence.criterion is not None else "",
        "kind": evidence.kind,
        "size": str(evidence.size),
        "sha256": evidence.sha256,
        "sent_sha256": evidence.sent_sha256,
    }


def enter_ledger(
    act: Act,
    evidence: Evidence,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any],
    reason_key: uuid.UUID | None = None,
) -> None:
    """An entry about the card or the task that the file belongs to."""
    digest = f"SHA-256 {evidence.sha256[:SHORT_DIGEST]}"
    subject = evidence.card if evidence.card is not None else evidence.task
    assert subject is not None  # the database keeps exactly one of the two
    where = (
        f"{subject.code} {evidence.criterion.code}" if evidence.criterion is not None else subject.code
    ).strip()
    ledger.record(
        act,
        subject=subject,
        label=f"{where}, {digest}" if where else digest,
        unit=evidence.unit,
        person=evidence.person,
        period_id=evidence.period_id,
        before=before,
        after=after,
        reason_key=reason_key,
    )
