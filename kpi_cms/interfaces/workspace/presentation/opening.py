"""The plan of an opening as lists of names: who gets which version, and everybody who needs somebody's help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from criteria_pages.domain.vocabulary import FIELDS
from criteria_pages.models import CriteriaVersion
from criteria_pages.queries import in_force_for_people
from kpi_cms.evaluation import period_queries
from kpi_cms.evaluation.asked_queries import label_of
from kpi_cms.evaluation.domain.direct_heads import stage_of_direct_head
from kpi_cms.evaluation.domain.planning import Context, OpeningPlan, WithoutPost, plan_opening, unmet
from kpi_cms.evaluation.period_queries import in_name_order
from kpi_cms.foundation.core.workbooks import OutColumn, OutSheet, write_workbook
from snippets.enums import Block, PeriodKind, PeriodState, PostRole, StaffKind
from snippets.models import Period, Person

FIRST_NAMES = 10
NEAREST = 3


@dataclass
class Group:
    """People of the plan that something is the same for. `people` are keys, in the order of names."""

    key: str
    title: str
    explanation: str
    people: list[int]
    kind: str = "good"
    hints: Mapping[int, str] = field(default_factory=dict)
    first: list[dict[str, Any]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.people)

    @property
    def more(self) -> int:
        """How many stand behind those shown first."""
        return self.count - len(self.first)


def plan_of(period: Period) -> tuple[list[Group], OpeningPlan]:
    """What opening would do now: of an open period also whose card is missing."""
    chosen = period_queries.pinned_versions(period) or in_force_for_people(period.ends_on)
    plan = plan_opening(period, chosen)
    existing = period_queries.cards_that_exist(period) if period.state == PeriodState.OPEN else None
    return groups_of(plan, chosen, period_kind=period.kind, existing=existing), plan


def groups_of(
    plan: OpeningPlan,
    versions: Sequence[CriteriaVersion],
    *,
    period_kind: str,
    existing: set[tuple[int, str]] | None = None,
) -> list[Group]:
    """Every group of the plan, empty ones too: that nobody is left out must be readable.

    With `existing` cards (a period that is open) the group of those whose card is missing comes first.
    """
    groups = []
    if existing is not None:
        missing = [
            card.context.person_id
            for card in plan.cards
            if (card.context.person_id, card.frame) not in existing
        ]
        groups.append(
            Group(
                "missing",
                _("Without a card so far"),
                _("Registered since the period was opened. Open the missing cards to include them."),
                in_name_order(missing),
                "warning" if missing else "good",
            )
        )
    groups += [_of_version(plan, version, period_kind) for version in versions]
    groups += _to_solve(plan, versions, period_kind)
    return groups


def _of_version(plan: OpeningPlan, version: CriteriaVersion, period_kind: str) -> Group:
    people = in_name_order(card.context.person_id for card in plan.cards if card.version_id == version.pk)
    title = _("%(title)s, version %(number)s") % {"title": version.title, "number": version.number}
    explanation = _("They get a card with this version.") if people else _("It applies to nobody in scope.")
    if people and period_kind != PeriodKind.MONTH and _counts_tasks(version):
        explanation += " " + _(
            "It counts tasks that are assigned in this very period, not those of the months within it: without any "
            "there is no result."
        )
    return Group(f"version-{version.pk}", title, explanation, people)


def _counts_tasks(version: CriteriaVersion) -> bool:
    return any(criterion.is_from_tasks for criterion in version.compiled().criteria)


def _to_solve(plan: OpeningPlan, versions: Sequence[CriteriaVersion], period_kind: str) -> list[Group]:
    two = [person for person, _codes in plan.two_versions]
    reasons = _Reasons(versions, period_kind)
    listed = [
        Group(
            "no-appointment",
            _("No appointment on the last day of the period"),
            _(
                "They belong to a unit that takes part and get no card. Register their appointment, unless they have "
                "left."
            ),
            [someone.person_id for someone in plan.without_appointment],
            hints={someone.person_id: _why(someone) for someone in plan.without_appointment},
        ),
        Group(
            "seconded-away",
            _("Seconded to a unit that takes no part"),
            _(
                "They get no card: the receiving unit evaluates them. Let that unit take part, or end the secondment "
                "if it is over."
            ),
            [person for person, _unit in plan.seconded_away],
            hints={person: _("seconded to %(unit)s") % {"unit": unit} for person, unit in plan.seconded_away},
        ),
        Group(
            "no-version",
            _("No criteria version applies"),
            _(
                "They get no card. Issue a set that applies to them, or choose its version, or leave them out."
            ),
            plan.without_version,
            hints={person: reasons.of(plan.unmatched[person]) for person in plan.without_version},
        ),
        Group(
            "two-versions",
            _("Two versions of one frame apply"),
            _("They get no card of that frame. Leave one of the versions out, or narrow whom it applies to."),
            two,
            hints={
                person: _("%(versions)s apply at the same time") % {"versions": ", ".join(names)}
                for person, names in plan.two_versions
            },
        ),
        Group(
            "preceded",
            _("One set takes precedence over another"),
            _(
                "Several versions of one frame apply to them. They get a card with the one that says it takes "
                "precedence."
            ),
            [person for person, _first, _others in plan.preceded],
            hints={
                person: _(
                    "%(first)s before %(others)s: it names a position, job position or unit and takes precedence"
                )
                % {"first": first, "others": ", ".join(others)}
                for person, first, others in plan.preceded
            },
        ),
        Group(
            "nothing-in-common",
            _("Two sets that no task could satisfy"),
            _(
                "They get both cards, and one of them waits for ever: both sets need a value of every task and know "
                "none in common. Issue one of them with codes of the other, or leave one of the versions out."
            ),
            [person for person, _versions, _names in plan.nothing_in_common],
            hints={
                person: f"{', '.join(versions)}: {', '.join(str(label_of(name)) for name in names)}"
                for person, versions, names in plan.nothing_in_common
            },
        ),
        Group(
            "headed-besides",
            _("Heads of a further unit"),
            _(
                "They get a card for their main post, and d counts the people of that unit alone: nobody of the "
                "further unit counts for them."
            ),
            [person for person, _units in plan.headed_besides],
            hints={
                person: _("also heads %(units)s") % {"units": ", ".join(units)}
                for person, units in plan.headed_besides
            },
        ),
        Group(
            "no-evaluator",
            _("Nobody could be found to evaluate"),
            _("They get a card, but it cannot be submitted. Appoint a head, or decide on an evaluator."),
            plan.without_evaluator,
        ),
        *_without_direct_head(plan, versions),
        Group(
            "no-account",
            _("Without an account"),
            _("They get a card, but cannot sign in. Their unit's clerk creates the account."),
            plan.without_account,
        ),
    ]
    for group in listed:
        group.kind = "warning" if group.people and group.key != "preceded" else "good"
    if all(someone.left_on for someone in plan.without_appointment):
        listed[0].kind = "good"  # nothing is missing where somebody left the service
    return listed


def _without_direct_head(plan: OpeningPlan, versions: Sequence[CriteriaVersion]) -> list[Group]:
    """Where a set lets a direct head score; elsewhere a unit without a head is told by who evaluates."""
    if not any(stage_of_direct_head(version) for version in versions):
        return []
    return [
        Group(
            "no-direct-head",
            _("Nobody heads their constituent unit"),
            _(
                "Their criteria set lets the direct head score before the superior. They get a card without this "
                "stage. Appoint a head, or decide on an acting one: open cards follow."
            ),
            plan.without_direct_head,
        )
    ]


class _Reasons:
    """Why no version applies to somebody, in words: who they are, and what each of the nearest versions asks.

    Thousands of people share a few reasons: each is put into words once.
    """

    def __init__(self, versions: Sequence[CriteriaVersion], period_kind: str) -> None:
        self._asked = [
            (str(version), version.specification.get("applicability") or {}) for version in versions
        ]
        self._period_kind = period_kind
        self._known: dict[tuple[Any, ...], str] = {}

    def of(self, context: Context) -> str:
        same = (
            context.staff_kind,
            context.role,
            context.position_code,
            context.job_position_code,
            context.block,
            context.units,
        )
        if same not in self._known:
            self._known[same] = self._said(context)
        return self._known[same]

    def _said(self, context: Context) -> str:
        who = ", ".join(
            str(label)
            for label in (
                StaffKind(context.staff_kind).label,
                PostRole(context.role).label,
                Block(context.block).label if context.block else "",
                PeriodKind(self._period_kind).label,
            )
            if label
        )
        missed = [(name, unmet(asked, context, self._period_kind)) for name, asked in self._asked]
        missed.sort(key=lambda pair: (len(pair[1]), pair[0]))
        nearest = [
            f"{name} ({', '.join(str(FIELDS[field]) for field in fields)})"
            for name, fields in missed[:NEAREST]
        ]
        return _("no version is for %(who)s; the nearest and what differs: %(versions)s") % {
            "who": who,
            "versions": "; ".join(nearest),
        }


def _why(someone: WithoutPost) -> str:
    """What the registers know about somebody without an appointment."""
    known = (
        (_("left the service on %(day)s"), someone.left_on),
        (_("appointed until %(day)s"), someone.ended_on),
        (_("appointed from %(day)s"), someone.begins_on),
    )
    return "; ".join(text % {"day": f"{day:%d/%m/%Y}"} for text, day in known if day is not None)


def show_first(groups: Sequence[Group], people: Mapping[int, Person]) -> None:
    """Fill in the first names of each group."""
    for group in groups:
        group.first = [name_of(group, people[key]) for key in group.people[:FIRST_NAMES]]


def first_keys(groups: Sequence[Group]) -> list[int]:
    """Whose names are needed to show the groups."""
    return sorted({key for group in groups for key in group.people[:FIRST_NAMES]})


def name_of(group: Group, person: Person) -> dict[str, Any]:
    """One line of a list: name, staff code, unit, and why where that differs from person to person."""
    return {
        "name": person.full_name,
        "code": person.staff_code,
        "unit": person.unit.name,
        "hint": group.hints.get(person.pk, ""),
    }


def list_workbook(period: Period, group: Group, people: Sequence[Person]) -> bytes:
    """One list as a workbook: name, staff code, unit, note."""
    columns = [
        OutColumn(header=_("Name"), width=30),
        OutColumn(header=_("Staff code"), width=16),
        OutColumn(header=_("Unit"), width=40),
        OutColumn(header=_("Note"), width=80),
    ]
    rows = [list(name_of(group, person).values()) for person in people]
    headings = [group.title, str(period), group.explanation]
    return write_workbook([OutSheet(title=group.title, columns=columns, rows=rows, headings=headings)])
