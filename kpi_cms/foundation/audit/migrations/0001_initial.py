import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='ErasableText',
            fields=[
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name='key')),
                ('kind', models.CharField(choices=[('name', 'Name'), ('comment', 'Comment'), ('reason', 'Reason')], max_length=10, verbose_name='kind')),
                ('text', models.TextField(verbose_name='text')),
                ('salt', models.CharField(max_length=32, verbose_name='salt')),
                ('person_code', models.CharField(blank=True, db_index=True, max_length=40, verbose_name='staff code it is about')),
                ('erased_at', models.DateTimeField(null=True, verbose_name='erased at')),
            ],
            options={
                'verbose_name': 'erasable text',
                'verbose_name_plural': 'erasable texts',
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('act', models.CharField(choices=[('version.published', 'Criteria version issued'), ('unit.created', 'Unit created'), ('unit.renamed', 'Unit renamed'), ('unit.changed', "Unit's details changed"), ('unit.moved', 'Unit moved'), ('unit.closed', 'Unit closed'), ('person.created', 'Person registered'), ('person.changed', "Person's details changed"), ('appointment.made', 'Appointment made'), ('appointment.ended', 'Appointment ended'), ('register.changed', 'Register changed'), ('import.applied', 'Import applied'), ('catalogue.sent', 'Catalogue sent'), ('catalogue.returned', 'Catalogue returned'), ('catalogue.approved', 'Catalogue approved'), ('grant.given', 'Grant given'), ('grant.ended', 'Grant ended'), ('account.created', 'Account created'), ('account.reset', 'Password reset'), ('account.unlocked', 'Account unlocked'), ('account.deactivated', 'Account deactivated'), ('period.created', 'Period created'), ('period.changed', 'Period changed'), ('period.opened', 'Period opened'), ('period.closed', 'Period closed'), ('task.assigned', 'Task assigned'), ('task.changed', 'Task changed'), ('task.reported', 'Task reported'), ('task.proposed', 'Extra task proposed'), ('task.confirmed', 'Task confirmed'), ('task.handed_over', 'Task handed over'), ('task.moved', 'Task moved'), ('deduction.recorded', 'Error or delay recorded'), ('cause.confirmed', 'Objective cause confirmed'), ('score.changed', 'Scores changed'), ('card.submitted', 'Self-assessment submitted'), ('card.returned', 'Card returned'), ('card.endorsed', 'Card endorsed'), ('card.confirmed', 'Result confirmed'), ('card.notified', 'Result notified'), ('card.basis_changed', 'Basis of the result changed'), ('evaluator.changed', 'Evaluator decided'), ('form.printed', 'Form printed'), ('export.taken', 'Export taken'), ('text.erased', 'Text erased')], max_length=40, verbose_name='act')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('actor_id', models.BigIntegerField(verbose_name='actor')),
                ('actor_code', models.CharField(max_length=60, verbose_name='account name')),
                ('unit_id', models.BigIntegerField(null=True, verbose_name='unit')),
                ('unit_code', models.CharField(blank=True, max_length=60, verbose_name='unit code')),
                ('person_id', models.BigIntegerField(null=True, verbose_name='person')),
                ('person_code', models.CharField(blank=True, max_length=40, verbose_name='staff code')),
                ('subject_type', models.CharField(max_length=40, verbose_name='kind of record')),
                ('subject_id', models.CharField(max_length=64, verbose_name='record')),
                ('subject_label', models.CharField(blank=True, max_length=200, verbose_name='label')),
                ('period_id', models.BigIntegerField(null=True, verbose_name='period')),
                ('before', models.JSONField(null=True, verbose_name='before')),
                ('after', models.JSONField(null=True, verbose_name='after')),
                ('reason_key', models.UUIDField(null=True, verbose_name='reason')),
                ('request_id', models.UUIDField(verbose_name='request')),
                ('address', models.GenericIPAddressField(null=True, verbose_name='address')),
            ],
            options={
                'verbose_name': 'ledger entry',
                'verbose_name_plural': 'ledger entries',
                'indexes': [models.Index(fields=['unit_id', '-id'], name='audit_ledger_unit'), models.Index(fields=['person_id', '-id'], name='audit_ledger_person'), models.Index(fields=['actor_id', '-id'], name='audit_ledger_actor'), models.Index(fields=['subject_type', 'subject_id', '-id'], name='audit_ledger_subject')],
            },
        ),
    ]
