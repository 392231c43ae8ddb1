"""A closed period says when it was closed; a unit that takes part twice is told so in words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("snippets", "0002_delegation"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", False), ("state", "closed")),
                    models.Q(models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", True)),
                    _connector="OR",
                ),
                name="snippets_period_closed_when",
                violation_error_message="A closed period says when it was closed, and no other does.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="participatingunit",
            name="snippets_participation_once",
            constraint=models.UniqueConstraint(
                fields=("period", "unit"),
                name="snippets_participation_once",
                violation_error_message="This unit takes part in the period already.",
            ),
        ),
    ]
