"""Choices of the registers, and the named groups of them that rules speak of."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Block(models.TextChoices):
    """Khối: an attribute of a unit, not a level of the tree (rules.md §1)."""

    PARTY = "party", _("Party bodies")
    GOVERNMENT = "government", _("Government")
    FRONT = "front", _("Fatherland Front")
    MASS = "mass", _("Socio-political organisations")


class UnitLevel(models.TextChoices):
    """Decides who evaluates whom (Đ10): a fact of the unit, never read off the tree."""

    GROUPING = "grouping", _("Grouping only")
    USING = "using", _("Using agency")
    CONSTITUENT = "constituent", _("Constituent unit")


class StaffKind(models.TextChoices):
    OFFICIAL = "can_bo", _("Cadre (elected or appointed)")
    CIVIL_SERVANT = "cong_chuc", _("Civil servant")
    PUBLIC_EMPLOYEE = "vien_chuc", _("Public employee")
    CONTRACT = "hop_dong", _("Labour-contract staff")


class PostRole(models.TextChoices):
    """The role that an appointment has in its unit."""

    HEAD = "head", _("Head")
    DEPUTY = "deputy", _("Deputy")
    MEMBER = "member", _("Member")


LEADING_ROLES = (PostRole.HEAD, PostRole.DEPUTY)


class PeriodKind(models.TextChoices):
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    HALF = "half", _("Half-year")
    YEAR = "year", _("Year")


class PeriodState(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    OPENING = "opening", _("Opening")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


CALENDAR = "vn"
"""The name of the one calendar of working days, as criteria sets give it."""


class DayKind(models.TextChoices):
    """What a day of the calendar is, in the place of what the weekday says."""

    OFF = "off", _("Day off")
    WORKED = "worked", _("Working day in the place of another")
    ORDINARY = "ordinary", _("As any other weekday")


class CatalogueState(models.TextChoices):
    """Đ13: proposed by the unit, standardised by the personnel body, decided by the head with authority."""

    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent for standardisation")
    APPROVED = "approved", _("Approved")


class ProductScope(models.TextChoices):
    LEADERSHIP = "leadership", _("Leadership and management")
    SHARED = "shared", _("Shared by all units")
    UNIT = "unit", _("Of one unit")


class Frame(models.TextChoices):
    """Two frames side by side (rules.md §2): one card for each person × frame × period."""

    STATE = "state", _("State frame")
    PARTY = "party", _("Party frame")


class Capability(models.TextChoices):
    """What may be held on a unit and covers its subtree."""

    VIEW = "view_cards", _("See cards and tasks")
    EVALUATE = "evaluate", _("Evaluate")
    ASSIGN = "assign_tasks", _("Assign and confirm tasks")
    CLASSIFY = "classify", _("Classify the year")
    MANAGE_PEOPLE = "manage_people", _("Keep people and appointments")
    MANAGE_UNITS = "manage_units", _("Keep units")
    MANAGE_CATALOGUE = "manage_catalogue", _("Keep catalogues")
    APPROVE_CATALOGUE = "approve_catalogue", _("Approve catalogues")
    MANAGE_ACCOUNTS = "manage_accounts", _("Create, reset and deactivate accounts")
    MANAGE_GRANTS = "manage_grants", _("Give and end grants")
    RECEIVE_RESULTS = "receive_results", _("Receive results")
    AUDIT = "audit", _("Read history")
    AUTHOR = "author_criteria", _("Write criteria sets")
    PUBLISH = "publish_criteria", _("Issue criteria sets")
    MANAGE_PERIODS = "manage_periods", _("Open and close periods")
    PROGRESS = "see_progress", _("See progress and totals")


class Role(models.TextChoices):
    """Named bundles of capabilities, given as one act (glossary)."""

    HEAD = "head", _("Unit head")
    CLERK = "clerk", _("Unit clerk")
    PERSONNEL = "personnel", _("Personnel office")
    AUDITOR = "auditor", _("Auditor")
    POLICY = "policy", _("Policy staff")
    ACCESS = "access", _("Access administrator")


ROLE_CAPABILITIES: dict[str, tuple[Capability, ...]] = {
    Role.HEAD: (Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN, Capability.CLASSIFY),
    Role.CLERK: (
        Capability.MANAGE_PEOPLE,
        Capability.MANAGE_CATALOGUE,
        Capability.MANAGE_ACCOUNTS,
        Capability.ASSIGN,
    ),
    Role.PERSONNEL: (
        Capability.VIEW,
        Capability.RECEIVE_RESULTS,
        Capability.MANAGE_PEOPLE,
        Capability.MANAGE_CATALOGUE,
        Capability.APPROVE_CATALOGUE,
        Capability.MANAGE_ACCOUNTS,
        Capability.PROGRESS,
    ),
    Role.AUDITOR: (Capability.AUDIT,),
    Role.POLICY: (Capability.AUTHOR, Capability.PUBLISH, Capability.MANAGE_PERIODS, Capability.PROGRESS),
    Role.ACCESS: (Capability.MANAGE_UNITS, Capability.MANAGE_GRANTS, Capability.MANAGE_ACCOUNTS),
}

# What a head may leave to somebody while absent. Classifying the year, giving grants, auditing and issuing stay.
DELEGABLE = (Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)

# Whoever holds one of these anywhere gets into the Wagtail admin; to everybody else it does not exist.
AUTHORING_CAPABILITIES = (
    Capability.AUTHOR,
    Capability.PUBLISH,
    Capability.MANAGE_PEOPLE,
    Capability.MANAGE_UNITS,
    Capability.MANAGE_CATALOGUE,
    Capability.APPROVE_CATALOGUE,
    Capability.MANAGE_PERIODS,
    Capability.MANAGE_GRANTS,
)


class GrantSource(models.TextChoices):
    DECISION = "decision", _("By decision")
    APPOINTMENT = "appointment", _("From an appointment")
    DELEGATION = "delegation", _("By delegation")
