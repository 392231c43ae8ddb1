"""Who works while the product is killed: the small world, a few more people, and months to open one after another."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from django.contrib.auth.hashers import Argon2PasswordHasher

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.many import create_many
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.engine import CompiledCriterion
from snippets.domain import projection
from snippets.enums import Capability
from snippets.models import Grant, Period
from snippets.models.periods import ParticipatingUnit
from tests.helpers import world as worlds
from tests.helpers.world import World

PASSWORD = "mùa gặt tháng mười ở Hưng Nguyên"
WRITERS, IDLE = 6, 24


@dataclass
class Town:
    """Account names and keys: what clients of the product know. No client reads the database."""

    staff: dict[str, int]  # account → person
    head: str
    policy: str
    period: int
    product: int
    drafts: list[int]
    scored: dict[str, list[CompiledCriterion]] = field(
        default_factory=dict
    )  # stage → criteria scored by hand


def build(*, months: int) -> Town:
    """Everything before the first request. Nothing is open yet; the first month is opened by the product."""
    with patch.object(worlds, "name_key", _name_key):
        made = worlds.build()
        people = [
            worlds.person(f"NV{number:03}", f"Nguyễn Văn {number}", made.department) for number in range(IDLE)
        ]
    writers = [made.lan, made.minh, *people[: WRITERS - 2]]
    boss = made.extra["boss"]
    password = Argon2PasswordHasher().encode(PASSWORD, "muoi-rat-dai-cho-tests")
    User.objects.filter(pk__in=[one.user_id for one in (*writers, made.head, boss)]).update(password=password)
    drafts = _months(made, months)
    compiled = made.staff.compiled()
    return Town(
        staff={one.user.username: one.pk for one in writers},
        head=made.head.user.username,
        policy=boss.user.username,
        period=made.period.pk,
        product=made.product.pk,
        drafts=drafts,
        scored={
            stage: [each for each in compiled.criteria if each.entered and stage in each.stages]
            for stage in ("self", "evaluator")
        },
    )


def _name_key(code: str, name: str) -> Any:
    return texts.keep(TextKind.NAME, name, person_code=code)


def _months(made: World, count: int) -> list[int]:
    """The world's month with deadlines ahead, and as many drafts after it; history says what the records say."""
    moment: Any = database_now()
    soon, later = moment + timedelta(days=30), moment + timedelta(days=40)
    with as_actor(system_user(), moment):
        made.period.self_due_at, made.period.evaluation_due_at = soon, later
        made.period.save()
        drafts = [
            Period(
                year=2027 + number // 12, number=number % 12 + 1, self_due_at=soon, evaluation_due_at=later,
                starts_on=date(2027 + number // 12, number % 12 + 1, 1),
                ends_on=date(2027 + number // 12, number % 12 + 1, 28),
            )
            for number in range(count)
        ]  # fmt: skip
        create_many(Period, drafts)
        policy = made.extra["boss"].user
        # A grant behind it: each scheduler that starts takes back what no grant stands for.
        Grant.objects.create(
            user=policy, capability=Capability.MANAGE_PERIODS, unit=made.root, starts_on=worlds.SINCE,
            given_by=policy.pk, given_at=moment,
        )  # fmt: skip
        projection.project(policy, moment=moment)
        ParticipatingUnit.objects.bulk_create(
            ParticipatingUnit(period=period, unit=made.agency) for period in drafts
        )
    return [period.pk for period in drafts]
