"""Loads the demonstration: registers all or nothing, then of each period the opening job and what happened in it.

Each step can be told from what stands, so that a loading that was killed is taken up where it ended, and one that is
complete is left alone.
"""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from criteria_pages.demonstration import DANG_QUY
from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.domain.opening import JOB_NAME, choose_versions, open_period
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.core.errors import Refused, WrongState
from kpi_cms.foundation.core.models import Job
from snippets.enums import PeriodState
from snippets.models import Period, Person, Unit

from . import registers
from .organisation import ROOT
from .past import PastMonth
from .people import SEED, people
from .play import Month
from .quarter import SECRETARY, Quarter

Say = Callable[[str], None]
POLICY, SECOND_POLICY, CLERK = "chinh-sach", "chinh-sach-2", "dau-moi"


def load(say: Say, *, moment: datetime | None = None, seed: str = SEED) -> bool:
    """Load what is missing, one sentence for each step; False when nothing was.

    `moment` is the moment the demonstration is told at, the database's own by default. Raises Refused outside a
    demonstration, WrongState in a database that holds an organisation of its own or when the opening job failed.
    """
    if not settings.DEMONSTRATION:
        raise Refused(
            _("The demonstration is loaded with the demonstration's settings only; nothing was written.")
        )
    moment = max(moment or database_now(), registers.first_moment())
    written = False
    if not Unit.objects.filter(code=ROOT).exists():
        if Unit.objects.exists():
            raise WrongState(
                _(
                    "This database holds an organisation of its own. Load the demonstration into an empty database."
                )
            )
        with transaction.atomic():
            _write_registers(say, moment, seed)
        written = True
    # In the order in which they were written: whoever prepares another period gets a later number.
    past, playing, _following, quarter = Period.objects.order_by("pk")[:4]
    for period, play in ((past, _play_past), (quarter, _play_quarter), (playing, _play)):
        if period.state in (PeriodState.DRAFT, PeriodState.OPENING):
            _open(say, moment, period)
            written = True
        if period.state == PeriodState.OPEN and not Task.objects.filter(period=period).exists():
            with transaction.atomic():
                play(say, period, moment, seed)
            written = True
    return written


def _play(say: Say, period: Period, moment: datetime, seed: str) -> None:
    _tell(say, period, Month(period, moment, seed).play(_cards(period, seed)))


def _play_past(say: Say, period: Period, moment: datetime, seed: str) -> None:
    month = PastMonth(period, moment, f"{seed}:past")
    _tell(say, period, month.play(_cards(period, seed)))
    month.close(_account(SECOND_POLICY))
    say(_("%(period)s is closed.") % {"period": period})


def _play_quarter(say: Say, period: Period, moment: datetime, seed: str) -> None:
    quarter, cards = Quarter(period, moment, f"{seed}:quarter"), _cards(period, seed)
    secretary = Person.objects.select_related("user").get(user__username=SECRETARY)
    quarter.name(_account(CLERK), secretary, cards)
    _tell(say, period, quarter.play(cards))


def _tell(say: Say, period: Period, count: int) -> None:
    say(
        _("%(period)s: tasks, self-assessments and evaluations of %(count)d people.")
        % {"period": period, "count": count}
    )


def _account(username: str) -> User:
    return User.objects.get(username=username)


def _write_registers(say: Say, moment: datetime, seed: str) -> None:
    actor = system_user()
    with as_actor(actor, moment):
        units = registers.write_units(actor, moment)
        say(_("%(count)d units.") % {"count": len(units)})
        registers.write_positions(actor, moment)
        registers.write_calendar(actor, moment)
        everybody = registers.write_people(actor, moment, people(seed))
        registers.write_appointments(actor, moment, everybody, units)
        registers.write_accounts(actor, moment, everybody, units)
        accounts = User.objects.filter(person__isnull=False).count()
        say(
            _("%(people)d people with their appointments, %(accounts)d accounts.")
            % {"people": len(everybody), "accounts": accounts}
        )
    author, issuer = _account(POLICY), _account(SECOND_POLICY)
    sets = registers.write_criteria(author, issuer, moment)
    say(_("%(count)d criteria sets, issued.") % {"count": sets})
    items = registers.write_library(author, moment)
    say(_("%(count)d items in the library of criteria.") % {"count": items})
    with as_actor(actor, moment):
        products = registers.write_catalogues(actor, moment, units)
        say(
            _("A catalogue of %(count)d products, approved for each unit of the pilot.") % {"count": products}
        )
        periods = registers.write_periods(actor, moment, units)
        say(
            _("%(count)d periods: %(periods)s.")
            % {"count": len(periods), "periods": ", ".join(map(str, periods))}
        )
    quarterly = CriteriaVersion.objects.get(set_code=DANG_QUY.code)
    choose_versions(actor=author, moment=moment, period=periods[-1], versions=[quarterly])


def _open(say: Say, moment: datetime, period: Period) -> None:
    """Run the opening job here and now; a job that a worker began is left to it only while it is alive."""
    key = f"{JOB_NAME}:{period.pk}"
    job = Job.objects.unfinished().filter(key=key).first()
    if job is None:
        job = open_period(actor=_account(POLICY), moment=moment, period=period)
    jobs.run_job.call(str(job.pk))
    period.refresh_from_db()
    if period.state != PeriodState.OPEN:
        job.refresh_from_db()
        raise WrongState(
            _("The period could not be opened: %(message)s")
            % {"message": job.message or job.get_state_display()}
        )
    say(
        _("%(period)s is open: %(count)d scorecards.")
        % {"period": period, "count": Scorecard.objects.filter(period=period).count()}
    )


def _cards(period: Period, seed: str) -> dict[str, Scorecard]:
    """Post → card, with what playing asks of it."""
    codes = {person.staff_code: person.post.key for person in people(seed)}
    cards = Scorecard.objects.filter(period=period, person__staff_code__in=list(codes)).select_related(
        "period", "person__user", "unit", "agency", "version", "evaluator__user"
    )
    return {codes[card.person.staff_code]: card for card in cards.order_by("pk")}
