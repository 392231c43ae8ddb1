import kpi_cms.foundation.audit.models
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
                ('act', models.CharField(choices=kpi_cms.foundation.audit.models.acts, max_length=40, verbose_name='act')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('actor_id', models.BigIntegerField(verbose_name='actor')),
                ('actor_code', models.CharField(max_length=60, verbose_name='account name')),
                ('on_behalf_of_id', models.BigIntegerField(null=True, verbose_name='on behalf of')),
                ('on_behalf_of_code', models.CharField(blank=True, max_length=60, verbose_name='on behalf of, account name')),
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
