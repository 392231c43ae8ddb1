import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('key', models.CharField(help_text='Two unfinished jobs never share a key.', max_length=120, verbose_name='key')),
                ('arguments', models.JSONField(default=dict, verbose_name='arguments')),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=10, verbose_name='state')),
                ('cursor', models.JSONField(default=dict, verbose_name='cursor')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='done')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='total')),
                ('message', models.TextField(blank=True, verbose_name='message')),
                ('actor_id', models.BigIntegerField(verbose_name='actor')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('heartbeat_at', models.DateTimeField(null=True, verbose_name='heartbeat at')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished at')),
                ('worker', models.CharField(blank=True, max_length=80, verbose_name='worker')),
            ],
            options={
                'verbose_name': 'background job',
                'verbose_name_plural': 'background jobs',
                'indexes': [models.Index(fields=['state', 'heartbeat_at'], name='core_job_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('key',), name='core_job_one_unfinished_per_key', violation_error_message='This work is already under way.')],
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False, verbose_name='name')),
                ('at', models.DateTimeField(verbose_name='heartbeat at')),
            ],
            options={
                'verbose_name': 'sign of life',
                'verbose_name_plural': 'signs of life',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SentForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.BigIntegerField(verbose_name='account')),
                ('key', models.UUIDField(verbose_name='key')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
                ('at', models.DateTimeField(db_index=True, verbose_name='sent at')),
            ],
            options={
                'verbose_name': 'sent form',
                'verbose_name_plural': 'sent forms',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('account_id', 'key'), name='core_sentform_once', violation_error_message='This form was sent before.')],
            },
        ),
    ]
