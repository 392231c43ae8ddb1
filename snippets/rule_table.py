"""Every act on units, people, accounts, catalogues, periods being prepared and grants: who may, and when.

`snippets/rules.py` asks these rows. A capability on a unit covers everything below it; an act that concerns two units
is asked about each. The registers' own lists and forms add nothing: their viewsets name the capabilities of these rows.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.rules import SIGNED_IN, SYSTEM, Reach, Rule
from kpi_cms.foundation.core.errors import Sentence

from .enums import AUTHORING_CAPABILITIES, Capability, CatalogueState, PeriodState

DOMAIN = "snippets.domain"
ACCOUNTS = "kpi_cms.foundation.accounts.domain"
IMPORTS = "kpi_cms.interfaces.exchange.domain"
EXPORTS = "kpi_cms.interfaces.workspace.exporting"
# Holding anything at all on a unit makes it seen: a refusal then says who may, instead of denying that it is there.
EVERYTHING: tuple[str, ...] = tuple(Capability.values)

ONESELF = "oneself"
GIVER = "giver"  # of a delegation
SENDER = "sender"  # of a catalogue

_KEEPERS: dict[str, Sentence] = {
    Capability.MANAGE_UNITS: _(
        "You do not keep units here. Ask the access administrator to make the change."
    ),
    Capability.MANAGE_PEOPLE: _(
        "You do not keep the people of this unit. Ask its clerk or the personnel office."
    ),
    Capability.MANAGE_CATALOGUE: _(
        "You do not keep the catalogue of this unit. Ask its clerk or the personnel office."
    ),
    Capability.APPROVE_CATALOGUE: _(
        "You cannot decide the catalogue of this unit. Send it to the personnel office."
    ),
    Capability.MANAGE_ACCOUNTS: _(
        "You do not keep the accounts of this unit. Ask its clerk or the personnel office."
    ),
    Capability.MANAGE_GRANTS: _("You cannot give or end grants on this unit. Ask the access administrator."),
    Capability.MANAGE_PERIODS: _("You do not keep the periods of this unit. Ask the policy staff."),
}


def _kept(capability: Capability, subject: str, act: str, label: Sentence, *verbs: str, **more: Any) -> Rule:
    """An act of whoever keeps this register on the unit, and of the system's own account."""
    return Rule(
        **{
            "act": act,
            "label": label,
            "subject": subject,
            "verbs": verbs,
            "relations": (SYSTEM,),
            "capabilities": (capability,),
            "seen_with": EVERYTHING,
            "refusal": _KEEPERS[capability],
            **more,
        }
    )


# --- Units -------------------------------------------------------------------------------------------------
def _unit(act: str, label: Sentence, **more: Any) -> Rule:
    return _kept(
        Capability.MANAGE_UNITS,
        "unit",
        act,
        label,
        f"{DOMAIN}.organisation.{act}",
        reach=Reach.EVERY_UNIT,
        **more,
    )


CREATE_UNIT = _unit("create_unit", _("Add a unit below another"))
RENAME_UNIT = _unit("rename_unit", _("Rename a unit"))
CHANGE_UNIT = _unit("change_unit", _("Change a unit"))
MOVE_UNIT = _unit("move_unit", _("Move a unit"), note=_("Asked of the unit and of the one it moves to."))
CLOSE_UNIT = _unit("close_unit", _("Close a unit"))
CREATE_ROOT = Rule(
    act="create_root",
    label=_("Add a unit at the top of the tree"),
    subject="unit",
    verbs=(f"{DOMAIN}.organisation.create_unit",),
    relations=(SYSTEM,),
    seen_by=(SIGNED_IN,),
    refusal=_(
        "A unit at the top of the tree is set up when the system is installed. Choose the unit above it."
    ),
)

# --- People ------------------------------------------------------------------------------------------------
_DECIDED_BY_OTHERS = {ONESELF: _("Somebody else must decide this about you. Ask the personnel office.")}


def _people(act: str, label: Sentence, *verbs: str, **more: Any) -> Rule:
    return _kept(
        Capability.MANAGE_PEOPLE,
        "person",
        act,
        label,
        *(f"{DOMAIN}.people.{verb}" for verb in verbs),
        reach=Reach.EVERY_UNIT,
        **more,
    )


