"""What people type about a task leaves the append-only history, which tracks keys into the side table instead."""

from typing import Any

from django.db import migrations, models

from kpi_cms.foundation.audit import append_only


def lift_triggers(apps: Any, schema_editor: Any) -> None:
    append_only.lift("evaluation_historicaltask", schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0005_add_published_totals"), ("audit", "0001_initial")]

    operations = [
        migrations.RunPython(lift_triggers, lift_triggers),
        migrations.RemoveField(model_name="historicaltask", name="name"),
        migrations.RemoveField(model_name="historicaltask", name="part_label"),
        migrations.RemoveField(model_name="historicaltask", name="evidence_number"),
        *(
            operation
            for model in ("task", "historicaltask")
            for operation in (
                migrations.AddField(model, "name_key", models.UUIDField(editable=False, null=True)),
                migrations.AddField(model, "part_key", models.UUIDField(editable=False, null=True)),
                migrations.AddField(model, "evidence_key", models.UUIDField(editable=False, null=True)),
                migrations.AddField(
                    model,
                    "confirmed_before",
                    models.DecimalField(
                        decimal_places=3,
                        default=0,
                        max_digits=10,
                        verbose_name="quantity confirmed before the latest report",
                    ),
                ),
                migrations.AlterField(
                    model,
                    "catalogue_version",
                    models.CharField(blank=True, max_length=240, verbose_name="catalogue version"),
                ),
            )
        ),
    ]
