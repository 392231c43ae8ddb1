"""Who evaluates whom in a month or quarter (Đ10.1, Đ18; rules.md §7), for thousands of people in a few queries."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kpi_cms.evaluation.enums import EvaluatorBasis
from kpi_cms.foundation.engine import AGENCY_HEAD
from snippets.enums import PostRole, UnitLevel
from snippets.models import Appointment, EvaluatorDecision, Unit
from snippets.queries import Tree


@dataclass(frozen=True)
class EvaluatorFound:
    """The evaluator's person id (None when nobody could be found), why, and what the card explains it with."""

    person_id: int | None
    basis: EvaluatorBasis
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DirectHead:
    """Who scores as the head of somebody's constituent unit, and its code; None leaves the stage out. `is_vacant`: for
    the unit has no head, so that somebody is missing."""

    person_id: int | None = None
    unit: str = ""
    acting: bool = False
    is_vacant: bool = False


@dataclass(frozen=True)
class _Head:
    person_id: int
    acting: bool


class Organisation(Tree):
    """The tree, its heads and the decisions on evaluators as they stand on one day: four queries."""

    def __init__(self, day: date) -> None:
        super().__init__()
        self.day = day
        self._heads: dict[int, _Head] = {}
        heads = Appointment.objects.on(day).heads().order_by("acting", "starts_on", "pk")
        for unit_id, person_id, acting in heads.values_list("unit_id", "person_id", "acting"):
            # A regular head comes before an acting one, the earlier appointment before the later one.
            self._heads.setdefault(unit_id, _Head(person_id, acting))
        # Whoever has left the service is nobody's evaluator, whatever was decided before: the rule applies again.
        decisions = EvaluatorDecision.objects.on(day).exclude(evaluator__left_on__lte=day)
        decisions = decisions.order_by("starts_on", "pk")
        self._decisions = {decision.person_id: decision for decision in decisions}

    def head_of(self, unit: Unit) -> int | None:
        """Person id of the head, or of the acting head; None while the post is vacant."""
        head = self._heads.get(unit.pk)
        return head.person_id if head else None

    def endorser_of(self, agency: Unit, *, person_id: int, evaluator_id: int | None) -> int | None:
        """Person id of the agency's head, unless they evaluate or are the person themselves: then nobody endorses."""
        head = self.head_of(agency)
        return None if head in (person_id, evaluator_id) else head

    def direct_head_of(self, *, person_id: int, unit: Unit, deciding: Collection[int | None]) -> DirectHead:
        """The head, or acting head, of a constituent unit. Never the person themselves nor whoever decides or endorses:
        what they say is said there."""
        unit = self.units[unit.pk]
        head = self._heads.get(unit.pk)
        if unit.level != UnitLevel.CONSTITUENT:
            return DirectHead()
        if head is None:
            return DirectHead(is_vacant=True)
        if head.person_id in (person_id, *deciding):
            return DirectHead()
        return DirectHead(head.person_id, unit.code, head.acting)

    def answering_to(self, units: Collection[int]) -> set[int]:
        """Keys of units whose people somebody heading one of `units` may evaluate, as far as vacant posts may lead."""
        wanted = set(units)
        return {
            unit.pk
            for unit in self.units.values()
            if unit.pk in wanted or any(above.pk in wanted for above in self.superiors(unit))
        }

    def evaluator_of(
        self, *, person_id: int, unit: Unit, role: str, seconded: bool = False, who: str = ""
    ) -> EvaluatorFound:
        """Apply the table of rules.md §7 to one appointment, or what the set says instead (`who`); a dated decision
        comes before either."""
        unit = self.units[unit.pk]
        decision = self._decisions.get(person_id)
        if decision is not None:
            return EvaluatorFound(
                decision.evaluator_id, EvaluatorBasis.DECISION, {"decision": decision.decision_number}
            )
        if who == AGENCY_HEAD:
            return self._agency_head(person_id, unit, role)
        competent: Unit | None
        if role == PostRole.HEAD:
            competent = self.superior(unit)
            basis = (
                EvaluatorBasis.AGENCY_HEAD
                if competent is not None and self.using_agency(unit).pk == competent.pk
                else EvaluatorBasis.MANAGING_HEAD
            )
        else:
            competent = unit
            basis = (
                EvaluatorBasis.UNIT_HEAD
                if unit.level == UnitLevel.CONSTITUENT
                else EvaluatorBasis.AGENCY_HEAD
            )
        if seconded:
            basis = EvaluatorBasis.RECEIVING_HEAD
        return self._first_head(person_id, competent, basis)

    def _agency_head(self, person_id: int, unit: Unit, role: str) -> EvaluatorFound:
        """The head of the using agency for everybody in it; for themselves the head of the managing agency."""
        agency = self.using_agency(unit)
        heads_it = role == PostRole.HEAD and unit.pk == agency.pk
        if heads_it or self.head_of(agency) == person_id:
            return self._first_head(person_id, self.superior(agency), EvaluatorBasis.MANAGING_HEAD)
        return self._first_head(person_id, agency, EvaluatorBasis.SET)

    def _first_head(self, person_id: int, competent: Unit | None, basis: EvaluatorBasis) -> EvaluatorFound:
        """The head of the competent unit, else of its superior; never the person themselves."""
        visited: set[int] = set()
        vacant: list[str] = []
        while competent is not None and competent.pk not in visited:
            visited.add(competent.pk)
            head = self._heads.get(competent.pk)
            if head is not None and head.person_id != person_id:
                if vacant:
                    basis = EvaluatorBasis.SUPERIOR
                elif head.acting:
                    basis = EvaluatorBasis.ACTING_HEAD
                details = {"unit": competent.code} | ({"vacant": vacant} if vacant else {})
                return EvaluatorFound(head.person_id, basis, details)
            vacant.append(competent.code)
            competent = self.superior(competent)
        return EvaluatorFound(None, EvaluatorBasis.NONE, {"vacant": vacant})