REGISTER_PERSON = _people("register_person", _("Register a person"), "records.register_person")
CHANGE_PERSON = _people("change_person", _("Change a person's record"), "records.change_person")
APPOINT = _people(
    "appoint",
    _("Appoint or transfer a person"),
    "appointments.appoint",
    "appointments.transfer",
    forbidden=_DECIDED_BY_OTHERS,
    note=_("Asked of the person's unit and of the new one. Of oneself only headship is forbidden."),
)
END_APPOINTMENT = _people("end_appointment", _("End an appointment"), "appointments.end_appointment")
LEAVE_SERVICE = _people("leave_service", _("Record that a person left"), "leaving.leave_service")
CORRECT_LEAVING = _people(
    "correct_leaving",
    _("Correct or withdraw that a person left"),
    "leaving.correct_leaving",
    forbidden=_DECIDED_BY_OTHERS,
)
ASSIGN_FIELD = _people(
    "assign_field",
    _("Assign a field to a deputy, or end it"),
    "decisions.assign_field",
    "decisions.end_field",
    law="Đ15.4",
    forbidden=_DECIDED_BY_OTHERS,
)
DECIDE_EVALUATOR = _people(
    "decide_evaluator",
    _("Name a person's evaluator by a decision, or end it"),
    "decisions.decide_evaluator",
    "decisions.end_evaluator_decision",
    law="Đ10",
    forbidden=_DECIDED_BY_OTHERS,
)
IMPORT_PEOPLE = _people(
    "import_people",
    _("Import people from a workbook"),
    "imports.apply_people_import",
    note=_("Asked of the unit of each row; a row of another unit is reported without a name."),
)

# --- Accounts ----------------------------------------------------------------------------------------------
CREATE_ACCOUNT = _kept(
    Capability.MANAGE_ACCOUNTS,
    "account",
    "create_account",
    _("Create a person's account"),
    f"{DOMAIN}.people.accounts.create_account_for",
    f"{ACCOUNTS}.create_account",
    f"{ACCOUNTS}.create_accounts",
    note=_(
        "Asked of the person's unit and of every unit where the person works, decides or holds something, now or "
        "later: a first password is the power to act as its owner."
    ),
)
KEEP_ACCOUNT = _kept(
    Capability.MANAGE_ACCOUNTS,
    "account",
    "keep_account",
    _("Reset, unlock or deactivate an account"),
    f"{DOMAIN}.people.accounts.reset_account",
    f"{DOMAIN}.people.accounts.unlock_account",
    f"{DOMAIN}.people.accounts.deactivate_account",
    f"{ACCOUNTS}.reset_password",
    f"{ACCOUNTS}.unlock",
    f"{ACCOUNTS}.deactivate",
    reach=Reach.EVERY_UNIT,
    note=_(
        "Asked of the person's unit and of every unit where the person works, decides or holds something, now or "
        "later: a new password is the power to act as its owner."
    ),
)
# What both read to somebody who keeps the accounts of the person's unit, and not of everything the person reaches.
OUTSIDE_YOUR_ACCOUNTS = _(
    "This person works, decides or holds rights outside the units whose accounts you keep, now or later. Ask the "
    "access administrator."
)
EXPLAIN_ACCOUNT = Rule(
    act="explain_account",
    label=_("See what an account can see"),
    subject="account",
    relations=(ONESELF,),
    capabilities=(Capability.MANAGE_GRANTS, Capability.AUDIT),
    note=_("Asked of the person's unit and of every unit on which the account holds something."),
)
VIEW_AS = _kept(
    Capability.MANAGE_GRANTS,
    "account",
    "view_as",
    _("Look as another account"),
    f"{DOMAIN}.view_as.begin",
    f"{DOMAIN}.view_as.record_page",
    f"{DOMAIN}.view_as.end",
    reach=Reach.EVERY_UNIT,
    forbidden={ONESELF: _("This is your own account. Choose somebody else's.")},
    note=_(
        "On every unit that says something about the account; never as somebody who gives grants or reads history. "
        "Nothing can be changed meanwhile."
    ),
)
CHANGE_OWN_PASSWORD = Rule(
    act="change_own_password",
    label=_("Change one's own password"),
    subject="account",
    verbs=(f"{ACCOUNTS}.change_own_password",),
    relations=(ONESELF,),
)

