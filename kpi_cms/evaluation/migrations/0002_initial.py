import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('criteria_pages', '0001_initial'),
        ('evaluation', '0001_initial'),
        ('snippets', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='assessment',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='assessment',
            name='rater',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.person', verbose_name='rater'),
        ),
        migrations.AddField(
            model_name='assessment',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='cardresult',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.period'),
        ),
        migrations.AddField(
            model_name='cardresult',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='cardresult',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='cataloguepin',
            name='catalogue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='snippets.catalogue', verbose_name='catalogue'),
        ),
        migrations.AddField(
            model_name='cataloguepin',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='catalogue_pins', to='snippets.period', verbose_name='period'),
        ),
        migrations.AddField(
            model_name='delay',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='delay',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='fault',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='fault',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='historicalassessment',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='historicalassessment',
            name='rater',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person', verbose_name='rater'),
        ),
        migrations.AddField(
            model_name='historicalassessment',
            name='unit',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='historicaldelay',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='historicaldelay',
            name='unit',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='historicalfault',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='historicalfault',
            name='unit',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='historicalobjectivecause',
            name='delay',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evaluation.delay'),
        ),
        migrations.AddField(
            model_name='historicalobjectivecause',
            name='fault',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evaluation.fault'),
        ),
        migrations.AddField(
            model_name='historicalobjectivecause',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='historicalobjectivecause',
            name='unit',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='historicalscore',
            name='assessment',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evaluation.assessment', verbose_name='assessment'),
        ),
        migrations.AddField(
            model_name='historicalscore',
            name='criterion',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='criteria_pages.frozencriterion', verbose_name='criterion'),
        ),
        migrations.AddField(
            model_name='historicalscore',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='historicalscore',
            name='unit',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='historicalscorecard',
            name='agency',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit', verbose_name='using agency'),
        ),
        migrations.AddField(
            model_name='historicalscorecard',
            name='endorser',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person', verbose_name='endorses'),
        ),
        migrations.AddField(
            model_name='historicalscorecard',
            name='evaluator',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person', verbose_name='evaluator'),
        ),
        migrations.AddField(
            model_name='historicalscorecard',
            name='period',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.period', verbose_name='period'),
        ),
        migrations.AddField(
            model_name='historicalscorecard',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person', verbose_name='person'),
        ),
        migrations.AddField(
            model_name='historicalscorecard',
            name='unit',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit', verbose_name='unit'),
        ),
        migrations.AddField(
            model_name='historicalscorecard',
            name='version',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='criteria_pages.criteriaversion', verbose_name='criteria version'),
        ),
        migrations.AddField(
            model_name='historicaltask',
            name='period',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.period', verbose_name='period'),
        ),
        migrations.AddField(
            model_name='historicaltask',
            name='person',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.person', verbose_name='person'),
        ),
        migrations.AddField(
            model_name='historicaltask',
            name='product',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.product', verbose_name='product'),
        ),
        migrations.AddField(
            model_name='historicaltask',
            name='unit',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='snippets.unit', verbose_name='unit'),
        ),
        migrations.AddField(
            model_name='objectivecause',
            name='delay',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='causes', to='evaluation.delay'),
        ),
        migrations.AddField(
            model_name='objectivecause',
            name='fault',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='causes', to='evaluation.fault'),
        ),
        migrations.AddField(
            model_name='objectivecause',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='objectivecause',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='score',
            name='assessment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='evaluation.assessment', verbose_name='assessment'),
        ),
        migrations.AddField(
            model_name='score',
            name='criterion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='criteria_pages.frozencriterion', verbose_name='criterion'),
        ),
        migrations.AddField(
            model_name='score',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.person'),
        ),
        migrations.AddField(
            model_name='score',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit'),
        ),
        migrations.AddField(
            model_name='scorecard',
            name='agency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit', verbose_name='using agency'),
        ),
        migrations.AddField(
            model_name='scorecard',
            name='endorser',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endorses', to='snippets.person', verbose_name='endorses'),
        ),
        migrations.AddField(
            model_name='scorecard',
            name='evaluator',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evaluates', to='snippets.person', verbose_name='evaluator'),
        ),
        migrations.AddField(
            model_name='scorecard',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='snippets.period', verbose_name='period'),
        ),
        migrations.AddField(
            model_name='scorecard',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='snippets.person', verbose_name='person'),
        ),
        migrations.AddField(
            model_name='scorecard',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='snippets.unit', verbose_name='unit'),
        ),
        migrations.AddField(
            model_name='scorecard',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='criteria_pages.criteriaversion', verbose_name='criteria version'),
        ),
        migrations.AddField(
            model_name='historicalassessment',
            name='card',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evaluation.scorecard', verbose_name='card'),
        ),
        migrations.AddField(
            model_name='cardresult',
            name='card',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='evaluation.scorecard', verbose_name='card'),
        ),
        migrations.AddField(
            model_name='assessment',
            name='card',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='evaluation.scorecard', verbose_name='card'),
        ),
        migrations.AddField(
            model_name='task',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='snippets.period', verbose_name='period'),
        ),
        migrations.AddField(
            model_name='task',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='snippets.person', verbose_name='person'),
        ),
        migrations.AddField(
            model_name='task',
            name='product',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.product', verbose_name='product'),
        ),
        migrations.AddField(
            model_name='task',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followers', to='evaluation.task', verbose_name='taken over from'),
        ),
        migrations.AddField(
            model_name='task',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='snippets.unit', verbose_name='unit'),
        ),
        migrations.AddField(
            model_name='historicaltask',
            name='source',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evaluation.task', verbose_name='taken over from'),
        ),
        migrations.AddField(
            model_name='historicalfault',
            name='task',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evaluation.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='historicaldelay',
            name='task',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evaluation.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='fault',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='faults', to='evaluation.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='delay',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delays', to='evaluation.task', verbose_name='task'),
        ),
        migrations.AddField(
            model_name='versionpin',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='version_pins', to='snippets.period', verbose_name='period'),
        ),
        migrations.AddField(
            model_name='versionpin',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='criteria_pages.criteriaversion', verbose_name='version'),
        ),
        migrations.AddConstraint(
            model_name='cataloguepin',
            constraint=models.UniqueConstraint(fields=('period', 'catalogue'), name='evaluation_catalogue_pin_once'),
        ),
        migrations.AddIndex(
            model_name='historicalobjectivecause',
            index=models.Index(fields=['history_date', 'id'], name='evaluation__history_394c95_idx'),
        ),
        migrations.AddIndex(
            model_name='historicalscore',
            index=models.Index(fields=['history_date', 'id'], name='evaluation__history_61ff1f_idx'),
        ),
        migrations.AddIndex(
            model_name='historicalscorecard',
            index=models.Index(fields=['history_date', 'id'], name='evaluation__history_64ccb6_idx'),
        ),
        migrations.AddConstraint(
            model_name='objectivecause',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('delay__isnull', True), ('fault__isnull', False)), models.Q(('delay__isnull', False), ('fault__isnull', True)), _connector='OR'), name='evaluation_cause_of_one_deduction'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.UniqueConstraint(fields=('assessment', 'criterion'), name='evaluation_score_once'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('value__isnull', True), models.Q(('value__gte', 0), ('value__lte', 10000)), _connector='OR'), name='evaluation_score_range', violation_error_message='Points are not negative.'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('value__isnull', True), ('choice', ''), _connector='OR'), name='evaluation_score_points_or_choice', violation_error_message='A score is points or a chosen value, not both.'),
        ),
        migrations.AddIndex(
            model_name='scorecard',
            index=models.Index(fields=['period', 'unit', 'state'], name='evaluation_card_period_unit'),
        ),
        migrations.AddIndex(
            model_name='scorecard',
            index=models.Index(fields=['evaluator', 'period', 'state'], name='evaluation_card_evaluator'),
        ),
        migrations.AddIndex(
            model_name='scorecard',
            index=models.Index(fields=['unit', 'period'], name='evaluation_card_unit'),
        ),
        migrations.AddConstraint(
            model_name='scorecard',
            constraint=models.UniqueConstraint(fields=('person', 'frame', 'period'), name='evaluation_card_one_per_person_frame_period', violation_error_message='This person has a card of this frame in this period already.'),
        ),
        migrations.AddConstraint(
            model_name='scorecard',
            constraint=models.CheckConstraint(condition=models.Q(('evaluator__isnull', True), models.Q(('evaluator', models.F('person')), _negated=True), _connector='OR'), name='evaluation_card_evaluator_not_oneself', violation_error_message='Nobody evaluates themselves.'),
        ),
        migrations.AddConstraint(
            model_name='scorecard',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['confirmed', 'notified']), _negated=True), models.Q(('confirmed_at__isnull', False), ('result_final_at__isnull', False)), _connector='OR'), name='evaluation_card_confirmed_has_moment'),
        ),
        migrations.AddConstraint(
            model_name='scorecard',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'notified'), _negated=True), ('notified_at__isnull', False), _connector='OR'), name='evaluation_card_notified_has_moment'),
        ),
        migrations.AddIndex(
            model_name='historicalassessment',
            index=models.Index(fields=['history_date', 'id'], name='evaluation__history_0f54a9_idx'),
        ),
        migrations.AddIndex(
            model_name='cardresult',
            index=models.Index(fields=['period', 'unit', 'stage'], name='evaluation_result_unit'),
        ),
        migrations.AddConstraint(
            model_name='cardresult',
            constraint=models.UniqueConstraint(fields=('card', 'stage'), name='evaluation_result_once'),
        ),
        migrations.AddConstraint(
            model_name='assessment',
            constraint=models.UniqueConstraint(fields=('card', 'stage', 'rater'), name='evaluation_assessment_once'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['person', 'period'], name='evaluation_task_person'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['unit', 'period', 'state'], name='evaluation_task_unit'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('assigned__gt', 0)), name='evaluation_task_assigned_positive', violation_error_message='The quantity assigned is more than 0.'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('completed__gte', 0), ('handed_over__gte', 0), ('completed__lte', django.db.models.expressions.CombinedExpression(models.F('assigned'), '-', models.F('handed_over')))), name='evaluation_task_completed_within_assigned', violation_error_message='No more can be completed than was assigned and not handed over.'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('accepted__isnull', True), models.Q(('accepted__gte', 0), ('accepted__lte', models.F('completed'))), _connector='OR'), name='evaluation_task_accepted_within_completed', violation_error_message='No more can be accepted than was completed.'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('share__gt', 0), ('share__lte', 1)), name='evaluation_task_share', violation_error_message='A share lies above 0 and not above 1.'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('coefficient__isnull', True), ('coefficient__gt', 0), _connector='OR'), name='evaluation_task_coefficient', violation_error_message='A coefficient is more than 0.'),
        ),
        migrations.AddIndex(
            model_name='historicaltask',
            index=models.Index(fields=['history_date', 'id'], name='evaluation__history_af2d0c_idx'),
        ),
        migrations.AddIndex(
            model_name='historicalfault',
            index=models.Index(fields=['history_date', 'id'], name='evaluation__history_3cff1b_idx'),
        ),
        migrations.AddIndex(
            model_name='historicaldelay',
            index=models.Index(fields=['history_date', 'id'], name='evaluation__history_5bdf72_idx'),
        ),
        migrations.AddConstraint(
            model_name='fault',
            constraint=models.CheckConstraint(condition=models.Q(('unit_number__gte', 1)), name='evaluation_fault_unit_number'),
        ),
        migrations.AddConstraint(
            model_name='delay',
            constraint=models.CheckConstraint(condition=models.Q(('unit_number__gte', 1)), name='evaluation_delay_unit_number'),
        ),
        migrations.AddConstraint(
            model_name='versionpin',
            constraint=models.UniqueConstraint(fields=('period', 'version'), name='evaluation_version_pin_once'),
        ),
    ]
