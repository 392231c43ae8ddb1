"""What a card says of its evaluation and its self-assessment is kept true by the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0010_populate_evaluated_at"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "submitted"), _negated=True),
                    ("submitted_at__isnull", False),
                    _connector="OR",
                ),
                name="evaluation_assessment_submitted_has_moment",
                violation_error_message="A submitted assessment says when it was submitted.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("endorser__isnull", True),
                    models.Q(("endorser", models.F("person")), _negated=True),
                    _connector="OR",
                ),
                name="evaluation_card_endorser_not_oneself",
                violation_error_message="Nobody endorses their own card.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("endorser__isnull", True),
                    ("evaluator__isnull", True),
                    models.Q(("endorser", models.F("evaluator")), _negated=True),
                    _connector="OR",
                ),
                name="evaluation_card_endorser_not_evaluator",
                violation_error_message="Whoever evaluates a card does not endorse it as well.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["evaluated", "confirmed", "notified"]), _negated=True),
                    ("evaluated_at__isnull", False),
                    _connector="OR",
                ),
                name="evaluation_card_evaluated_has_moment",
                violation_error_message="An evaluated card says when the evaluator confirmed it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecard",
            constraint=models.CheckConstraint(
                condition=models.Q(("without_self", False), ("submitted_at__isnull", True), _connector="OR"),
                name="evaluation_card_without_self_never_submitted",
                violation_error_message="A card whose self-assessment was submitted is not without one.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="assessment",
            name="evaluation_assessment_once",
            constraint=models.UniqueConstraint(
                fields=("card", "stage", "rater"),
                name="evaluation_assessment_once",
                violation_error_message="This person has an assessment of this card at this stage already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="cardresult",
            name="evaluation_result_once",
            constraint=models.UniqueConstraint(
                fields=("card", "stage"),
                name="evaluation_result_once",
                violation_error_message="This card has a result of this stage already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="cataloguepin",
            name="evaluation_catalogue_pin_once",
            constraint=models.UniqueConstraint(
                fields=("period", "catalogue"),
                name="evaluation_catalogue_pin_once",
                violation_error_message="This period uses this catalogue already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="score",
            name="evaluation_score_once",
            constraint=models.UniqueConstraint(
                fields=("assessment", "criterion"),
                name="evaluation_score_once",
                violation_error_message="This criterion has a score in this assessment already.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="scorecard",
            name="evaluation_card_confirmed_has_moment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["confirmed", "notified"]), _negated=True),
                    models.Q(("confirmed_at__isnull", False), ("result_final_at__isnull", False)),
                    _connector="OR",
                ),
                name="evaluation_card_confirmed_has_moment",
                violation_error_message="A confirmed card says when its result was confirmed and final.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="scorecard",
            name="evaluation_card_notified_has_moment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "notified"), _negated=True),
                    ("notified_at__isnull", False),
                    _connector="OR",
                ),
                name="evaluation_card_notified_has_moment",
                violation_error_message="A notified card says when the person was notified.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="versionpin",
            name="evaluation_version_pin_once",
            constraint=models.UniqueConstraint(
                fields=("period", "version"),
                name="evaluation_version_pin_once",
                violation_error_message="This period uses this version already.",
            ),
        ),
    ]
