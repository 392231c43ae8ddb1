"""Who sent a catalogue does not approve it. Those that wait now were sent by whoever brought them into that state."""

from typing import Any

from django.db import migrations, models


def fill_sent_by(apps: Any, schema_editor: Any) -> None:
    catalogues = apps.get_model("snippets", "Catalogue").objects
    history = apps.get_model("snippets", "HistoricalCatalogue").objects
    for key in catalogues.filter(state="sent").values_list("pk", flat=True):
        sender = None
        for state, user_id in (
            history.filter(id=key).order_by("-history_id").values_list("state", "history_user_id")
        ):
            if state != "sent":
                break
            sender = user_id
        catalogues.filter(pk=key).update(sent_by=sender)


class Migration(migrations.Migration):
    dependencies = [
        ("snippets", "0003_period_closed_when"),
    ]

    operations = [
        migrations.AddField(
            model_name="catalogue",
            name="sent_by",
            field=models.BigIntegerField(editable=False, null=True, verbose_name="sent by"),
        ),
        migrations.AddField(
            model_name="historicalcatalogue",
            name="sent_by",
            field=models.BigIntegerField(editable=False, null=True, verbose_name="sent by"),
        ),
        migrations.RunPython(fill_sent_by, migrations.RunPython.noop),
    ]
