"""How the criteria of a version fitted in a closed period: spread, maximum, distance, unused grades, comments.

Everything is read from what closing published, and told for blocks and kinds of staff together or apart: never about
fewer than five people whose results the reader does not read one by one, nor so that fewer could be worked out from
what is told beside it (security.md T08, T47; docs/decisions/0008). A block or kind that may not be told is not told for
that criterion alone: another criterion may have more people behind it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Count, Q

from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.engine import Distance, Grade, Spread, distance_of, spread_of, unused
from snippets.enums import Block, PeriodState, StaffKind
from snippets.models import Period, Person

from . import rules
from .enums import DECIDED, CardState
from .models import CriterionFeedback, PublishedSpread, Scorecard
from .models.feedback import QUESTIONS, Said
from .small_numbers import SMALLEST_GROUP, may_be_told

# Block and kind of staff.
Cell = tuple[str, str]
EVERY_CELL = frozenset((block, kind) for block in ("", *Block.values) for kind in StaffKind.values)


@dataclass(frozen=True)
class Fit:
    """One criterion. `spread` None: nothing may be told, or nobody has a value. `distance` None: the same, of those who
    scored themselves. `nobody_given`: of the `grades` a rater may give those that nobody was given."""

    criterion: FrozenCriterion
    share: bool
    spread: Spread | None
    distance: Distance | None
    grades: tuple[Grade, ...]
    nobody_given: tuple[Grade, ...]
    comments: int


@dataclass
class Opinions:
    """What `people` who scored with a criterion say about it; counts by answer, remarks in alphabetical order."""

    people: int = 0
    answers: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in QUESTIONS})
    remarks: list[str] = field(default_factory=list)

    def add(self, given: Sequence[str], number: int) -> None:
        """So many people more, who all gave these answers, in the order of the questions."""
        self.people += number
        for counts, answer in zip(self.answers.values(), given, strict=True):
            counts[answer] += number


def periods_of_fit(scope: Scope) -> list[Period]:
    """Closed periods whose criteria the reader may look at, the newest first."""
    closed = Period.objects.filter(state=PeriodState.CLOSED).prefetch_related("units")
    return [
        period
        for period in closed.order_by("-starts_on", "pk")
        if rules.see_fit(scope, period, period.units.all())
    ]


@beyond_the_wall("which version was used most is told by its place in a list, to those who read no card")
def versions_of_fit(period: Period) -> list[CriteriaVersion]:
    """The versions that the period published anything of, the one with most cards first."""
    published = PublishedSpread.objects.filter(period=period).values("criterion__version_id")
    cards = Count("cards", filter=Q(cards__period=period))
    versions = CriteriaVersion.objects.filter(pk__in=published).annotate(number_of_cards=cards)
    return list(versions.order_by("-number_of_cards", "set_code", "number"))


def fit_of(
    scope: Scope, period: Period, version: CriteriaVersion, *, block: str = "", kind: str = ""
) -> list[Fit]:
    """Every criterion of the version, of all blocks and kinds of staff or of one. Raises NotFound."""
    if not rules.see_fit(scope, period, period.units.all()):
        raise NotFound
    chosen = _chosen(block, kind)
    rows: dict[int, dict[Cell, PublishedSpread]] = defaultdict(dict)
    for row in PublishedSpread.objects.filter(period=period, criterion__version=version):
        rows[row.criterion_id][row.block, row.staff_kind] = row
    compiled = {criterion.key: criterion for criterion in version.compiled().criteria}
    least = _least(scope, period, version)
    found = []
    for criterion in FrozenCriterion.objects.filter(version=version).scored():
        cells = rows[criterion.pk]
        values = _told(least, chosen, {cell: row.values for cell, row in cells.items()})
        distances = _told(least, chosen, {cell: row.distances for cell, row in cells.items()})
        meant = compiled[criterion.key]
        found.append(
            Fit(
                criterion,
                meant.share,
                spread_of(values),
                distance_of(distances),
                meant.grades,
                unused(meant.grades, values) if values else (),
                sum(cells[cell].comments for cell in chosen if cell in cells) if values else 0,
            )
        )
    return found


def _told(least: int, chosen: Sequence[Cell], cells: Mapping[Cell, Mapping[str, int]]) -> dict[Fraction, int]:
    """The counts of the chosen cells together; {} where they may not be told."""
    people = {cell: sum(counts.values()) for cell, counts in cells.items()}
    if not may_be_told(chosen, people, least):
        return {}
    together: Counter[str] = Counter()
    for cell in chosen:
        together.update(cells.get(cell, {}))
    return {Fraction(text): number for text, number in together.items()}


@beyond_the_wall("how many people must stand behind a number is judged from the results nobody here reads")
def _least(scope: Scope, period: Period, version: CriteriaVersion) -> int:
    """How many people must stand behind a number.

    One for whoever reads every result card by card. Whoever reads some could take them away from any group: as many
    people more than five. One's own result counts as read once it is notified (Đ17.3).
    """
    decided = Scorecard.objects.filter(period=period, version=version, state__in=DECIDED)
    own = Q(person__user_id=scope.user_id) & ~Q(state=CardState.NOTIFIED)
    read = decided.filter(pk__in=Scorecard.objects.visible_to(scope).values("pk")).exclude(own).count()
    return 1 if read == decided.count() else SMALLEST_GROUP + read


@beyond_the_wall("what people say about criteria is theirs alone: of many it is counted, without a name")
def opinions_of(
    scope: Scope, period: Period, version: CriteriaVersion, *, block: str = "", kind: str = ""
) -> dict[int, Opinions]:
    """Criterion → what those who scored with it say, as far as it may be told. Raises NotFound.

    Suppressed as scores are; nobody reads these one by one, but everybody knows their own.
    """
    if not rules.see_fit(scope, period, period.units.all()):
        raise NotFound
    said = CriterionFeedback.objects.filter(period=period, criterion__version=version).exclude(
        clear="", measurable="", fits="", remark=""
    )
    least = SMALLEST_GROUP + said.filter(person__user__isnull=False, person__user=scope.user_id).exists()
    people: dict[int, Counter[Cell]] = defaultdict(Counter)
    counted = []
    answers = said.order_by().values_list("criterion_id", "block", "staff_kind", *QUESTIONS)
    for criterion, in_block, of_kind, *given, number in answers.annotate(number=Count("pk")):
        people[criterion][in_block, of_kind] += number
        counted.append((criterion, (in_block, of_kind), given, number))
    chosen = set(_chosen(block, kind))
    found = {
        criterion: Opinions() for criterion, cells in people.items() if may_be_told(chosen, cells, least)
    }
    for criterion, cell, given, number in counted:
        if criterion in found and cell in chosen:
            found[criterion].add(given, number)
    remarks = said.exclude(remark="").order_by("remark", "pk")
    for criterion, in_block, of_kind, remark in remarks.values_list(
        "criterion_id", "block", "staff_kind", "remark"
    ):
        if criterion in found and (in_block, of_kind) in chosen:
            found[criterion].remarks.append(remark)
    return found


def _chosen(block: str, kind: str) -> list[Cell]:
    return [cell for cell in sorted(EVERY_CELL) if block in ("", cell[0]) and kind in ("", cell[1])]


# --- One's own ----------------------------------------------------------------------------------------------
def criteria_of(card: Scorecard) -> list[FrozenCriterion]:
    """The criteria of a card's version, in its order."""
    return list(FrozenCriterion.objects.filter(version_id=card.version_id).scored())


def own_feedback(scope: Scope, card: Scorecard) -> dict[str, Said]:
    """What the account said about the criteria of the card's version in its period, by their keys."""
    people = Person.objects.filter(user__isnull=False, user=scope.user_id)
    rows = CriterionFeedback.objects.filter(
        period_id=card.period_id, criterion__version_id=card.version_id, person__in=people
    ).select_related("criterion")
    return {row.criterion.key: Said(row.clear, row.measurable, row.fits, row.remark) for row in rows}
