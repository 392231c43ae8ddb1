import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CriteriaVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('set_code', models.CharField(max_length=60, verbose_name='code of the set')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('page_id', models.BigIntegerField(verbose_name='page')),
                ('title', models.CharField(max_length=255, verbose_name='title')),
                ('frame', models.CharField(choices=[('state', 'State frame'), ('party', 'Party frame')], max_length=6, verbose_name='frame')),
                ('citations', models.JSONField(default=list, verbose_name='legal basis')),
                ('effective_on', models.DateField(verbose_name='in effect from')),
                ('effective_until', models.DateField(blank=True, null=True, verbose_name='in effect to')),
                ('specification', models.JSONField(verbose_name='specification')),
                ('sha256', models.CharField(max_length=64, verbose_name='digest')),
                ('published_at', models.DateTimeField(verbose_name='issued at')),
                ('published_by', models.BigIntegerField(verbose_name='issued by')),
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
