"""The open month as it stands when a visitor arrives: some departments are done, others half-way.

Everything is done by the accounts of the people themselves, through the same functions as on the screens, so that
the history and the ledger of the demonstration read like a real month's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum

from kpi_cms.evaluation import seen
from kpi_cms.evaluation.domain import deductions, moving, proposals, stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import asked_by
from kpi_cms.foundation.engine import CompiledCriterion, decimal_text
from snippets.enums import ProductScope
from snippets.models import Period, Product

from .draw import Draw


class Reach(IntEnum):
    """How far somebody's month has come; each step includes the ones before it."""

    ASSIGNED = 1
    REPORTED = 2
    CHECKED = 3
    SUBMITTED = 4
    RETURNED = 5
    CONFIRMED = 6
    NOTIFIED = 7


class Habit(IntEnum):
    """How somebody works and scores: a month in which everybody is excellent would teach nobody anything."""

    STRONG = 0
    STEADY = 1
    SLOW = 2


_HABITS = ((Habit.STRONG, 35), (Habit.STEADY, 50), (Habit.SLOW, 15))
# Steps below the maximum of a criterion: at least, and how many more there may be.
_SELF_STEPS = {Habit.STRONG: (0, 2), Habit.STEADY: (0, 3), Habit.SLOW: (0, 3)}
_EVALUATOR_STEPS = {Habit.STRONG: (0, 2), Habit.STEADY: (1, 3), Habit.SLOW: (2, 4)}


@dataclass(frozen=True)
class Department:
    """A unit to play: how far everybody is, and who differs (by position and number, such as "CV/1").

    Most heads confirm tasks when they evaluate; one who does it `at_once` has only the scores left to give.
    """

    unit: str
    reach: Reach
    but: Mapping[str, Reach] = field(default_factory=dict)
    tasks: int = 3
    at_once: bool = False


PLAYED = (
    # The department of the guided month: one member has still to begin, one waits for the head, the head's own card
    # is open and can be decided once the other two are.
    Department(
        "HUNG-NGUYEN-CQ-KT",
        Reach.NOTIFIED,
        {"CV/1": Reach.ASSIGNED, "CVC/1": Reach.SUBMITTED, "CV/4": Reach.CONFIRMED, "TP/1": Reach.CHECKED},
        tasks=4,
        at_once=True,
    ),
    Department("HUNG-NGUYEN-CQ-VHXH", Reach.NOTIFIED),
    Department(
        "HUNG-NGUYEN-CQ-HCC",
        Reach.SUBMITTED,
        {"CV/1": Reach.NOTIFIED, "CV/2": Reach.RETURNED, "CV/3": Reach.REPORTED, "GD-TT/1": Reach.ASSIGNED},
    ),
    Department("THANH-VINH-CQ-HCC", Reach.NOTIFIED),
    Department(
        "SKHCN-QLKH",
        Reach.SUBMITTED,
        {"CVC/1": Reach.NOTIFIED, "CVC/2": Reach.CONFIRMED, "PTP/1": Reach.REPORTED, "TP/1": Reach.ASSIGNED},
    ),
)

# Who is given what happens in every office now and then; by post.
LATE = "HUNG-NGUYEN-CQ-VHXH/CV/3"
LATE_BY_OBJECTIVE_CAUSE = "HUNG-NGUYEN-CQ-KT/CV/2"
BEHIND = "HUNG-NGUYEN-CQ-VHXH/CV/5"
FAULTY = "THANH-VINH-CQ-HCC/CV/2"
FALLS_ILL, STEPS_IN = "HUNG-NGUYEN-CQ-KT/CV/3", "HUNG-NGUYEN-CQ-KT/CV/1"
PROPOSES = "HUNG-NGUYEN-CQ-HCC/CV/3"

