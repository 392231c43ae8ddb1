import criteria_pages.fields
import criteria_pages.models.pages
import django.core.validators
import django.db.models.deletion
import wagtail.fields
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('wagtailcore', '0097_baselogentry_uuid_action_timestamp_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='CriteriaIndexPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.page')),
            ],
            options={
                'verbose_name': 'list of criteria sets',
                'verbose_name_plural': 'lists of criteria sets',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='CriteriaSetPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.page')),
                ('code', models.CharField(blank=True, help_text='Unique, for example ND335-NV. It does not change once a version is issued.', max_length=60, validators=[django.core.validators.RegexValidator('^[A-Z0-9]+(-[A-Z0-9]+)*$', 'Write the code in capital letters and digits, joined by hyphens.')], verbose_name='code')),
                ('frame', models.CharField(choices=[('state', 'State frame'), ('party', 'Party frame')], default='state', max_length=6, verbose_name='frame')),
                ('law', models.CharField(blank=True, choices=[('nd335', 'Decree 335/2025/NĐ-CP'), ('', 'None: the set brings its own')], default='nd335', help_text='What the decree fixes is checked when the set is issued: 30 and 70, the bands, 25% a fault.', max_length=10, verbose_name='fixed by')),
                ('is_demonstration', models.BooleanField(default=False, help_text='Readers are told that the province has not issued this set.', verbose_name='demonstration only')),
                ('legal_basis', wagtail.fields.StreamField([('document', 4)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Number', 'max_length': 80}), 1: ('wagtail.blocks.CharBlock', (), {'label': 'Title', 'max_length': 400}), 2: ('wagtail.blocks.DateBlock', (), {'label': 'Issued on', 'required': False}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Clauses', 'max_length': 200, 'required': False}), 4: ('wagtail.blocks.StructBlock', [[('number', 0), ('title', 1), ('issued_on', 2), ('clauses', 3)]], {})}, verbose_name='legal basis')),
                ('parts', wagtail.fields.StreamField([('part', 39)], blank=True, block_lookup={0: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('common', 'Common criteria'), ('results', 'Task results')], 'label': 'Part'}), 1: ('wagtail.blocks.CharBlock', (), {'label': 'Name', 'max_length': 255}), 2: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': '', 'label': 'Maximum', 'max_digits': 8, 'min_value': 0, 'required': True}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Code', 'max_length': 40}), 4: ('wagtail.blocks.TextBlock', (), {'label': 'Section of criteria', 'rows': 2}), 5: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('sum', 'Sum of the criteria'), ('capped_sum', 'Sum of the criteria, capped'), ('weighted_mean', 'Mean of the criteria by their weights'), ('formula', 'Formula')], 'label': 'Points of the section'}), 6: ('wagtail.blocks.CharBlock', (), {'help_text': 'Over the codes of the criteria, for example (a + b + c) / 3 * 70.', 'label': 'Formula', 'max_length': 500, 'required': False}), 7: ('wagtail.blocks.CharBlock', (), {'help_text': 'Unique in the set. Formulas name criteria by it.', 'label': 'Code', 'max_length': 40}), 8: ('wagtail.blocks.TextBlock', (), {'help_text': 'The exact wording, as it is printed.', 'label': 'Criterion', 'rows': 2}), 9: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': 'Points are a multiple of it. Equal to the maximum: met or not met, nothing between.', 'label': 'Step', 'max_digits': 8, 'min_value': 0, 'required': True}), 10: ('wagtail.blocks.TextBlock', (), {'label': 'Behaviour', 'rows': 2}), 11: ('wagtail.blocks.ListBlock', (10,), {'default': [], 'help_text': 'What the one who scores looks at, one behaviour a line.', 'label': 'Guidance'}), 12: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('faces_citizens', 'Posts that face citizens and businesses'), ('not_faces_citizens', 'Posts that do not face citizens and businesses')], 'label': 'For'}), 13: ('wagtail.blocks.TextBlock', (), {'label': 'Wording', 'rows': 2}), 14: ('wagtail.blocks.StructBlock', [[('condition', 12), ('label', 13)]], {}), 15: ('wagtail.blocks.ListBlock', (14,), {'default': [], 'label': 'Wordings for some posts'}), 16: ('wagtail.blocks.CharBlock', (), {'help_text': 'For example: Annex I, 2.d.', 'label': 'Clause', 'max_length': 160, 'required': False}), 17: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': 'Only in a section that takes the mean by weights.', 'label': 'Weight, per cent', 'max_digits': 8, 'max_value': 100, 'min_value': 0, 'required': False}), 18: ('wagtail.blocks.MultipleChoiceBlock', [], {'choices': [('self', 'The person'), ('evaluator', 'The competent person'), ('endorsement', 'The head of the agency endorses')], 'help_text': 'Leave empty when every stage scores it.', 'label': 'Scored by', 'required': False}), 19: ('wagtail.blocks.StructBlock', [[('code', 7), ('label', 8), ('maximum', 2), ('step', 9), ('guidance', 11), ('alternatives', 15), ('citation', 16), ('weight', 17), ('stages', 18)]], {}), 20: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('percent', 'Per cent'), ('points', 'Points')], 'label': 'Values are'}), 21: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': '', 'label': 'Value', 'max_digits': 8, 'min_value': 0, 'required': True}), 22: ('wagtail.blocks.TextBlock', (), {'label': 'When', 'rows': 2}), 23: ('wagtail.blocks.BooleanBlock', (), {'label': 'Grounds must be given', 'required': False}), 24: ('wagtail.blocks.StructBlock', [[('value', 21), ('label', 22), ('grounds_required', 23)]], {}), 25: ('wagtail.blocks.ListBlock', (24,), {'default': [], 'help_text': 'Two or more.', 'label': 'Values'}), 26: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': 'For per cent values in a section that adds up its criteria.', 'label': 'Maximum', 'max_digits': 8, 'min_value': 0, 'required': False}), 27: ('wagtail.blocks.StructBlock', [[('code', 7), ('label', 8), ('unit', 20), ('options', 25), ('maximum', 26), ('guidance', 11), ('alternatives', 15), ('citation', 16), ('weight', 17), ('stages', 18)]], {}), 28: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('quantity', 'Quantity (a)'), ('quality', 'Quality (b)'), ('progress', 'Progress (c)')], 'label': 'Ratio'}), 29: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': 'In a section that adds up its criteria.', 'label': 'Maximum', 'max_digits': 8, 'min_value': 0, 'required': False}), 30: ('wagtail.blocks.StructBlock', [[('code', 7), ('label', 8), ('measure', 28), ('maximum', 29), ('guidance', 11), ('alternatives', 15), ('citation', 16), ('weight', 17), ('stages', 18)]], {}), 31: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'default': '50', 'help_text': '', 'label': 'Points that everybody must reach', 'max_digits': 8, 'min_value': 0, 'required': True}), 32: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'default': '100', 'help_text': '', 'label': 'Value when all reach them, per cent', 'max_digits': 8, 'min_value': 0, 'required': True}), 33: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'default': '50', 'help_text': '', 'label': 'Value when somebody does not, per cent', 'max_digits': 8, 'min_value': 0, 'required': True}), 34: ('wagtail.blocks.StructBlock', [[('code', 7), ('label', 8), ('threshold', 31), ('reached', 32), ('failed', 33), ('maximum', 29), ('guidance', 11), ('alternatives', 15), ('citation', 16), ('weight', 17), ('stages', 18)]], {}), 35: ('wagtail.blocks.StreamBlock', [[('number', 19), ('choice', 27), ('task_ratio', 30), ('people_managed', 34)]], {'label': 'Criteria'}), 36: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': 'The section never gives more. Empty: its maximum.', 'label': 'Cap', 'max_digits': 8, 'min_value': 0, 'required': False}), 37: ('wagtail.blocks.StructBlock', [[('code', 3), ('label', 4), ('maximum', 2), ('combination', 5), ('expression', 6), ('criteria', 35), ('cap', 36), ('citation', 16)]], {}), 38: ('wagtail.blocks.StreamBlock', [[('section', 37)]], {'label': 'Sections'}), 39: ('wagtail.blocks.StructBlock', [[('code', 0), ('label', 1), ('maximum', 2), ('sections', 38)]], {})}, verbose_name='parts, sections and criteria')),
                ('staff_kinds', criteria_pages.fields.ChoiceListField(blank=True, default=list, verbose_name='kinds of staff')),
                ('leadership', models.CharField(choices=[('any', 'Everybody'), ('others', 'Those who hold no post of leadership'), ('leaders', 'Heads and deputies'), ('heads', 'Heads only'), ('deputies', 'Deputies only')], default='any', max_length=8, verbose_name='who of them')),
                ('positions', criteria_pages.fields.ChoiceListField(blank=True, default=list, help_text='None chosen: every position.', verbose_name='positions')),
                ('unit_blocks', criteria_pages.fields.ChoiceListField(blank=True, default=list, help_text='None chosen: every block.', verbose_name='blocks')),
                ('period_kinds', criteria_pages.fields.ChoiceListField(blank=True, default=list, verbose_name='periods')),
                ('effective_on', models.DateField(blank=True, null=True, verbose_name='in effect from')),
                ('effective_until', models.DateField(blank=True, help_text='The last day; empty while no end is set.', null=True, verbose_name='in effect to')),
                ('stages', wagtail.fields.StreamField([('stage', 4)], blank=True, block_lookup={0: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('self', 'The person'), ('evaluator', 'The competent person'), ('endorsement', 'The head of the agency endorses')], 'label': 'Who'}), 1: ('wagtail.blocks.CharBlock', (), {'label': 'Heading on the form', 'max_length': 160}), 2: ('wagtail.blocks.BooleanBlock', (), {'help_text': "Exactly one stage does, never the person's own.", 'label': 'Decides the result', 'required': False}), 3: ('wagtail.blocks.BooleanBlock', (), {'label': 'May be left out', 'required': False}), 4: ('wagtail.blocks.StructBlock', [[('name', 0), ('label', 1), ('decides', 2), ('optional', 3)]], {})}, verbose_name='stages')),
                ('bands', wagtail.fields.StreamField([('band', 3)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Code', 'max_length': 20}), 1: ('wagtail.blocks.CharBlock', (), {'label': 'Name', 'max_length': 160}), 2: ('wagtail.blocks.DecimalBlock', (), {'decimal_places': 3, 'help_text': '', 'label': 'From, points', 'max_digits': 8, 'min_value': 0, 'required': True}), 3: ('wagtail.blocks.StructBlock', [[('code', 0), ('label', 1), ('start', 2)]], {})}, help_text='From the highest to the lowest.', verbose_name='bands')),
                ('total_kind', models.CharField(choices=[('sum', 'Sum of the parts'), ('formula', 'Formula')], default='sum', max_length=8, verbose_name='total')),
                ('total_expression', models.CharField(blank=True, max_length=500, verbose_name='formula of the total')),
                ('total_max', models.DecimalField(decimal_places=3, default=Decimal('100'), max_digits=8, validators=[django.core.validators.MinValueValidator(0)], verbose_name='maximum of the total')),
                ('places', models.PositiveSmallIntegerField(default=2, help_text='The total is rounded once, half up, for display; the band is read from the exact total.', validators=[django.core.validators.MaxValueValidator(6)], verbose_name='places')),
                ('ratio_cap', models.DecimalField(blank=True, decimal_places=3, default=Decimal('1'), help_text="1 is 100%. Empty: no cap but the section's.", max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='highest value of each ratio')),
                ('penalty_scope', models.CharField(choices=[('unit', 'One unit of the quantity'), ('batch', 'The whole task')], default='unit', max_length=6, verbose_name='a fault or delay lowers')),
                ('penalty_per_fault', models.DecimalField(decimal_places=3, default=Decimal('0.25'), help_text='A share: 0.25 is 25%, which the decree fixes.', max_digits=8, validators=[django.core.validators.MinValueValidator(0)], verbose_name='deduction for each fault or delay')),
                ('nobody_managed', models.DecimalField(decimal_places=3, default=Decimal('1'), help_text='A share: 1 is 100%.', max_digits=8, validators=[django.core.validators.MinValueValidator(0)], verbose_name='result of a leader who manages nobody')),
                ('managed_kinds', criteria_pages.fields.ChoiceListField(blank=True, default=criteria_pages.models.pages.default_managed_kinds, help_text='The decree speaks of civil servants.', verbose_name='kinds of staff that count for the people managed')),
                ('managed_without_result', models.CharField(choices=[('left_out', 'Are left out and listed'), ('failing', 'Count as having fewer points than required')], default='left_out', max_length=10, verbose_name='people managed who have no result')),
                ('managed_unconfirmed', models.CharField(choices=[('pending', 'Are waited for'), ('left_out', 'Are left out and listed'), ('failing', 'Count as having fewer points than required')], default='pending', max_length=10, verbose_name='people managed who are not confirmed yet')),
                ('nothing_assigned', models.CharField(choices=[('insufficient', 'No result: insufficient data, not rated'), ('zero', 'Each ratio counts 0%')], default='insufficient', help_text='Even where extra tasks were done.', max_length=12, verbose_name='nothing assigned in the period')),
                ('band_from', models.CharField(choices=[('exact', 'The exact points: 89.995 is not 90'), ('rounded', 'The points as they are rounded')], default='exact', help_text='Also whether the people managed have the points that everybody must reach.', max_length=8, verbose_name='bands are read from')),
                ('extras_warning', models.DecimalField(decimal_places=3, default=Decimal('0.3'), help_text='Their share of the quantity assigned: 0.3 is 30%.', max_digits=8, validators=[django.core.validators.MinValueValidator(0)], verbose_name='warn of extra tasks above')),
                ('moved_leaves_total', models.BooleanField(default=True, verbose_name='work that the head moves before its due date leaves the total')),
                ('means_of', models.CharField(choices=[('published', 'Published months, at two places'), ('exact', 'Exact months')], default='published', max_length=10, verbose_name='quarter and year are the mean of')),
                ('step_clauses', wagtail.fields.StreamField([('step_clause', 2)], blank=True, block_lookup={0: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('common', 'Points of the common criteria'), ('results', 'Points of the task results'), ('assigned', 'Quantity assigned'), ('handed_over', 'Quantity handed over'), ('extras', 'Extra tasks'), ('quantity', 'Quantity (a)'), ('quality', 'Quality (b)'), ('progress', 'Progress (c)'), ('people_managed', 'Result of the people managed (d)'), ('staff_formula', 'Formula for staff'), ('leader_formula', 'Formula for leaders'), ('total', 'Total'), ('band', 'Point bands')], 'label': 'Step'}), 1: ('wagtail.blocks.CharBlock', (), {'label': 'Clause', 'max_length': 160}), 2: ('wagtail.blocks.StructBlock', [[('step', 0), ('clause', 1)]], {})}, help_text='Only where the set does not follow the decree.', verbose_name='clauses of the calculation')),
            ],
            options={
                'verbose_name': 'criteria set',
                'verbose_name_plural': 'criteria sets',
                'constraints': [models.UniqueConstraint(condition=models.Q(('code', ''), _negated=True), fields=('code',), name='criteria_page_code', violation_error_message='Another criteria set has this code. Choose another one.')],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='CriteriaVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('set_code', models.CharField(max_length=60, verbose_name='code of the set')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('page_id', models.BigIntegerField(verbose_name='page')),
                ('title', models.CharField(max_length=255, verbose_name='title')),
                ('frame', models.CharField(choices=[('state', 'State frame'), ('party', 'Party frame')], max_length=6, verbose_name='frame')),
                ('is_demonstration', models.BooleanField(default=False, verbose_name='demonstration only')),
                ('citations', models.JSONField(default=list, verbose_name='legal basis')),
                ('effective_on', models.DateField(verbose_name='in effect from')),
                ('effective_until', models.DateField(blank=True, null=True, verbose_name='in effect to')),
                ('specification', models.JSONField(verbose_name='specification')),
                ('sha256', models.CharField(max_length=64, verbose_name='digest')),
                ('published_at', models.DateTimeField(verbose_name='issued at')),
                ('published_by', models.BigIntegerField(verbose_name='issued by')),
                ('authored_by', models.BigIntegerField(blank=True, help_text='Empty where the product itself wrote it.', null=True, verbose_name='written by')),
            ],
            options={
                'verbose_name': 'criteria version',
                'verbose_name_plural': 'criteria versions',
                'ordering': ['set_code', '-number'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('set_code', 'number'), name='criteria_version_number'), models.CheckConstraint(condition=models.Q(('effective_until__isnull', True), ('effective_until__gte', models.F('effective_on')), _connector='OR'), name='criteria_version_effect_in_order', violation_error_message='The last day in effect cannot lie before the first.')],
            },
        ),
        migrations.CreateModel(
            name='FrozenCriterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, verbose_name='key')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('label', models.TextField(verbose_name='criterion')),
                ('section_code', models.CharField(max_length=40, verbose_name='section')),
                ('order', models.PositiveIntegerField(verbose_name='order')),
                ('entered', models.BooleanField(verbose_name='scored by people')),
                ('maximum', models.DecimalField(decimal_places=3, max_digits=8, verbose_name='maximum')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='criteria', to='criteria_pages.criteriaversion')),
            ],
            options={
                'verbose_name': 'frozen criterion',
                'verbose_name_plural': 'frozen criteria',
                'ordering': ['version', 'order'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('version', 'key'), name='criteria_frozen_key'), models.UniqueConstraint(fields=('version', 'code'), name='criteria_frozen_code')],
            },
        ),
    ]
