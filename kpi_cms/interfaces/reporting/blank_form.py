"""Form 01 as nobody filled it in yet: what a draft of a criteria set would be printed as. Records nothing."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from criteria_pages.enums import Evaluated
from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.core.errors import WrongState
from kpi_cms.interfaces.reporting.beside_form import (
    beside_the_form,
    has_leaders_ratios,
    ratio_code,
    results_formula,
    whose_points,
)
from kpi_cms.interfaces.reporting.card_form import SUBJECTS, maximum_of, name_of, section_of
from kpi_cms.interfaces.reporting.forms import Form01, Form01Ratio, Form01Ratios, Signature
from snippets.enums import StaffKind

PLACE = "…………"
EMPTY = Form01Ratio(value=None, missing="")


def blank_form01(version: CriteriaVersion, moment: datetime) -> Form01:
    """The form of a version that is not issued, without a card, its code and the mark of the ledger.

    Raises WrongState for a set that evaluates organisations: no card is opened with it.
    """
    if version.evaluates == Evaluated.ORGANISATIONS:
        raise WrongState(
            _("This set evaluates organisations: no card is opened with it, so there is no form to print.")
        )
    with override("vi"):
        return _blank(version, moment)


def _blank(version: CriteriaVersion, moment: datetime) -> Form01:
    compiled = version.compiled()
    leader = EMPTY if has_leaders_ratios(compiled) else None
    a, b, c = (EMPTY if ratio_code(compiled, each) else None for each in ("quantity", "quality", "progress"))
    kinds = (version.specification.get("applicability") or {}).get("staff_kinds") or [StaffKind.CIVIL_SERVANT]
    return Form01(
        layout="party" if version.frame == "party" else "state",
        agency=PLACE,
        period=PLACE,
        full_name="",
        position="",
        unit="",
        subject=SUBJECTS[StaffKind(kinds[0])],
        sections=tuple(
            section_of(compiled, section) for section in compiled.sections if section.part == "common"
        ),
        total_maximum=maximum_of(compiled, "common"),
        total_score=None,
        common_label=name_of(compiled, "common"),
        result_label=name_of(compiled, "results"),
        own_label=whose_points(compiled),
        blank=True,
        ratios=Form01Ratios(
            a=a,
            b=b,
            c=c,
            d=leader,
            dd=leader,
            e=leader,
            formula=results_formula(compiled),
        ),
        annex_notes=tuple(beside_the_form(compiled, None)),
        penalty=compiled.specification.settings.penalty_per_fault,
        self_signature=Signature(),
        evaluator_signature=Signature(),
        card_code="",
        version_number=_("%(code)s (draft)") % {"code": version.set_code},
        version_hash=version.sha256,
        moment=moment,
    )
