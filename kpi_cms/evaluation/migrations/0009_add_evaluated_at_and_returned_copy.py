"""When the evaluator confirmed, apart from the decision; what had been submitted, while it is returned."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0008_task_constraints"),
    ]

    operations = [
        migrations.AddField(
            model_name="assessment",
            name="returned_copy",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="historicalscorecard",
            name="evaluated_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="evaluated at"),
        ),
        migrations.AddField(
            model_name="scorecard",
            name="evaluated_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="evaluated at"),
        ),
    ]
