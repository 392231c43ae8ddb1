"""What a superuser can do by SQL: to which rows, in which way, and how deep; and what the verifier has to name for it.

A cell is (object, way, depth). Bare: the rows alone. Deeper: what follows from them as well, the last row of a record's
history, the hash in the link of a sealed row, the entry that named a pin. Rebuilt: the chain hashed anew from there to
its end, which nothing inside the database contradicts any more. What a cell cannot mean stands in `MEANINGLESS`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, Model, OuterRef, Q

from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.evaluation.domain import scoring
from kpi_cms.evaluation.domain.opening import FROZEN, pinned
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard, Task, VersionPin
from kpi_cms.foundation.audit import sealing
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry, Seal, SealWaiting
from snippets.models import Period
from tests.helpers.superuser import YESTERDAY, Named, NothingThere, Writer, put_back, tables_to_restore
from tests.helpers.world import MOMENT

BARE, DEEPER, REBUILT = DEPTHS = ("bare", "deeper", "rebuilt")
WAYS = ("edit", "delete", "insert", "reorder", "swap", "cut", "restore")
RECORDS: dict[str, type[Model]] = {"card": Scorecard, "score": Score, "task": Task, "assessment": Assessment}
OBJECTS = (*RECORDS, "result", "pin", "text", "version", "history", "ledger")
COPIES = {"score": ["grounds"], "task": ["name", "evidence_number"], "assessment": ["comment"], "card": []}
HISTORIES = [f"evaluation_historical{model.__name__.lower()}" for model in RECORDS.values()]
SEALED = {
    "version": [CriteriaVersion._meta.db_table, FrozenCriterion._meta.db_table],
    "history": HISTORIES,
    "ledger": [LedgerEntry._meta.db_table],
}


Cell = tuple[str, str, str]


def _meaningless() -> dict[Cell, str]:
    found: dict[Cell, str] = {}

    def none(objects: Iterable[str], ways: Iterable[str], depths: Iterable[str], why: str) -> None:
        found.update({(each, way, depth): why for each in objects for way in ways for depth in depths})

    unsealed = (*RECORDS, "result", "pin", "text")
    none(unsealed, ["reorder"], DEPTHS, "these rows have no order")
    none([*unsealed, "version"], ["cut"], DEPTHS, "the end of a chain is history and ledger")
    none(["result"], ["delete", "insert", "swap", "restore"], [DEEPER, REBUILT], "no row follows from it")
    none(["pin"], ["swap", "restore"], DEPTHS, "one period, and nothing newer than its opening")
    none(["text"], ["insert"], DEPTHS, "a text that nothing points at is shown nowhere")
    none(["text"], ["swap", "restore"], DEPTHS, "an edit of two texts")
    none(["text"], ["edit", "delete"], [REBUILT], "texts are in no chain, their keys are")
    none(["version"], ["swap"], DEPTHS, "a version is in no unit")
    none(["version"], ["restore"], DEPTHS, "issued before everything else")
    none(["version"], ["insert"], [DEEPER], "issuing one now is an act of the present moment, under a name")
    return found


MEANINGLESS = _meaningless()
CELLS: tuple[Cell, ...] = tuple(
    (each, way, depth)
    for each in OBJECTS
    for way in WAYS
    for depth in DEPTHS
    if (each, way, depth) not in MEANINGLESS
)


class Superuser(Writer):
    """Plays a cell: tampers with rows that are drawn."""

    def play(self, cell: Cell) -> set[Named]:
        """Tamper; what has to be found, one of which is enough. Raises NothingThere."""
        name, way, depth = cell
        family = "record" if name in RECORDS else "row" if name in ("version", "history", "ledger") else name
        method: Callable[[str, str], set[Named]] = getattr(self, f"{way}_{family}")
        named = method(name, depth)
        SealWaiting.objects.all().delete()
        assert named
        return named

    def _rows(self, name: str) -> list[tuple[str, int]]:
        return sorted(key for key in self.places if key[0] in SEALED[name])

    # --- Records with a history -----------------------------------------------------------------------------
    def _history(self, model: Any) -> Any:
        return model.history.model

    def _shared(self, model: Any) -> list[str]:
        """Columns that history has, too; the key is none to forge."""
        columns = {field.column for field in self._history(model)._meta.concrete_fields}
        return [
            field.name
            for field in model._meta.concrete_fields
            if field.column in columns and not field.primary_key
        ]

    def _rows_of(self, model: Any, pk: Any) -> list[tuple[str, int]]:
        history = self._history(model)
        keys = history._base_manager.filter(id=pk).order_by("history_id").values_list("history_id", flat=True)
        return [(history._meta.db_table, key) for key in keys]

    def _keys(self, model: Any) -> list[Any]:
        return list(model._base_manager.order_by("pk").values_list("pk", flat=True))

    def _changed_rows(self, depth: str, rows: Sequence[tuple[str, int]]) -> set[Named]:
        """These sealed rows were changed with their record."""
        if depth == REBUILT:
            for chain in sorted({self.places[key][0] for key in rows}):
                self._rebuild(chain, self.chains[chain], rows)
        return {self._link(*key) for key in rows}

    def edit_record(self, name: str, depth: str) -> set[Named]:
        model = RECORDS[name]
        pk, table = self._one(self._keys(model)), model._meta.db_table
        if depth == BARE:
            names = [*self._shared(model), *COPIES[name]]
            frozen = (
                [each for each in FROZEN if each not in self._shared_columns(model)] if name == "card" else []
            )
            column, _value = self._forge(model, pk, [*names, *frozen])
            if column in frozen:
                return {Named(table="snippets_period", row=model._base_manager.get(pk=pk).period_id)}
            return {Named(table=table, row=pk)}
        row = self._rows_of(model, pk)[-1]
        column, value = self._forge(model, pk, self._shared(model))
        self._history(model)._base_manager.filter(pk=row[1]).update(**{column: value})
        return self._changed_rows(depth, [row])

    def _shared_columns(self, model: Any) -> set[str]:
        return {str(model._meta.get_field(name).column) for name in self._shared(model)} | {"id"}

    def delete_record(self, name: str, depth: str) -> set[Named]:
        model = RECORDS[name]
        pk = self._one(self._keys(model))
        self._delete(model, pk)
        if depth == BARE:
            return {Named(table=model._meta.db_table, row=pk)}
        rows = self._rows_of(model, pk)
        self._delete(self._history(model), *(row for _table, row in rows))
        if depth == REBUILT:
            self._rebuild_without(rows)
        return {self._link(*key) for key in rows}

    def insert_record(self, name: str, depth: str) -> set[Named]:
        model = RECORDS[name]
        like = self._one(self._keys(model))
        more: dict[str, Any] = {}
        if name == "card":
            more = {"frame": "party"}
        elif name == "score":
            given = Score.objects.get(pk=like)
            taken = Score.objects.filter(assessment=given.assessment_id).values("criterion_id")
            free = FrozenCriterion.objects.exclude(pk__in=taken).order_by("pk")
            more = {"criterion_id": self._one(list(free.values_list("pk", flat=True)))}
        elif name == "assessment":
            more = {"stage": "endorsement", "submitted_at": None, "state": "draft", "delegate_id": None}
        made = self._copied(model, like, **more)
        if depth == BARE:
            return {Named(table=model._meta.db_table, row=made.pk)}
        (table, last), history = self._rows_of(model, like)[-1], self._history(model)
        changed = {key: value for key, value in more.items() if key in self._shared_columns(model)}
        row = self._copied(history, last, id=made.pk, **changed)
        if depth == DEEPER:
            return {Named(table=table, row=row.pk)}
        return {self._insert_link(self.places[table, last][0], table, row.pk)}

    def swap_record(self, name: str, depth: str) -> set[Named]:
        model = RECORDS[name]
        one = model._base_manager.get(pk=self._one(self._keys(model)))
        others = list(model._base_manager.exclude(unit_id=one.unit_id).order_by("pk"))
        other = self._one(others)
        names = ["unit_id"] if name == "card" else ["unit_id", "person_id"]
        pairs = [(one, other), (other, one)]
        for mine, theirs in pairs:
            model._base_manager.filter(pk=mine.pk).update(**{each: getattr(theirs, each) for each in names})
        if depth == BARE:
            return {Named(table=model._meta.db_table, row=each.pk) for each in (one, other)}
        rows = [self._rows_of(model, mine.pk)[-1] for mine, _theirs in pairs]
        for (_table, row), (_mine, theirs) in zip(rows, pairs, strict=True):
            self._history(model)._base_manager.filter(pk=row).update(
                **{each: getattr(theirs, each) for each in names}
            )
        return self._changed_rows(depth, rows)

    def restore_record(self, name: str, depth: str) -> set[Named]:
        """One record as it was yesterday, gone where it was not there yet."""
        model = RECORDS[name]
        history = self._history(model)
        newer = [
            key for key in self._newer(history._meta.db_table)
            if not self._is_tracked_no_more(model, history._base_manager.get(pk=key))
        ]  # fmt: skip
        pk = history._base_manager.get(pk=self._one(newer)).id
        if self._same_as_yesterday(model, pk):
            raise NothingThere
        put_back(model._meta.db_table, "id", pk)
        if depth == BARE:
            return {Named(table=model._meta.db_table, row=pk)}
        rows = [key for key in self._rows_of(model, pk) if key[1] in self._newer(key[0])]
        self._delete(history, *(row for _table, row in rows))
        if depth == REBUILT:
            self._rebuild_without(rows)
        return {self._link(*key) for key in rows}

    def _is_tracked_no_more(self, model: Any, row: Any) -> bool:
        return not model._base_manager.filter(pk=row.id).exists()

    def _same_as_yesterday(self, model: Any, pk: Any) -> bool:
        columns = ", ".join(f'"{each}"' for each in sorted(self._shared_columns(model)))
        with connection.cursor() as cursor:
            sides = []
            for table in (model._meta.db_table, YESTERDAY + model._meta.db_table):
                cursor.execute(f'SELECT {columns} FROM "{table}" WHERE id = %s', [pk])
                sides.append(cursor.fetchall())
        return sides[0] == sides[1]

    def _newer(self, table: str) -> list[int]:
        """Sealed rows of a table that were not there yesterday."""
        return [
            row for (source, row), (chain, number) in self.places.items()
            if source == table and number > self.since.get(chain, 0)
        ]  # fmt: skip

    # --- Results --------------------------------------------------------------------------------------------
    def _of_result(self, result: CardResult) -> Named:
        return Named(table=CardResult._meta.db_table, row=result.pk)

    def edit_result(self, name: str, depth: str) -> set[Named]:
        """Deeper: the score that it comes of, so that it follows from its rows."""
        keys = self._keys(CardResult) if depth == BARE else self._of_points()
        result = CardResult.objects.get(pk=self._one(keys))
        if depth == BARE:
            names = [
                field.name for field in CardResult._meta.concrete_fields
                if field.name not in ("id", "computed_at", "card", "stage", "seat")
            ]  # fmt: skip
            self._forge(CardResult, result.pk, names)
            return {self._of_result(result)}
        card = Scorecard.objects.with_context().get(pk=result.card_id)
        given = [
            score
            for score in scoring.stage_scores(card, result.stage, result.seat)
            if score.value is not None
        ]
        score = self._one(given)
        value = Decimal(0) if score.value else score.criterion.maximum
        row = self._rows_of(Score, score.pk)[-1]
        Score.objects.filter(pk=score.pk).update(value=value)
        self._history(Score)._base_manager.filter(pk=row[1]).update(value=value)
        fields = scoring.result_fields(
            scoring.outcome_of(card, result.stage, result.seat), result.computed_at
        )
        CardResult.objects.filter(pk=result.pk).update(**fields)
        return self._changed_rows(depth, [row])

    def _of_somebody(self) -> list[int]:
        """Results that somebody's scores are behind; what follows tasks alone comes and goes with the tasks."""
        given = Score.objects.filter(assessment__card=OuterRef("card"), assessment__stage=OuterRef("stage"))
        results = CardResult.objects.filter(Q(stage="evaluator") | Exists(given)).order_by("pk")
        return list(results.values_list("pk", flat=True))

    def _of_points(self) -> list[int]:
        """Results of which somebody has given points."""
        given = Score.objects.filter(
            assessment__card=OuterRef("card"), assessment__stage=OuterRef("stage"), value__isnull=False
        )
        return list(CardResult.objects.filter(Exists(given)).order_by("pk").values_list("pk", flat=True))

    def delete_result(self, name: str, depth: str) -> set[Named]:
        result = CardResult.objects.get(pk=self._one(self._of_somebody()))
        self._delete(CardResult, result.pk)
        return {Named(table=Scorecard._meta.db_table, row=result.card_id)}

    def insert_result(self, name: str, depth: str) -> set[Named]:
        like = CardResult.objects.get(pk=self._one(self._keys(CardResult)))
        taken = CardResult.objects.values_list("card_id", "stage")
        free = [
            (card, stage)
            for card in Scorecard.objects.order_by("pk")
            for stage in ("self", "collective", "evaluator", "endorsement")
            if (card.pk, stage) not in set(taken)
        ]
        card, stage = self._one(free)
        made = self._copied(
            CardResult, like.pk, card_id=card.pk, stage=stage, unit_id=card.unit_id, person_id=card.person_id,
            shown="99,99",
        )  # fmt: skip
        return {self._of_result(made)}

    def swap_result(self, name: str, depth: str) -> set[Named]:
        one = CardResult.objects.get(pk=self._one(self._keys(CardResult)))
        other = self._one(list(CardResult.objects.exclude(unit_id=one.unit_id).order_by("pk")))
        for mine, theirs in ((one, other), (other, one)):
            CardResult.objects.filter(pk=mine.pk).update(unit_id=theirs.unit_id, person_id=theirs.person_id)
        return {self._of_result(one), self._of_result(other)}

    def restore_result(self, name: str, depth: str) -> set[Named]:
        table = CardResult._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM {YESTERDAY}{table} y WHERE y.id = t.id "
                "AND y.shown = t.shown AND y.missing = t.missing) ORDER BY id"
            )
            changed = [row[0] for row in cursor.fetchall()]
        result = CardResult.objects.get(pk=self._one([pk for pk in changed if pk in self._of_somebody()]))
        put_back(table, "id", result.pk)
        return {self._of_result(result), Named(table=Scorecard._meta.db_table, row=result.card_id)}

    # --- Pins -----------------------------------------------------------------------------------------------
    def _pinned(self, depth: str, period_id: int) -> set[Named]:
        """Deeper: what the entries of the opening say of it as well."""
        if depth == BARE:
            return {Named(table="snippets_period", row=period_id)}
        said = pinned(Period.objects.get(pk=period_id))
        rows = []
        for entry in LedgerEntry.objects.filter(act__in=["period.opening", "period.opened"]):
            assert entry.after is not None
            after = {key: said.get(key, value) for key, value in entry.after.items()}
            LedgerEntry.objects.filter(pk=entry.pk).update(after=after)
            rows.append(("audit_ledgerentry", entry.pk))
        return self._changed_rows(depth, rows)

    def _unpinned(self, period_id: int) -> int:
        used = VersionPin.objects.filter(period_id=period_id).values("version_id")
        free = CriteriaVersion.objects.exclude(pk__in=used).order_by("pk")
        return int(self._one(list(free.values_list("pk", flat=True))))

    def edit_pin(self, name: str, depth: str) -> set[Named]:
        pin = VersionPin.objects.get(pk=self._one(self._keys(VersionPin)))
        VersionPin.objects.filter(pk=pin.pk).update(version_id=self._unpinned(pin.period_id))
        return self._pinned(depth, pin.period_id)

    def delete_pin(self, name: str, depth: str) -> set[Named]:
        pin = VersionPin.objects.get(pk=self._one(self._keys(VersionPin)))
        self._delete(VersionPin, pin.pk)
        return self._pinned(depth, pin.period_id)

    def insert_pin(self, name: str, depth: str) -> set[Named]:
        pin = VersionPin.objects.get(pk=self._one(self._keys(VersionPin)))
        self._copied(VersionPin, pin.pk, version_id=self._unpinned(pin.period_id))
        return self._pinned(depth, pin.period_id)

    # --- Texts ----------------------------------------------------------------------------------------------
    def edit_text(self, name: str, depth: str) -> set[Named]:
        """Deeper: blanked as an erasure would, without its act."""
        text = self._one(list(ErasableText.objects.order_by("key")))
        kept = ErasableText.objects.filter(pk=text.pk)
        if depth == BARE:
            kept.update(text=text.text + " khác")
        else:
            kept.update(text="", salt="", erased_at=MOMENT)
        return {Named(table=ErasableText._meta.db_table, row=str(text.pk))}

    def delete_text(self, name: str, depth: str) -> set[Named]:
        """Deeper: the record's own key is gone as well; its history has it still."""
        said = self._one(list(Assessment.objects.filter(comments_key__isnull=False).order_by("pk")))
        self._delete(ErasableText, said.comments_key)
        if depth == DEEPER:
            Assessment.objects.filter(pk=said.pk).update(comments_key=None, comment="")
            return {Named(table=Assessment._meta.db_table, row=said.pk)}
        rows = self._history(Assessment)._base_manager.filter(comments_key=said.comments_key)
        return {Named(table=rows.model._meta.db_table, row=row.pk) for row in rows}

    # --- Sealed rows ----------------------------------------------------------------------------------------
    def edit_row(self, name: str, depth: str) -> set[Named]:
        """Deeper: with the hash in its own link."""
        table, pk = self._one(self._rows(name))
        model = self.sealed[table]
        self._forge(model, pk, [field.name for field in model._meta.concrete_fields if not field.primary_key])
        if depth == DEEPER:
            self._rehash(table, pk)
        return self._changed_rows(depth, [(table, pk)])

    def delete_row(self, name: str, depth: str) -> set[Named]:
        """Deeper: with its link."""
        table, pk = self._one(self._rows(name))
        self._delete(self.sealed[table], pk)
        named = self._link(table, pk)
        if depth == DEEPER:
            Seal.objects.filter(chain=named.chain, number=named.number)._raw_delete("default")
        elif depth == REBUILT:
            self._rebuild_without([(table, pk)])
        return {named}

    def insert_row(self, name: str, depth: str) -> set[Named]:
        """Deeper: dated back and left to the sealer."""
        table, like = self._one(self._rows(name))
        model, more = self.sealed[table], {}
        if depth == DEEPER:
            more = {"at" if name == "ledger" else "history_date": MOMENT - timedelta(hours=1)}
        elif table == CriteriaVersion._meta.db_table:
            more = {"number": 77}
        elif table == FrozenCriterion._meta.db_table:
            more = {"key": "khac", "code": "khac", "order": 77}
        made = self._copied(model, like, **more)
        if depth == BARE:
            return {Named(table=table, row=made.pk)}
        chain = self.places[table, like][0]
        if depth == REBUILT:
            return {self._insert_link(chain, table, made.pk)}
        sealing.seal_waiting()
        seal = Seal.objects.latest("pk")
        return {Named(seal.chain, seal.number)}

    def _two(self, name: str, *, apart: bool) -> tuple[tuple[str, int], tuple[str, int]]:
        """Two rows of one table: of one chain, or `apart` of two."""
        one = self._one(self._rows(name))
        others = [
            key for key in self._rows(name)
            if key != one and key[0] == one[0] and (self.places[key][0] != self.places[one][0]) == apart
        ]  # fmt: skip
        return one, self._one(others)

    def reorder_row(self, name: str, depth: str) -> set[Named]:
        """Two links exchange their numbers. Deeper: two rows what they say. Rebuilt: two links their places."""
        one, other = self._two(name, apart=False)
        named = {self._link(*one), self._link(*other)}
        (chain, first), (_chain, second) = self.places[one], self.places[other]
        if depth == BARE:
            links = Seal.objects.filter(chain=chain)
            links.filter(number=first).update(number=0)
            links.filter(number=second).update(number=first)
            links.filter(number=0).update(number=second)
        elif depth == DEEPER:
            names = {
                SEALED["version"][0]: ["title"],
                SEALED["version"][1]: ["label"],
            }  # the others are unique
            self._exchange(one[0], one[1], other[1], names.get(one[0], ()))
        else:
            order = list(self.chains[chain])
            order[first - 1], order[second - 1] = order[second - 1], order[first - 1]
            self._rebuild(chain, order)
        return named

    def _exchange(self, table: str, one: int, other: int, names: Sequence[str] = ()) -> None:
        model = self.sealed[table]
        rows = model._base_manager.in_bulk([one, other])
        columns = names or [field.attname for field in model._meta.concrete_fields if not field.primary_key]
        mine, theirs = ({each: getattr(rows[pk], each) for each in columns} for pk in (one, other))
        if mine == theirs:
            raise NothingThere
        try:
            with transaction.atomic():
                model._base_manager.filter(pk=one).update(**theirs)
                model._base_manager.filter(pk=other).update(**mine)
        except DatabaseError as error:
            raise NothingThere from error

    def swap_row(self, name: str, depth: str) -> set[Named]:
        """Two rows of two chains exchange their units. Deeper: with the hashes of their links. Rebuilt: their links."""
        one, other = self._two(name, apart=True)
        self._exchange(one[0], one[1], other[1], ["unit_id"])
        named = {self._link(*one), self._link(*other)}
        if depth == DEEPER:
            self._rehash(*one)
            self._rehash(*other)
        elif depth == REBUILT:
            (here, first), (there, second) = self.places[one], self.places[other]
            mine, theirs = list(self.chains[here]), list(self.chains[there])
            mine[first - 1], theirs[second - 1] = theirs[second - 1], mine[first - 1]
            Seal.objects.filter(chain=there, number__gte=second)._raw_delete("default")  # a row has one link
            self._rebuild(here, mine, [one, other])
            self._rebuild(there, theirs, [one, other])
        return named

    def cut_row(self, name: str, depth: str) -> set[Named]:
        """Bare: the last links. Deeper: their rows, too. Rebuilt: the records as the rows that are left say."""
        chains = sorted({self.places[key][0] for key in self._rows(name)})
        chain = self._one(chains)
        links = self.chains[chain]
        lost = links[-self.draw.randint(1, min(10, len(links))) :]
        first = len(links) - len(lost) + 1
        Seal.objects.filter(chain=chain, number__gte=first)._raw_delete("default")
        if depth != BARE:
            for link in lost:
                table, row = self._of(link)
                self._delete(self.sealed[table], row)
        if depth == REBUILT:
            for model in RECORDS.values():
                self._follow_history(model)
        return {self._link(*self._of(link)) for link in lost}

    def _follow_history(self, model: Any) -> None:
        history = self._history(model)
        left = {row.id: row for row in history._base_manager.order_by("history_id")}
        for pk in self._keys(model):
            row = left.get(pk)
            if row is None:
                self._delete(model, pk)
                continue
            columns = self._shared(model)
            fields = {model._meta.get_field(each).attname for each in columns}
            model._base_manager.filter(pk=pk).update(**{each: getattr(row, each) for each in sorted(fields)})

    def restore_row(self, name: str, depth: str) -> set[Named]:
        """History: the rows since yesterday; deeper with their links, rebuilt with the chain.

        Ledger: its entries and all links; deeper the whole database; rebuilt the same, with today's anchors put back.
        """
        lost = [link for chain, links in self.chains.items() for link in links[self.since.get(chain, 0) :]]
        named = {self._link(*self._of(link)) for link in lost}
        if name == "history":
            rows = [key for key in map(self._of, lost) if key[0] in HISTORIES]
            for table, row in rows:
                self._delete(self.sealed[table], row)
                if depth == DEEPER:
                    chain, number = self.places[table, row]
                    Seal.objects.filter(chain=chain, number=number)._raw_delete("default")
            if depth == REBUILT:
                self._rebuild_without(rows)
            return {self._link(*key) for key in rows}
        tables = ["audit_ledgerentry", "audit_seal"] if depth == BARE else tables_to_restore()
        for table in tables:
            if not (depth == REBUILT and table == "audit_anchor"):
                put_back(table)
        return named
