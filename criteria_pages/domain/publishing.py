"""“Ban hành”: check a working copy, freeze it as a numbered version, make the page live. One transaction.

`publish` is the only door. The button of the page editor, the end of an approval workflow and the demonstration
loader call it; Wagtail's own ways of making a page live are closed (`models.pages`, `models.permissions`).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb, database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.engine import canonical_json, check_authored, compile_set, digest
from kpi_cms.foundation.engine.compiled import ScoringPlan

from .. import rules
from ..enums import Evaluated, FactAnswer, Leadership
from ..models import CriteriaSetPage, CriteriaVersion, FrozenCriterion
from ..models.pages import issuing, units_unknown
from .authors import last_author
from .comparison import Change, differences
from .examples import failing, frozen_examples
from .kind_blocks import Node
from .problems import PageProblem, of_engine
from .readiness import not_yet, to_know
from .specification import citations_of, specification_of

__all__ = [
    "NO_TITLE",
    "IssueSummary",
    "NotReady",
    "check",
    "check_code",
    "check_sound",
    "finish_workflow",
    "publish",
    "said_by",
    "specification_of",
    "summary_of",
    "unissued",
]

FULL_SHARE = Decimal(100)
"""The maximum shown for a criterion whose value is a share: 100 per cent."""
YES = Decimal(1)


NO_TITLE = gettext_lazy("The set has no title: give it one.")


class NotReady(Invalid):
    """The set has problems; `found` lists them, each at its block or field. Nothing was written."""

    def __init__(self, found: list[PageProblem]) -> None:
        by_place: dict[str, list[str]] = {}
        for problem in found:
            by_place.setdefault(problem.key or problem.field, []).append(str(problem.sentence))
        super().__init__(
            _("The criteria set cannot be issued yet. Correct what is marked and try again."),
            problems=by_place,
        )
        self.found = found


@dataclass(frozen=True)
class IssueSummary:
    """What issuing the present draft would do. `number` and `sha256` are shown, and sent back to be confirmed."""

    draft: CriteriaSetPage
    problems: list[PageProblem]
    number: int
    sha256: str
    previous: CriteriaVersion | None
    changes: list[Change]
    unchanged: bool
    notes: list[str]


def check(page: CriteriaSetPage) -> list[PageProblem]:
    """Everything that keeps a working copy from being issued, page-level problems first."""
    specification = specification_of(page)
    found = check_authored(specification)
    problems = _check_page(page)
    problems.extend(of_engine(problem, page) for problem in found)
    problems.extend(not_yet(page))
    if page.examples and not found:  # an unsound set computes nothing
        problems.extend(failing(page, compile_set(specification)))
    return problems


def check_sound(page: CriteriaSetPage) -> list[PageProblem]:
    """What keeps a working copy from computing anything at all, whatever else it lacks."""
    return [of_engine(problem, page) for problem in check_authored(specification_of(page))]


def latest_draft(page: Page) -> CriteriaSetPage:
    """The page as its last saved revision has it, whatever the caller's copy still says."""
    draft: CriteriaSetPage = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    return draft


def last_version(set_code: str) -> CriteriaVersion | None:
    """The version of a set with the highest number."""
    return CriteriaVersion.objects.filter(set_code=set_code).order_by("-number").first()


def summary_of(page: CriteriaSetPage) -> IssueSummary:
    """What the confirmation page shows. Reads only."""
    draft = latest_draft(page)
    specification = specification_of(draft)
    previous = last_version(draft.code) if draft.code else None
    changes = differences(previous.specification, _frozen(specification)) if previous is not None else []
    return IssueSummary(
        draft=draft,
        problems=check(draft),
        number=1 if previous is None else previous.number + 1,
        sha256=digest(specification),
        previous=previous,
        changes=changes,
        unchanged=previous is not None and _nothing_changed(draft, digest(specification), previous),
        notes=list(to_know(draft)),
    )


def unissued(draft: CriteriaSetPage) -> CriteriaVersion:
    """The version that issuing a draft would make, to be read: it is not stored, and examples that say no result are
    left out. Raises NotReady while nothing can be computed with the draft."""
    problems = check_sound(draft)
    if problems:
        raise NotReady(problems)
    specification = specification_of(draft)
    version = _version(draft, specification, digest(specification), last_version(draft.code))
    bands = {band["code"] for band in version.specification["bands"]}
    version.examples = [one for one in version.examples if one["total"] and one["band"] in bands]
    return version


