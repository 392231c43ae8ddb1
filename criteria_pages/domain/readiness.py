"""What a set can say and a card cannot do yet. Such a set stays a draft: nothing is computed without being filled in.

Quotas and rules for longer periods are frozen as they are written: they bear on no card, and nothing applies them yet.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.foundation.engine import QUALITY, SAID, check_specification, zero_divisions
from snippets.enums import CALENDAR, PeriodKind

from ..blocks.shared import CODE_LENGTH
from ..enums import Attribute, DayCount, Evaluated, Law, RatedPeriod, StageName, StageWho, rated
from ..models import CriteriaSetPage
from .problems import PageProblem, of_engine
from .specification import specification_of

OF_TASKS = ("task_ratio", "task_points", "roll_up")


def not_yet(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """Everything in a working copy that no card could be computed with, each at its block."""
    for criterion in _criteria(page):
        yield from _of_criterion(criterion)
    yield from _of_shared_values(page)
    yield from _of_gates(page)
    yield from _of_stages(page)
    yield from _of_raters(page)


def to_know(page: CriteriaSetPage) -> Iterator[str]:
    """What keeps nobody from issuing the set, and has to be known before."""
    for stage in page.stages:
        if stage.value["who"] == StageWho.DIRECT_HEAD:
            yield _(
                "“%(stage)s”: the head of the person's constituent unit scores here, found when a period is opened. "
                "Heads, staff directly in the agency and people of a unit without a head are scored without this "
                "stage, and their cards wait for nobody there. The page of the period lists units without a head."
            ) % {"stage": stage.value["label"]}
    if page.evaluates == Evaluated.ORGANISATIONS:
        yield _(
            "Organisations are not scored in the product yet: no card is opened with this set. It can be tried, "
            "printed, compared and taken to Excel; the result that the superior recognises is entered in the register "
            "“Results of organisations”."
        )
    elif page.quotas or page.aggregation:
        yield _(
            "The quotas and longer periods of this set are frozen as they are written: they are shown, compared, and "
            "computed by the command check_vectors. They are not applied yet to the cards of a real period."
        )
    if page.raters:
        yield _(
            "The total counts several raters by their weights; the points of parts, sections and criteria on a card "
            "and its form stay those of the competent person, and so do the points that a gate reads, except for the "
            "total. Card and form show both: the competent person's points and the total of all raters."
        )
    longer = [kind for kind in PeriodKind if kind != PeriodKind.MONTH and kind.value in page.period_kinds]
    if longer and any(criterion.block_type in OF_TASKS for criterion in _criteria(page)):
        yield _(
            "In these periods the tasks count that are assigned in that very period, not those of the months within "
            "it: %(periods)s. Whoever is evaluated so has to be given tasks there."
        ) % {"periods": ", ".join(str(kind.label) for kind in longer)}
    specification = specification_of(page)
    if not check_specification(specification):
        for note in zero_divisions(specification):
            yield str(of_engine(note).sentence)


def _of_criterion(criterion: Any) -> Iterator[PageProblem]:
    if criterion.block_type == "task_points":
        yield from _of_task_points(criterion)


def _of_task_points(criterion: Any) -> Iterator[PageProblem]:
    """A coefficient that a task could be without; and a calendar that nobody keeps.

    A task must say its role, priority or difficulty where there are values to choose from; group and position are as
    they are.
    """
    key = str(criterion.id)
    for index, coefficient in enumerate(criterion.value["coefficients"] or ()):
        if coefficient["default"] is None and not _is_always_there(coefficient):
            sentence = _(
                "Say what counts for a task with none of these values: no task may be without a coefficient."
            )
            inside = ("coefficients", index, "default")
            yield PageProblem("coefficient_default", sentence, key=key, inside=inside)
    calendar = (criterion.value["calendar"] or "").strip()
    if criterion.value["count"] == DayCount.WORKING and calendar not in ("", CALENDAR):
        sentence = _(
            "There is no calendar “%(calendar)s”. The one whose days off are registered is “%(known)s”: write this "
            "name."
        ) % {"calendar": calendar, "known": CALENDAR}
        yield PageProblem("no_calendar", sentence, key=key, inside=("calendar",))
    sentence = _("The code is longer than %(limit)s characters: shorten it.") % {"limit": CODE_LENGTH}
    for place, values in _said_lists(criterion):
        for index, value in enumerate(values):
            if len(value["code"]) > CODE_LENGTH:
                yield PageProblem("code_long", sentence, key=key, inside=(*place, index, "code"))


def _said_lists(criterion: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The lists of codes that tasks keep, and where they stand."""
    for index, coefficient in enumerate(criterion.value["coefficients"] or ()):
        if coefficient["attribute"] in SAID:
            yield ("coefficients", index, "values"), coefficient["values"]
    yield (QUALITY,), criterion.value["quality"] or ()


def _is_always_there(coefficient: Any) -> bool:
    """A task has to say what can be said; a catalogue has at most five groups of complexity (Đ13)."""
    codes = {value["code"] for value in coefficient["values"]}
    if coefficient["attribute"] == Attribute.GROUP:
        return codes >= {"1", "2", "3", "4", "5"}
    return coefficient["attribute"] in SAID and bool(codes)