# --- Lists of the whole province ---------------------------------------------------------------------------
KEEP_POSITIONS = Rule(
    act="keep_positions",
    label=_("Keep the lists of positions"),
    subject="list",
    verbs=tuple(
        f"{DOMAIN}.positions.{verb}"
        for verb in ("create_position", "change_position", "create_job_position", "change_job_position")
    ),
    relations=(SYSTEM,),
    capabilities=(Capability.MANAGE_PEOPLE, Capability.MANAGE_UNITS),
    reach=Reach.TOP,
    refusal=_("The list of positions is kept for the whole province. Ask the personnel office to change it."),
    seen_by=(SIGNED_IN,),
)
KEEP_CALENDAR = Rule(
    act="keep_calendar",
    label=_("Keep the calendar of working days"),
    subject="list",
    verbs=(f"{DOMAIN}.calendar.register_day", f"{DOMAIN}.calendar.change_day"),
    relations=(SYSTEM,),
    capabilities=(Capability.MANAGE_PERIODS, Capability.MANAGE_PEOPLE),
    reach=Reach.TOP,
    refusal=_(
        "The working calendar is kept for the whole province. Ask the policy staff or the personnel office."
    ),
    seen_by=(SIGNED_IN,),
    note=_("A period that was opened keeps the days as they stood then."),
)


# --- Catalogues --------------------------------------------------------------------------------------------
def _catalogue(act: str, label: Sentence, *verbs: str, **more: Any) -> Rule:
    names = (f"{DOMAIN}.catalogue.{verb}" for verb in verbs)
    capability = more.pop("capability", Capability.MANAGE_CATALOGUE)
    return _kept(capability, "catalogue", act, label, *names, law="Đ13", **more)


DRAFT, SENT = (CatalogueState.DRAFT,), (CatalogueState.SENT,)
CREATE_CATALOGUE = _catalogue("create_catalogue", _("Begin a catalogue"), "workflow.create_catalogue")
COPY_CATALOGUE = _catalogue(
    "copy_catalogue", _("Begin the next version of a catalogue"), "workflow.copy_catalogue"
)
CHANGE_CATALOGUE = _catalogue(
    "change_catalogue",
    _("Change a catalogue and its products"),
    "workflow.change_catalogue",
    "products.add_product",
    "products.change_product",
    "products.remove_product",
    states=DRAFT,
)
SEND_CATALOGUE = _catalogue(
    "send_catalogue", _("Send a catalogue for standardisation"), "workflow.send_catalogue", states=DRAFT
)
RETURN_CATALOGUE = _catalogue(
    "return_catalogue",
    _("Return a catalogue to its unit"),
    "workflow.return_catalogue",
    capability=Capability.APPROVE_CATALOGUE,
    states=SENT,
)
APPROVE_CATALOGUE = _catalogue(
    "approve_catalogue",
    _("Approve a catalogue"),
    "workflow.approve_catalogue",
    capability=Capability.APPROVE_CATALOGUE,
    forbidden={
        SENDER: _(
            "You sent this catalogue, so somebody else approves it. Ask another member of the personnel office."
        )
    },
    states=SENT,
)
IMPORT_CATALOGUE = _catalogue(
    "import_catalogue", _("Import a catalogue from a workbook"), "imports.apply_catalogue_import"
)

# --- Periods being prepared --------------------------------------------------------------------------------
CREATE_PERIOD = _kept(
    Capability.MANAGE_PERIODS,
    "period",
    "create_period",
    _("Prepare a period"),
    f"{DOMAIN}.periods.create_period",
    reach=Reach.EVERY_UNIT,
)
CHANGE_PERIOD = _kept(
    Capability.MANAGE_PERIODS,
    "period",
    "change_period",
    _("Change a period's deadlines and units"),
    f"{DOMAIN}.periods.change_period",
    reach=Reach.EVERY_UNIT,
    states=(PeriodState.DRAFT, PeriodState.OPEN),
    note=_("Once it is open only the deadlines, with a reason."),
)