@business_verb
def publish(
    *, actor: User, moment: datetime, page: Page, expected_sha256: str | None = None
) -> CriteriaVersion:
    """Issue the page's latest revision as the next version of its set.

    Locks the page, reads its latest revision again, checks it, freezes specification and criteria, makes the page
    live with that revision, and records the act. `expected_sha256` is the digest its issuer was shown: another
    draft saved in between is refused (Stale). Raises Refused, also for whoever made the last change, NotFound, NotReady
    with every problem, and WrongState when the draft is the last version again, dates of effect and legal basis
    included.
    """
    rules.issue(actor, Scope.of(actor)).require()
    locked = CriteriaSetPage.objects.select_for_update().filter(pk=page.pk).first()
    if locked is None:
        raise NotFound
    author = last_author(locked)
    rules.issue(actor, Scope.of(actor), author=author).require()
    revision = locked.get_latest_revision() or locked.save_revision(user=actor)
    draft: CriteriaSetPage = revision.as_object()
    specification = specification_of(draft)
    sha256 = digest(specification)
    if expected_sha256 is not None and expected_sha256 != sha256:
        raise Stale(
            _(
                "Somebody saved this criteria set after you looked at it. Look at it again before you issue it."
            ),
            mine={_("Digest"): expected_sha256},
            theirs={_("Digest"): sha256},
        )
    problems = check(draft)
    if problems:
        raise NotReady(problems)
    previous = last_version(draft.code)
    if previous is not None and _nothing_changed(draft, sha256, previous):
        raise WrongState(
            _("Nothing changed since version %(number)s of %(code)s: there is nothing to issue.")
            % {"number": previous.number, "code": draft.code}
        )
    version = _freeze(draft, specification, sha256, previous, actor=actor, author=author, moment=moment)
    with issuing():
        PublishPageRevisionAction(revision, user=actor, changed=False).execute(skip_permission_checks=True)
    ledger.record(
        Act.VERSION_PUBLISHED,
        subject=version,
        label=str(version),
        before=None if previous is None else {"version": str(previous), "sha256": previous.sha256},
        after={
            "version": str(version),
            "sha256": sha256,
            "page": locked.pk,
            "effective_on": version.effective_on.isoformat(),
            "effective_until": version.effective_until.isoformat() if version.effective_until else None,
        },
    )
    return version


def finish_workflow(workflow_state: Any, user: User | None = None) -> None:
    """The end of an approval workflow issues the set, as its last approver. Other objects have no such end."""
    page = workflow_state.content_object
    if not (isinstance(page, Page) and issubclass(page.specific_class or Page, CriteriaSetPage)):
        raise WrongState(_("Only criteria sets are issued at the end of an approval."))
    if user is None:
        raise Refused(_("A criteria set is issued by a person. Sign in and approve it again."))
    publish(actor=user, moment=database_now(), page=page)


def _frozen(specification: Node) -> Node:
    """The specification exactly as it is stored and hashed."""
    frozen: Node = json.loads(canonical_json(specification))
    return frozen


def _freeze(
    draft: CriteriaSetPage,
    specification: Node,
    sha256: str,
    previous: CriteriaVersion | None,
    *,
    actor: User,
    author: int | None,
    moment: datetime,
) -> CriteriaVersion:
    assert draft.effective_on is not None  # `check` refuses a set without it
    version = _version(draft, specification, sha256, previous)
    version.published_at, version.published_by, version.authored_by = moment, actor.pk, author
    version.save()
    FrozenCriterion.objects.bulk_create(frozen_criteria(version))
    return version


def _version(
    draft: CriteriaSetPage, specification: Node, sha256: str, previous: CriteriaVersion | None
) -> CriteriaVersion:
    return CriteriaVersion(
        set_code=draft.code,
        number=1 if previous is None else previous.number + 1,
        page_id=draft.pk,
        title=draft.title,
        frame=draft.frame,
        is_demonstration=draft.is_demonstration,
        citations=citations_of(draft),
        effective_on=draft.effective_on,  # type: ignore[misc]  # a draft that is only read may lack it
        effective_until=draft.effective_until,
        specification=_frozen(specification),
        sha256=sha256,
        **said_by(compile_set(specification)),
        examples=frozen_examples(draft),
    )


def said_by(plan: ScoringPlan) -> dict[str, bool]:
    """The fields of a version by which cards are found without reading every specification."""
    return {
        "counts_tasks": bool(plan.scopes),
        "counts_unit": plan.counts_unit,
        "hides_stages": plan.hides_stages,
        "asks_of_tasks": bool(plan.asks),
    }


