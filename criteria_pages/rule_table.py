"""Every act on criteria sets: who may. When is the state of a set, which publishing checks."""

from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.rules import SIGNED_IN, SYSTEM, Reach, Rule
from snippets.enums import Capability

WRITE = Rule(
    act="write_criteria",
    label=_("Write criteria sets, check and try them, and keep their library"),
    subject="criteria",
    verbs=(
        "criteria_pages.domain.keeping.keep_example",
        "criteria_pages.domain.library.add_item",
        "criteria_pages.domain.library.change_item",
        "criteria_pages.domain.starting.start_from_template",
        "criteria_pages.domain.taking.keep_in_library",
        "criteria_pages.domain.taking.take_item",
    ),
    capabilities=(Capability.AUTHOR, Capability.PUBLISH),
    reach=Reach.ANYWHERE,
    seen_by=(SIGNED_IN,),
    refusal=_("Only policy staff write criteria sets. Ask for the capability to write them."),
    note=_("To everybody else the working copies do not exist."),
)
LAST_AUTHOR = "last_author"  # whoever made the last change of the set

ISSUE = Rule(
    act="issue_criteria",
    label=_("Issue a criteria set"),
    subject="criteria",
    verbs=("criteria_pages.domain.publishing.publish",),
    relations=(SYSTEM,),
    capabilities=(Capability.PUBLISH,),
    reach=Reach.ANYWHERE,
    forbidden={
        LAST_AUTHOR: _(
            "You made the last change of this criteria set, so somebody else approves and issues it. Ask another "
            "member of policy staff."
        )
    },
    seen_by=(SIGNED_IN,),
    refusal=_("You may write criteria sets, not issue them. Ask somebody who may issue this one."),
    note=_("The same holds for every step of an approval: nobody approves their own last change."),
)
IMPORT_SET = Rule(
    act="import_criteria",
    label=_("Import a criteria set from Excel, as a draft"),
    subject="criteria",
    verbs=("criteria_pages.domain.importing.import_draft",),
    relations=(SYSTEM,),
    capabilities=(Capability.AUTHOR, Capability.PUBLISH),
    reach=Reach.ANYWHERE,
    seen_by=(SIGNED_IN,),
    refusal=_("Only policy staff write criteria sets. Ask for the capability to write them."),
)
SEE_IMPACT = Rule(
    act="see_impact",
    label=_("Compute what a draft would do to past cards, and take it away"),
    subject="criteria",
    verbs=(
        "kpi_cms.interfaces.impact.domain.start_impact",
        "kpi_cms.interfaces.impact.domain.export_impact",
    ),
    reading=True,
    capabilities=(Capability.AUTHOR, Capability.PUBLISH),
    reach=Reach.ANYWHERE,
    note=_(
        "In totals, never about fewer than five people; one by one only the cards that the reader may read anyway."
    ),
)
READ_HANDBOOK = Rule(
    act="read_handbook",
    label=_("Read the handbook of issued criteria sets"),
    subject="criteria",
    relations=(SIGNED_IN,),
)
TABLE = (WRITE, ISSUE, IMPORT_SET, SEE_IMPACT, READ_HANDBOOK)
