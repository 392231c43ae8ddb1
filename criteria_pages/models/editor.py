"""The page editor: what an author fills in, in the order of a decision's articles."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    CommentPanel,
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)


class NewSetPanel(HelpPanel):
    """The way to the templates, before a set is saved for the first time."""

    class BoundPanel(HelpPanel.BoundPanel):
        def is_shown(self) -> bool:
            return self.instance.pk is None


CRITERIA = ObjectList(
    [
        NewSetPanel(template="criteria_pages/admin/new_set.html"),
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("code"), FieldPanel("frame"), FieldPanel("law")]),
        FieldPanel("is_demonstration"),
        FieldPanel("legal_basis"),
        FieldPanel("parts"),
        CommentPanel(),  # comments on every field of the set, whatever its tab
    ],
    heading=_("Criteria"),
)

AUDIENCE = ObjectList(
    [
        FieldPanel("evaluates"),
        FieldPanel("staff_kinds"),
        FieldPanel("leadership"),
        FieldPanel("unit_blocks"),
        FieldPanel("period_kinds"),
        FieldPanel("positions"),
        FieldPanel("job_positions"),
        FieldPanel("units"),
        FieldPanel("takes_precedence"),
        FieldRowPanel([FieldPanel("effective_on"), FieldPanel("effective_until")]),
    ],
    heading=_("For whom and when"),
)

STAGES_AND_BANDS = ObjectList(
    [
        FieldPanel("stages"),
        FieldPanel("bands"),
        FieldPanel("band_value"),
        MultiFieldPanel(
            [
                FieldPanel("total_kind"),
                FieldPanel("total_expression"),
                FieldPanel("total_max"),
                FieldRowPanel(
                    [FieldPanel("places"), FieldPanel("rounding_mode"), FieldPanel("rounding_when")]
                ),
            ],
            heading=_("Total"),
        ),
    ],
    heading=_("Stages and bands"),
)

RATING = ObjectList(
    [
        FieldPanel("facts"),
        FieldPanel("gates"),
        FieldPanel("quotas"),
        FieldPanel("aggregation"),
        FieldPanel("raters"),
    ],
    heading=_("Gates, quotas, longer periods"),
)

SETTINGS = ObjectList(
    [
        FieldPanel("ratio_cap"),
        FieldPanel("penalty_scope"),
        FieldPanel("penalty_per_fault"),
        FieldPanel("nothing_assigned"),
        FieldPanel("extras_warning"),
        FieldPanel("moved_leaves_total"),
        MultiFieldPanel(
            [
                FieldPanel("managed_kinds"),
                FieldPanel("managed_unconfirmed"),
                FieldPanel("managed_without_result"),
                FieldPanel("nobody_managed"),
            ],
            heading=_("The people a leader manages"),
        ),
        FieldPanel("band_from"),
        FieldPanel("means_of"),
        FieldPanel("step_clauses"),
    ],
    heading=_("Settings"),
)

EXAMPLES = ObjectList([FieldPanel("examples")], heading=_("Examples"))

EDITOR = TabbedInterface([CRITERIA, AUDIENCE, STAGES_AND_BANDS, RATING, SETTINGS, EXAMPLES])