def frozen_criteria(version: CriteriaVersion) -> list[FrozenCriterion]:
    """The rows that scores will refer to, in the set's order, the facts behind the criteria.

    Shares without points of their own have 100 (%).
    """
    compiled = compile_set(version.specification)
    sections = {section.key: section.code for section in compiled.sections}
    rows = [
        FrozenCriterion(
            version=version,
            key=criterion.key,
            code=criterion.code,
            label=criterion.label,
            section_code=sections[criterion.section],
            order=order,
            entered=criterion.by_hand,
            maximum=FULL_SHARE if criterion.max is None else criterion.max,
        )
        for order, criterion in enumerate(compiled.criteria, start=1)
    ]
    facts = enumerate(compiled.specification.facts, start=len(rows) + 1)
    return rows + [
        FrozenCriterion(
            version=version,
            key=fact.key,
            code=fact.code,
            label=fact.label,
            section_code="",
            order=order,
            entered=False,
            maximum=YES if fact.answer == FactAnswer.YES_NO else FULL_SHARE,
            is_fact=True,
        )
        for order, fact in facts
    ]


def _nothing_changed(draft: CriteriaSetPage, sha256: str, previous: CriteriaVersion) -> bool:
    return (
        sha256 == previous.sha256
        and draft.effect == (previous.effective_on, previous.effective_until)
        and citations_of(draft) == previous.citations
    )


def _check_page(page: CriteriaSetPage) -> list[PageProblem]:
    problems = check_code(page)
    if not page.title.strip():
        problems.append(PageProblem("title", NO_TITLE, field="title"))
    if page.effective_on is None:
        problems.append(
            PageProblem("effective_on", _("Say from which day the set is in effect."), field="effective_on")
        )
    elif page.effective_until is not None and page.effective_until < page.effective_on:
        sentence = _(
            "The last day in effect, %(until)s, lies before the first, %(on)s: correct one of them."
        ) % {
            "until": date_format(page.effective_until, "d/m/Y"),
            "on": date_format(page.effective_on, "d/m/Y"),
        }
        problems.append(PageProblem("effective_until", sentence, field="effective_until"))
    problems += _check_audience(page)
    if not page.period_kinds:
        problems.append(
            PageProblem(
                "period_kinds", _("Choose at least one kind of period the set is for."), field="period_kinds"
            )
        )
    unknown = units_unknown(page.units)
    if unknown:
        problems.append(PageProblem("units", unknown, field="units"))
    if page.takes_precedence and not (page.positions or page.job_positions or page.units):
        sentence = _(
            "This set takes precedence over sets that name no position, job position or unit, and names none itself: "
            "name one, or untick this."
        )
        problems.append(PageProblem("precedence", sentence, field="takes_precedence"))
    return problems + _check_legal_basis(page)


def _check_audience(page: CriteriaSetPage) -> list[PageProblem]:
    """People by their kind; organisations by nothing that is said of people."""
    if page.evaluates != Evaluated.ORGANISATIONS:
        if page.staff_kinds:
            return []
        sentence = _("Choose at least one kind of staff the set is for.")
        return [PageProblem("staff_kinds", sentence, field="staff_kinds")]
    said = {
        "staff_kinds": page.staff_kinds,
        "leadership": page.leadership != Leadership.ANY,
        "positions": page.positions,
        "job_positions": page.job_positions,
    }
    sentence = _(
        "This set evaluates organisations, which are of no kind of staff and hold no post: take it out."
    )
    return [PageProblem("organisations", sentence, field=name) for name, value in said.items() if value]


def _check_legal_basis(page: CriteriaSetPage) -> list[PageProblem]:
    if not page.legal_basis:
        sentence = _("The set rests on no document: add the decision or decree it comes from.")
        return [PageProblem("legal_basis", sentence, field="legal_basis")]
    return [
        PageProblem("document", _("Give the document its number and its title."), key=child.id)
        for child in page.legal_basis
        if not (child.value["number"] and child.value["title"])
    ]


def check_code(page: CriteriaSetPage) -> list[PageProblem]:
    """What is wrong with the code of a page, saved or not: none, another set's, or another than was issued."""
    if not page.code:
        return [PageProblem("code", _("The set has no code: give it one."), field="code")]
    problems = []
    others = CriteriaSetPage.objects.exclude(pk=page.pk)
    issued_by = CriteriaVersion.objects.filter(set_code=page.code).exclude(page_id=page.pk)
    if others.filter(code=page.code).exists() or others.filter(pk__in=issued_by.values("page_id")).exists():
        sentence = _("Another criteria set has the code %(code)s: choose another one.") % {"code": page.code}
        problems.append(PageProblem("code_taken", sentence, field="code"))
    earlier = (
        CriteriaVersion.objects.filter(page_id=page.pk)
        .exclude(set_code=page.code)
        .order_by("-number")
        .first()
    )
    if page.pk is not None and earlier is not None:
        sentence = _("Versions of this set were issued as %(code)s: restore that code.") % {
            "code": earlier.set_code
        }
        problems.append(PageProblem("code_changed", sentence, field="code"))
    return problems