_STRENGTHS = (
    "Chủ động trong công việc được giao, bám sát thời hạn.",
    "Nắm chắc chuyên môn, sản phẩm ít phải sửa.",
    "Phối hợp tốt với đồng nghiệp và các đơn vị liên quan.",
    "Có tinh thần trách nhiệm, sẵn sàng nhận việc đột xuất.",
)
_WEAKNESSES = (
    "Cần lập hồ sơ công việc ngay khi kết thúc nhiệm vụ.",
    "Có lúc còn chậm trao đổi khi gặp vướng mắc.",
    "Cần quan tâm hơn đến việc rút ngắn thời gian xử lý.",
)
_COMMENTS = (
    "Hoàn thành nhiệm vụ được giao trong tháng; đề nghị phát huy.",
    "Kết quả đáp ứng yêu cầu của vị trí việc làm.",
    "Có tiến bộ so với tháng trước, cần giữ nhịp độ làm việc.",
)
_GROUNDS = {
    "high": "Đơn vị thực hiện xong kế hoạch tháng đúng thời hạn; nội bộ đoàn kết, phối hợp tốt.",
    "low": "Còn việc của đơn vị kéo dài sang tháng sau, đã nhắc nhưng chưa khắc phục.",
}


@dataclass(frozen=True)
class Player:
    """A card to play and the accounts that play it."""

    post: str
    card: Scorecard
    own: User
    head: User
    habit: Habit


