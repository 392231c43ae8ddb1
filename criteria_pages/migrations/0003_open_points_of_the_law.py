"""Open points of d, of a card with nothing assigned and of the bands, each with the default that held so far."""

from django.db import migrations, models

import criteria_pages.fields
import criteria_pages.models.pages


class Migration(migrations.Migration):
    dependencies = [
        ("criteria_pages", "0002_criteria_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="criteriasetpage",
            name="band_from",
            field=models.CharField(
                choices=[
                    ("exact", "The exact points: 89.995 is not 90"),
                    ("rounded", "The points as they are rounded"),
                ],
                default="exact",
                help_text="Also whether the people managed have the points that everybody must reach.",
                max_length=8,
                verbose_name="bands are read from",
            ),
        ),
        migrations.AddField(
            model_name="criteriasetpage",
            name="managed_kinds",
            field=criteria_pages.fields.ChoiceListField(
                blank=True,
                default=criteria_pages.models.pages.default_managed_kinds,
                help_text="The decree speaks of civil servants.",
                verbose_name="kinds of staff that count for the people managed",
            ),
        ),
        migrations.AddField(
            model_name="criteriasetpage",
            name="managed_unconfirmed",
            field=models.CharField(
                choices=[
                    ("pending", "Are waited for"),
                    ("left_out", "Are left out and listed"),
                    ("failing", "Count as having fewer points than required"),
                ],
                default="pending",
                max_length=10,
                verbose_name="people managed who are not confirmed yet",
            ),
        ),
        migrations.AddField(
            model_name="criteriasetpage",
            name="managed_without_result",
            field=models.CharField(
                choices=[
                    ("left_out", "Are left out and listed"),
                    ("failing", "Count as having fewer points than required"),
                ],
                default="left_out",
                max_length=10,
                verbose_name="people managed who have no result",
            ),
        ),
        migrations.AddField(
            model_name="criteriasetpage",
            name="nothing_assigned",
            field=models.CharField(
                choices=[
                    ("insufficient", "No result: insufficient data, not rated"),
                    ("zero", "Each ratio counts 0%"),
                ],
                default="insufficient",
                help_text="Even where extra tasks were done.",
                max_length=12,
                verbose_name="nothing assigned in the period",
            ),
        ),
    ]