# --- Grants ------------------------------------------------------------------------------------------------
GIVE_GRANT = _kept(
    Capability.MANAGE_GRANTS,
    "grant",
    "give_grant",
    _("Give a role or a capability"),
    f"{DOMAIN}.grants.give",
    f"{DOMAIN}.grants.give_role",
)
END_GRANT = _kept(
    Capability.MANAGE_GRANTS, "grant", "end_grant", _("End a grant"), f"{DOMAIN}.grants.end_grant"
)
DELEGATE = Rule(
    act="delegate",
    label=_("Delegate while one is absent"),
    subject="grant",
    verbs=(f"{DOMAIN}.delegation.delegate",),
    capabilities=(Capability.EVALUATE,),
    seen_with=EVERYTHING,
    refusal=_("You hold nothing on this unit that can be delegated."),
    note=_(
        "Evaluating, and with it reading and assigning: only what one holds in one's own right, on its unit or below, "
        "within its days and at most for the days that the settings allow; to somebody of one's own units, who cannot "
        "pass it on."
    ),
)
END_DELEGATION = _kept(
    Capability.MANAGE_GRANTS,
    "grant",
    "end_delegation",
    _("End a delegation"),
    f"{DOMAIN}.delegation.end_delegation",
    relations=(SYSTEM, GIVER),
)
REVIEW_GRANTS = Rule(
    act="review_grants",
    label=_("Review who holds what and who may what, and take it along"),
    subject="grant",
    verbs=(f"{EXPORTS}.export_review", f"{EXPORTS}.export_rules"),
    reading=True,
    capabilities=(Capability.MANAGE_GRANTS, Capability.AUDIT),
    note=_("Of the units on which the reader holds one of the two."),
)
TURN_THE_DAY = Rule(
    act="turn_the_day",
    label=_("Let dated grants and appointments begin and end"),
    subject="grant",
    verbs=(
        f"{DOMAIN}.projection.check_all",
        f"{DOMAIN}.projection.project_all",
        f"{DOMAIN}.people.appointments.settle_units",
    ),
    relations=(SYSTEM,),
)

# --- The Wagtail admin -------------------------------------------------------------------------------------
ENTER_ADMIN = Rule(
    act="enter_admin",
    label=_("Enter the registers and the editor of criteria sets"),
    subject="list",
    capabilities=AUTHORING_CAPABILITIES,
    reach=Reach.ANYWHERE,
    note=_("To everybody else the address does not exist."),
)

# --- Imports' uploads --------------------------------------------------------------------------------------
KEEP_UPLOAD = Rule(
    act="keep_upload",
    label=_("Upload a workbook, apply it, and take its first passwords"),
    subject="upload",
    verbs=tuple(
        f"{IMPORTS}.{verb}"
        for verb in ("keep_upload", "apply_people_upload", "apply_catalogue_upload", "take_passwords")
    ),
    relations=(ONESELF,),
    note=_("An upload belongs to whoever made it; what is in it is asked row by row when it is applied."),
)
FORGET_UPLOADS = Rule(
    act="forget_uploads",
    label=_("Forget uploads whose hour is over"),
    subject="upload",
    verbs=(f"{IMPORTS}.forget_uploads",),
    relations=(SYSTEM,),
)

UNIT_RULES = (CREATE_UNIT, CREATE_ROOT, RENAME_UNIT, CHANGE_UNIT, MOVE_UNIT, CLOSE_UNIT)
PEOPLE_RULES = (
    REGISTER_PERSON,
    CHANGE_PERSON,
    APPOINT,
    END_APPOINTMENT,
    LEAVE_SERVICE,
    CORRECT_LEAVING,
    ASSIGN_FIELD,
    DECIDE_EVALUATOR,
    IMPORT_PEOPLE,
)
ACCOUNT_RULES = (CREATE_ACCOUNT, KEEP_ACCOUNT, EXPLAIN_ACCOUNT, VIEW_AS, CHANGE_OWN_PASSWORD)
CATALOGUE_RULES = (
    CREATE_CATALOGUE,
    COPY_CATALOGUE,
    CHANGE_CATALOGUE,
    SEND_CATALOGUE,
    RETURN_CATALOGUE,
    APPROVE_CATALOGUE,
    IMPORT_CATALOGUE,
)
PERIOD_RULES = (CREATE_PERIOD, CHANGE_PERIOD)
GRANT_RULES = (GIVE_GRANT, END_GRANT, DELEGATE, END_DELEGATION, REVIEW_GRANTS, TURN_THE_DAY)
UPLOAD_RULES = (KEEP_UPLOAD, FORGET_UPLOADS)
TABLE = (
    *UNIT_RULES,
    *PEOPLE_RULES,
    *ACCOUNT_RULES,
    ENTER_ADMIN,
    KEEP_POSITIONS,
    KEEP_CALENDAR,
    *CATALOGUE_RULES,
    *PERIOD_RULES,
    *GRANT_RULES,
    *UPLOAD_RULES,
)