class Month:
    """Plays one period at a moment; what is chosen depends on the seed only."""

    departments: tuple[Department, ...] = PLAYED
    falls_ill: str = FALLS_ILL

    def __init__(self, period: Period, moment: datetime, seed: str) -> None:
        self.period = period
        self.moment = moment
        self.draw = Draw(f"month:{seed}")
        self._products: dict[int, list[Product]] = {}
        self._documents = 100
        self._taker: Scorecard | None = None

    def play(self, cards: Mapping[str, Scorecard]) -> int:
        """Play every department; `cards` maps a post to its card. Returns how many people took part.

        Members come first, then deputies, then heads: a leader's result waits for the people they manage.
        """
        count = 0
        for department in self.departments:
            own = {post: card for post, card in cards.items() if card.unit.code == department.unit}
            order = {"member": 0, "deputy": 1, "head": 2}
            for post, card in sorted(own.items(), key=lambda entry: order[entry[1].role]):
                reach = department.but.get(post.removeprefix(f"{department.unit}/"), department.reach)
                self._play_one(department, post, card, reach)
                count += 1
        return count

    def _player(self, post: str, card: Scorecard) -> Player:
        own, evaluator = card.person.user, card.evaluator
        head = evaluator.user if evaluator is not None else None
        if own is None or head is None:
            raise RuntimeError(
                f"{post} or their evaluator has no account: the demonstration's posts are wrong."
            )
        return Player(post, card, own, head, self.draw.weighted(_HABITS))

    def _play_one(self, department: Department, post: str, card: Scorecard, reach: Reach) -> None:
        player = self._player(post, card)
        given = self._assign(player, department.tasks)
        if post == STEPS_IN:
            self._taker = card
        if post == self.falls_ill:
            given = self._hand_over(player, given)
        if reach >= Reach.REPORTED:
            given = self._report_all(player, given)
        if post == PROPOSES:
            self._propose(player)
        waiting = reach in (Reach.SUBMITTED, Reach.RETURNED) and not department.at_once
        if reach >= Reach.CHECKED and not waiting:
            for task in given:
                self._check(player, task)
        if reach >= Reach.SUBMITTED:
            self._assess(player)
        if reach == Reach.RETURNED:
            self._return(player)
        if reach >= Reach.CONFIRMED:
            self._evaluate(player)
        if reach >= Reach.NOTIFIED:
            stages.notify(actor=player.head, moment=self.moment, card=card)

    # --- Tasks ---------------------------------------------------------------------------------------------
    def _catalogue_of(self, card: Scorecard) -> list[Product]:
        """The products a card's tasks are taken from, read once for each unit."""
        if card.unit_id not in self._products:
            pinned = Product.objects.filter(catalogue__pins__period=self.period).select_related(
                "catalogue", "unit"
            )
            pinned = pinned.select_related("catalogue__unit", "unit").order_by("code")
            self._products[card.unit_id] = [
                product
                for product in pinned
                if card.unit.path.startswith(product.catalogue.unit.path)
                and (product.unit is None or card.unit.path.startswith(product.unit.path))
                and product.points <= 200  # the largest ones take longer than a month
            ]
        return self._products[card.unit_id]

    def _choose(self, card: Scorecard, number: int) -> list[Product]:
        """Leaders: of their list, and one shared; others: two of the department's, the rest shared."""
        products = self._catalogue_of(card)
        first = ProductScope.LEADERSHIP if card.is_leader else ProductScope.UNIT
        own = [product for product in products if product.scope == first]
        shared = [product for product in products if product.scope == ProductScope.SHARED]
        of_own = number - 1 if card.is_leader else 2
        return [*self._some(own, of_own), *self._some(shared, number - of_own)]

    def _some(self, products: Sequence[Product], number: int) -> list[Product]:
        start = self.draw.below(len(products))
        return [products[(start + step) % len(products)] for step in range(min(number, len(products)))]

    def _assign(self, player: Player, number: int) -> list[Task]:
        given = []
        for product in self._choose(player.card, number):
            most = {1: 9, 2: 3}.get(product.group, 1)
            quantity = Decimal(1 + self.draw.below(most))
            due_on = self.period.starts_on + timedelta(days=7 + self.draw.below(19))
            given.append(
                tasks.assign_task(
                    actor=player.head,
                    moment=self.moment,
                    period=self.period,
                    person=player.card.person,
                    product=product,
                    quantity=quantity,
                    due_on=due_on,
                )
            )
        return given

    def _document(self) -> str:
        """A document number that looks like one; none comes twice."""
        self._documents += 1 + self.draw.below(4)
        return f"{self._documents}/{self.draw.one(('BC', 'CV', 'TTr', 'TB', 'KH'))}-{self.period.year}"

    def _hand_over(self, player: Player, given: list[Task]) -> list[Task]:
        """The last task goes to a colleague: it stays in this person's total and is an extra for the colleague."""
        *kept, task = given
        assert self._taker is not None  # stands before in the department's order
        moving.hand_over(
            actor=player.head,
            moment=self.moment,
            task=task,
            expected=task.version_number,
            quantity=task.assigned,
            taker=self._taker.person,
            due_on=self.period.ends_on - timedelta(days=2),
            reason="Nghỉ ốm một tuần theo giấy của bệnh viện, công việc không chờ được.",
        )
        return kept

    def _report_all(self, player: Player, given: list[Task]) -> list[Task]:
        """Who is steady leaves half of a light task undone, who is slow the lightest and half of a heavier one."""
        by_weight = sorted(given, key=lambda task: ((task.coefficient or 0) * task.assigned, task.pk))
        done = {task.pk: task.assigned for task in given}
        if player.habit == Habit.STEADY:
            done[by_weight[1].pk] = Decimal(int(by_weight[1].assigned / 2))
        if player.habit == Habit.SLOW:
            done[by_weight[0].pk] = Decimal(0)
            done[by_weight[-2].pk] = Decimal(int(by_weight[-2].assigned / 2))
        if player.post == BEHIND:
            done = {task.pk: task.assigned if task is by_weight[0] else Decimal(0) for task in given}
        late = given[-1] if player.post in (LATE, LATE_BY_OBJECTIVE_CAUSE) else None
        if late is not None:
            done[late.pk] = late.assigned
        return [self._report(player, task, done[task.pk], late=task is late) for task in given]

    def _report(self, player: Player, task: Task, completed: Decimal, *, late: bool) -> Task:
        early = timedelta(days=self.draw.below(5))
        completed_on = task.due_on + timedelta(days=2) if late else task.due_on - early
        return tasks.report_task(
            actor=player.own,
            moment=self.moment,
            task=task,
            expected=task.version_number,
            completed=completed,
            completed_on=completed_on if completed else None,
            evidence_number=self._document() if completed else "",
        )

    def _propose(self, player: Player) -> None:
        proposals.propose_task(
            actor=player.own,
            moment=self.moment,
            period=self.period,
            person=player.card.person,
            name="Hỗ trợ đoàn công tác của tỉnh kiểm tra việc số hóa hồ sơ",
            product=None,
            quantity=Decimal(1),
            due_on=self.period.ends_on - timedelta(days=3),
            note="Phát sinh theo lịch của đoàn, ngoài kế hoạch.",
        )

    def _check(self, player: Player, task: Task) -> None:
        late = tasks.proposes_delay(task)
        task = tasks.confirm_task(
            actor=player.head,
            moment=self.moment,
            task=task,
            expected=task.version_number,
            accepted=task.completed,
            delayed=late,
            reason="Sản phẩm nộp sau thời hạn đã giao." if late else "",
        )
        if late and player.post == LATE_BY_OBJECTIVE_CAUSE:
            for delay in task.delays.all():
                deductions.confirm_cause(
                    actor=player.head,
                    moment=self.moment,
                    deduction=delay,
                    reason="Mưa lũ chia cắt địa bàn, không đi kiểm tra thực địa được.",
                )
        if (
            player.post == FAULTY
            and task.completed
            and not Task.objects.filter(person=task.person, period=self.period, faults__isnull=False).exists()
        ):
            deductions.record_fault(
                actor=player.head,
                moment=self.moment,
                task=task,
                unit_number=1,
                reason="Hướng dẫn sai thành phần hồ sơ, người dân phải đi lại lần hai.",
            )

    # --- Scores --------------------------------------------------------------------------------------------
    def _entries(self, player: Player, stage: str) -> dict[str, Entry]:
        criteria = [item for item in player.card.version.compiled().entered if stage in item.stages]
        return {item.key: self._entry(item, player.habit, stage) for item in criteria}

    def _entry(self, criterion: CompiledCriterion, habit: Habit, stage: str) -> Entry:
        own = stage == StageKey.SELF
        values = sorted(
            (option.value for option in criterion.options if option.value is not None), reverse=True
        )
        if values:
            high = own or habit != Habit.SLOW
            return Entry(decimal_text(values[0 if high else -1]), _GROUNDS["high" if high else "low"])
        most, step = criterion.max or Decimal(0), criterion.step or Decimal("0.25")
        least, more = (_SELF_STEPS if own else _EVALUATOR_STEPS)[habit]
        steps = (least + self.draw.below(more)) * (2 if most > 4 else 1)
        return Entry(max(most - step * steps, Decimal(0)))

    def _assess(self, player: Player) -> None:
        card = Scorecard.objects.get(pk=player.card.pk)
        saved = stages.save_self(
            actor=player.own,
            moment=self.moment,
            card=card,
            expected=card.version_number,
            entries=self._entries(player, StageKey.SELF),
            comments={"strengths": self.draw.one(_STRENGTHS), "weaknesses": self.draw.one(_WEAKNESSES)},
        )
        stages.submit_self(
            actor=player.own, moment=self.moment, card=saved.card, expected=saved.card.version_number
        )

    def _return(self, player: Player) -> None:
        card = Scorecard.objects.get(pk=player.card.pk)
        stages.return_to_person(
            actor=player.head,
            moment=self.moment,
            card=card,
            expected=card.version_number,
            reason="Đề nghị nêu rõ hạn chế và bổ sung minh chứng cho tiêu chí về đổi mới, sáng tạo.",
        )

    def _evaluate(self, player: Player) -> None:
        card = Scorecard.objects.get(pk=player.card.pk)
        saved = stages.save_evaluation(
            actor=player.head,
            moment=self.moment,
            card=card,
            expected=card.version_number,
            entries=self._entries(player, StageKey.EVALUATOR),
            comments={"comment": self.draw.one(_COMMENTS)},
        )
        with asked_by(player.head):
            shown = seen.token(saved.card, seen.digest_now(saved.card), self.moment)
        stages.confirm(
            actor=player.head,
            moment=self.moment,
            card=saved.card,
            expected=saved.card.version_number,
            seen=shown,
        )