def _of_shared_values(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """A task says one value: criteria that all need one must have one in common."""
    shared: dict[str, set[str]] = {}
    for criterion in _criteria_of_points(page):
        for name, codes, inside in _needed(criterion):
            shared[name] = codes & shared.get(name, codes)
            if not shared[name]:
                label = Attribute(name).label if name in SAID else _("Step of quality")
                sentence = _(
                    "No value of “%(name)s” is known to every criterion that needs one, so that no task could be "
                    "counted: use the same codes."
                ) % {"name": label}
                yield PageProblem("no_shared_value", sentence, key=str(criterion.id), inside=inside)


def _criteria(page: CriteriaSetPage) -> Iterator[Any]:
    for part in page.parts:
        for section in part.value["sections"] or ():
            yield from section.value["criteria"] or ()


def _criteria_of_points(page: CriteriaSetPage) -> Iterator[Any]:
    return (criterion for criterion in _criteria(page) if criterion.block_type == "task_points")


def _needed(criterion: Any) -> Iterator[tuple[str, set[str], tuple[str | int, ...]]]:
    """What a criterion needs of every task: its name, the codes, and where they stand."""
    for index, coefficient in enumerate(criterion.value["coefficients"] or ()):
        codes = {value["code"] for value in coefficient["values"]}
        if coefficient["attribute"] in SAID and coefficient["default"] is None and codes:
            yield coefficient["attribute"], codes, ("coefficients", index, "values")
    if criterion.value["quality"]:
        yield QUALITY, {value["code"] for value in criterion.value["quality"]}, ("quality",)


def _of_stages(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """A card is decided by what its competent person gives (Đ17.2), after everybody who scores and before whoever
    endorses. That nobody decides about themselves is said by the engine, and of organisations there are no cards."""
    if page.evaluates == Evaluated.ORGANISATIONS:
        return
    yield from _out_of_order(page)
    for stage in page.stages:
        if stage.value["optional"] and stage.value["name"] in (StageName.SELF, StageName.ENDORSEMENT):
            sentence = _(
                "Only the scores of a group or collective may be left out: untick this. A person who sends nothing by "
                "the deadline is evaluated without a self-assessment anyway, and an endorsement that a set has is "
                "always waited for; where it is not wanted, remove the stage."
            )
            yield PageProblem("stage_optional", sentence, key=str(stage.id), inside=("optional",))
        if stage.value["decides"] and stage.value["name"] not in (StageName.SELF, StageName.EVALUATOR):
            sentence = _(
                "On a card the competent person decides: the points of another stage would never become the result. "
                "Tick this at the stage “%(stage)s” instead."
            ) % {"stage": StageName.EVALUATOR.label}
            yield PageProblem("stage_decides", sentence, key=str(stage.id), inside=("decides",))


def _out_of_order(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """A card has one order, whatever a set writes."""
    if not any(_decides(stage) for stage in page.stages):
        return  # said of the stage that decides instead
    decided = False
    for stage in page.stages:
        name, params = stage.value["name"], {"stage": stage.value["label"]}
        if decided and name == StageName.COLLECTIVE:
            sentence = _(
                "“%(stage)s” scores after the stage that decides, when nothing counts any more: move it before that "
                "stage."
            )
            yield PageProblem("stage_after", sentence % params, key=str(stage.id), inside=("name",))
        elif not decided and name == StageName.ENDORSEMENT:
            sentence = _(
                "“%(stage)s” endorses what is not decided yet: move it after the stage that decides."
            )
            yield PageProblem("stage_before", sentence % params, key=str(stage.id), inside=("name",))
        decided = decided or _decides(stage)


def _decides(stage: Any) -> bool:
    return bool(stage.value["decides"]) and stage.value["name"] == StageName.EVALUATOR


def _of_raters(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """On a card the person, a collective and the competent person give points. Several may sit for a collective, and
    there alone."""
    collective = StageName.COLLECTIVE.value
    free = {StageName.SELF.value, collective, StageName.EVALUATOR.value}
    left_out = {
        str(each.value["name"]): each.value["label"] for each in page.stages if each.value["optional"]
    }
    seen: set[str] = set()
    for rater in page.raters:
        stage = rater.value["stage"]
        if stage == collective and stage in left_out:
            sentence = _(
                "The stage “%(stage)s” may be left out, but its points count here with a weight: a card on which "
                "nobody gives them would wait for ever. Untick “May be left out” at the stage, or take the weight away."
            ) % {"stage": left_out[stage]}
            yield PageProblem("rater_optional", sentence, key=str(rater.id), inside=("stage",))
        if stage not in free:
            sentence = _(
                "On a card the person, the people of a collective and the competent person give points, and the "
                "competent person decides: choose another stage for this rater, or keep the set as a draft."
            )
            if stage == StageName.EVALUATOR and stage in seen:
                sentence = _(
                    "One competent person decides by law: let further raters score at the stage of the collective."
                )
            yield PageProblem("raters_not_yet", sentence, key=str(rater.id), inside=("stage",))
        seen.add(stage)
        free -= {stage} - {collective}


def _of_gates(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """Under the decree a month or a quarter has points and the band of these; forced cases belong to the year."""
    if page.law != Law.ND335:
        return
    on_cards = {rated(kind) for kind in page.period_kinds} - {RatedPeriod.YEAR}
    for gate in page.gates:
        chosen = set(gate.value["periods"] or RatedPeriod.values)
        bearing = [period.label for period in RatedPeriod if period.value in on_cards & chosen]
        if bearing:
            sentence = _(
                "Under Decree 335/2025 the year alone has forced cases (Đ3.5, Đ20); this gate would bear on: "
                "%(periods)s. Choose the year for it."
            ) % {"periods": ", ".join(str(label) for label in bearing)}
            yield PageProblem("gate_nd335", sentence, key=str(gate.id), inside=("periods",))
