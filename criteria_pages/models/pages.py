"""The working copy of a criteria set: a Wagtail page, written in typed blocks.

A page is edited as often as its author likes; nobody is scored with it. Issuing (`domain.publishing`) freezes a
version, and only that makes the page live: see `CriteriaSetPage.save`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from kpi_cms.foundation.core.errors import WrongState
from snippets.enums import Block, Frame, PeriodKind, StaffKind
from snippets.models import JobPosition, Position, Unit

from ..blocks import (
    BandsBlock,
    DocumentsBlock,
    ExamplesBlock,
    FactsBlock,
    GatesBlock,
    LongerPeriodsBlock,
    PartsBlock,
    QuotasBlock,
    RatersBlock,
    StagesBlock,
    StepClausesBlock,
)
from ..blocks.shared import FORMULA_LENGTH
from ..enums import (
    BandSource,
    Evaluated,
    Law,
    Leadership,
    Means,
    NothingAssigned,
    PenaltyScope,
    RoundingMode,
    RoundingWhen,
    TotalKind,
    Unconfirmed,
    WithoutResult,
)
from ..fields import ChoiceListField, CodeListField
from .editor import EDITOR
from .permissions import CriteriaIndexPermissions, CriteriaSetPermissions

_issuing: ContextVar[bool] = ContextVar("issuing", default=False)


@contextmanager
def issuing() -> Iterator[None]:
    """Around the one place that may make a criteria set live (`domain.publishing.publish`)."""
    token = _issuing.set(True)
    try:
        yield
    finally:
        _issuing.reset(token)


def position_options() -> Iterable[tuple[str, str]]:
    """Positions by code: the register may grow while a set stands."""
    return Position.objects.order_by("title").values_list("code", "title")


def job_position_options() -> Iterable[tuple[str, str]]:
    """Job positions by code."""
    return JobPosition.objects.order_by("title").values_list("code", "title")


def units_unknown(codes: Iterable[str]) -> str:
    """The sentence that names the codes no unit has, "" when each has its unit."""
    wanted = set(codes)
    missing = sorted(wanted.difference(Unit.objects.filter(code__in=wanted).values_list("code", flat=True)))
    if not missing:
        return ""
    return _("No unit has the code %(codes)s: correct it, or take it out.") % {"codes": ", ".join(missing)}


def setting(label: Any, default: str, help_text: Any, **options: Any) -> models.DecimalField:
    """A decimal setting of the rules that rules.md calls open."""
    return models.DecimalField(
        label,
        max_digits=8,
        decimal_places=3,
        default=Decimal(default),
        validators=[MinValueValidator(0)],
        help_text=help_text,
        **options,
    )


def default_managed_kinds() -> list[str]:
    """Đ15.3.a speaks of công chức; other kinds are open (rules.md §4)."""
    return [StaffKind.CIVIL_SERVANT.value]


class CriteriaIndexPage(Page):
    """The folder of all criteria sets; there is one."""

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["criteria_pages.CriteriaSetPage"]
    max_count = 1
    preview_modes: list[Any] = []
    private_page_options: list[str] = []
    wagtail_reference_index_ignore = True
    content_panels = [FieldPanel("title")]
    promote_panels: list[Any] = []
    settings_panels: list[Any] = []

    class Meta:
        verbose_name = _("list of criteria sets")
        verbose_name_plural = _("lists of criteria sets")

    def permissions_for_user(self, user: Any) -> CriteriaIndexPermissions:
        return CriteriaIndexPermissions(user, self)


class CriteriaSetPage(Page):
    """Bộ tiêu chí. Issued by `criteria_pages.domain.publishing.publish` only, which freezes a `CriteriaVersion`.

    Fields hold what `specification_of` freezes; title, dates and legal basis describe a version and are no part of
    its digest. Revisions are this page's history.
    """

    code = models.CharField(
        _("code"),
        max_length=60,
        blank=True,
        validators=[
            RegexValidator(
                r"^[A-Z0-9]+(-[A-Z0-9]+)*$",
                _("Write the code in capital letters and digits, joined by hyphens."),
            )
        ],
        help_text=_("Unique, for example ND335-NV. It does not change once a version is issued."),
    )
    frame = models.CharField(_("frame"), max_length=6, choices=Frame, default=Frame.STATE)
    law = models.CharField(
        _("fixed by"),
        max_length=10,
        choices=Law,
        default=Law.ND335,
        blank=True,
        help_text=_(
            "What the decree fixes is checked when the set is issued: 30 and 70, the bands, 25% a fault."
        ),
    )
    is_demonstration = models.BooleanField(
        _("demonstration only"),
        default=False,
        help_text=_("Readers are told that the province has not issued this set."),
    )
    legal_basis = StreamField(DocumentsBlock(required=False), blank=True, verbose_name=_("legal basis"))
    parts = StreamField(
        PartsBlock(required=False), blank=True, verbose_name=_("parts, sections and criteria")
    )

    evaluates = models.CharField(
        _("evaluates"),
        max_length=13,
        choices=Evaluated,
        default=Evaluated.PEOPLE,
        help_text=_(
            "A set for organisations names no kinds of staff and no posts, and no card is opened with it."
        ),
    )
    staff_kinds = ChoiceListField(_("kinds of staff"), blank=True, options=lambda: StaffKind.choices)
    leadership = models.CharField(_("who of them"), max_length=8, choices=Leadership, default=Leadership.ANY)
    positions = ChoiceListField(
        _("positions"),
        blank=True,
        options=position_options,
        many=True,
        help_text=_("None chosen: every position."),
    )
    job_positions = ChoiceListField(
        _("job positions"),
        blank=True,
        options=job_position_options,
        many=True,
        help_text=_("None chosen: every job position, and posts without one."),
    )
    unit_blocks = ChoiceListField(
        _("blocks"), blank=True, options=lambda: Block.choices, help_text=_("None chosen: every block.")
    )
    units = CodeListField(
        _("units"),
        blank=True,
        unknown=units_unknown,
        help_text=_("Codes of units, one a line, each with everything below it. None: every unit."),
    )
    takes_precedence = models.BooleanField(
        _("takes precedence"),
        default=False,
        help_text=_(
            "Over sets that name no position, job position or unit. Of several sets that take precedence, the one that "
            "names more of these three counts; where they name as many, nobody gets a card before one of them is "
            "changed."
        ),
    )
    period_kinds = ChoiceListField(_("periods"), blank=True, options=lambda: PeriodKind.choices)
    effective_on = models.DateField(_("in effect from"), null=True, blank=True)
    effective_until = models.DateField(
        _("in effect to"), null=True, blank=True, help_text=_("The last day; empty while no end is set.")
    )

    stages = StreamField(StagesBlock(required=False), blank=True, verbose_name=_("stages"))
    bands = StreamField(
        BandsBlock(required=False),
        blank=True,
        verbose_name=_("bands"),
        help_text=_("From the highest to the lowest."),
    )
    band_value = models.CharField(
        _("what a band stands for"),
        max_length=160,
        blank=True,
        help_text=_(
            "Where each band has a value, such as a coefficient of additional income: what it is called. Empty: bands "
            "have no value."
        ),
    )
    total_kind = models.CharField(_("total"), max_length=8, choices=TotalKind, default=TotalKind.SUM)
    total_expression = models.CharField(
        _("formula of the total"),
        max_length=FORMULA_LENGTH,
        blank=True,
        help_text=_(
            "Over the codes of parts, sections and criteria, for example MIN(common + results + bonus; 100)."
        ),
    )
    total_max = models.DecimalField(
        _("maximum of the total"),
        max_digits=8,
        decimal_places=3,
        default=Decimal(100),
        validators=[MinValueValidator(0)],
    )
    places = models.PositiveSmallIntegerField(
        _("places"),
        default=2,
        validators=[MaxValueValidator(6)],
        help_text=_(
            "Decimals that are shown; the band is read from the exact total unless the settings say so."
        ),
    )
    rounding_mode = models.CharField(
        _("rounding"), max_length=7, choices=RoundingMode, default=RoundingMode.HALF_UP
    )
    rounding_when = models.CharField(
        _("what is rounded"), max_length=8, choices=RoundingWhen, default=RoundingWhen.TOTAL
    )
    facts = StreamField(
        FactsBlock(required=False),
        blank=True,
        verbose_name=_("facts"),
        help_text=_("What gates ask besides the points, such as a disciplinary decision."),
    )
    gates = StreamField(
        GatesBlock(required=False),
        blank=True,
        verbose_name=_("gates"),
        help_text=_("Conditions that force a band or limit it."),
    )
    quotas = StreamField(
        QuotasBlock(required=False),
        blank=True,
        verbose_name=_("quotas"),
        help_text=_(
            "How many may be in a band. None: the decree's quota where the set follows it, else no quota."
        ),
    )
    aggregation = StreamField(
        LongerPeriodsBlock(required=False),
        blank=True,
        verbose_name=_("quarter, half-year and year"),
        help_text=_("How shorter periods make a longer one. None: the means of the decree."),
    )
    raters = StreamField(
        RatersBlock(required=False),
        blank=True,
        verbose_name=_("weights of several raters"),
        help_text=_(
            "100% together. None: one stage decides. Several may score for a collective: a decision then says who they "
            "are."
        ),
    )

    ratio_cap = setting(
        _("highest value of each ratio"),
        "1",
        _("1 is 100%. Empty: no cap but the section's."),
        null=True,
        blank=True,
    )
    penalty_scope = models.CharField(
        _("a fault or delay lowers"), max_length=6, choices=PenaltyScope, default=PenaltyScope.UNIT
    )
    penalty_per_fault = setting(
        _("deduction for each fault or delay"), "0.25", _("A share: 0.25 is 25%, which the decree fixes.")
    )
    nobody_managed = setting(_("result of a leader who manages nobody"), "1", _("A share: 1 is 100%."))
    managed_kinds = ChoiceListField(
        _("kinds of staff that count for the people managed"),
        blank=True,
        default=default_managed_kinds,
        options=lambda: StaffKind.choices,
        help_text=_("The decree speaks of civil servants."),
    )
    managed_without_result = models.CharField(
        _("people managed who have no result"),
        max_length=10,
        choices=WithoutResult,
        default=WithoutResult.LEFT_OUT,
    )
    managed_unconfirmed = models.CharField(
        _("people managed who are not confirmed yet"),
        max_length=10,
        choices=Unconfirmed,
        default=Unconfirmed.PENDING,
    )
    nothing_assigned = models.CharField(
        _("nothing assigned in the period"),
        max_length=12,
        choices=NothingAssigned,
        default=NothingAssigned.INSUFFICIENT,
        help_text=_("Even where extra tasks were done."),
    )
    band_from = models.CharField(
        _("bands are read from"),
        max_length=8,
        choices=BandSource,
        default=BandSource.EXACT,
        help_text=_("Also whether the people managed have the points that everybody must reach."),
    )
    extras_warning = setting(
        _("warn of extra tasks above"), "0.3", _("Their share of the quantity assigned: 0.3 is 30%.")
    )
    moved_leaves_total = models.BooleanField(
        _("work that the head moves before its due date leaves the total"), default=True
    )
    means_of = models.CharField(
        _("quarter and year are the mean of"), max_length=10, choices=Means, default=Means.PUBLISHED
    )
    step_clauses = StreamField(
        StepClausesBlock(required=False),
        blank=True,
        verbose_name=_("clauses of the calculation"),
        help_text=_("Only where the set does not follow the decree."),
    )
    examples = StreamField(
        ExamplesBlock(required=False),
        blank=True,
        verbose_name=_("examples"),
        help_text=_("Each must come to its total and band before the set can be issued."),
    )

    parent_page_types = ["criteria_pages.CriteriaIndexPage"]
    subpage_types: list[str] = []
    preview_modes: list[Any] = []
    private_page_options: list[str] = []
    exclude_fields_in_copy = ["code", "effective_on", "effective_until"]
    wagtail_reference_index_ignore = True

    edit_handler = EDITOR

    class Meta:
        verbose_name = _("criteria set")
        verbose_name_plural = _("criteria sets")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="criteria_page_code",
                violation_error_message=_("Another criteria set has this code. Choose another one."),
            ),
        ]

    def permissions_for_user(self, user: Any) -> CriteriaSetPermissions:
        return CriteriaSetPermissions(user, self)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save the working copy; going live, or ceasing to be, is refused outside `issuing`.

        Every door of Wagtail ends here: its editor, bulk actions, admin API, scheduler, workflows and aliases call
        the publishing action directly, past permissions and past `Page.publish`; this is the last common step, and
        it comes before anything is written.
        """
        fields = kwargs.get("update_fields")
        if not _issuing.get() and (fields is None or "live" in fields):
            self._refuse_change_of_live()
        return super().save(*args, **kwargs)

    def _refuse_change_of_live(self) -> None:
        stored = type(self).objects.filter(pk=self.pk).values_list("live", "live_revision_id").first()
        was_live, revision = stored or (False, None)
        if self.live and (not was_live or revision != self.live_revision_id):
            raise WrongState(_("A criteria set takes effect by being issued. Use “Issue” on its page."))
        if was_live and not self.live:
            raise WrongState(
                _(
                    "An issued criteria set cannot be withdrawn. Set the last day it is in effect and issue it again."
                )
            )

    def with_content_json(self, content: Any) -> Any:
        """A revision as a page. Dates of effect are the only schedule: Wagtail's own is dropped."""
        page = super().with_content_json(content)
        page.go_live_at = page.expire_at = None
        return page

    def get_admin_display_title(self) -> str:
        title = super().get_admin_display_title()
        return f"{self.code} · {title}" if self.code else title

    @property
    def effect(self) -> tuple[date | None, date | None]:
        """First and last day in effect."""
        return self.effective_on, self.effective_until
