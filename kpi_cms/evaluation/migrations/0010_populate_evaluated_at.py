"""Cards written before say when they were evaluated, and unsent edits of returned ones are their persons' again."""

from typing import Any

from django.db import migrations
from django.db.models import F, OuterRef, Subquery

FIELDS = ("strengths", "weaknesses", "comment")


def forwards(apps: Any, schema_editor: Any) -> None:
    card = apps.get_model("evaluation", "Scorecard")
    assessment = apps.get_model("evaluation", "Assessment")
    score = apps.get_model("evaluation", "Score")
    card.objects.filter(state__in=["confirmed", "notified"]).update(evaluated_at=F("confirmed_at"))
    confirmed = assessment.objects.filter(
        card=OuterRef("pk"), stage="evaluator", rater=OuterRef("evaluator"), submitted_at__isnull=False
    )
    card.objects.filter(state="evaluated").update(evaluated_at=Subquery(confirmed.values("submitted_at")[:1]))
    card.objects.filter(without_self=True, submitted_at__isnull=False).update(without_self=False)
    # Nothing was kept of what a returned card had said: as it stands now is the nearest to it.
    for returned in assessment.objects.filter(stage="self", state="submitted", card__state="returned"):
        rows = score.objects.filter(assessment=returned).values_list(
            "criterion__key", "value", "choice", "grounds"
        )
        returned.returned_copy = {
            "scores": {
                key: [None if value is None else f"{value.normalize():f}", choice, grounds]
                for key, value, choice, grounds in rows
            },
            "comments": {name: getattr(returned, name) for name in FIELDS},
        }
        returned.state = "draft"
        returned.save()


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0009_add_evaluated_at_and_returned_copy"),
    ]

    operations = [
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
