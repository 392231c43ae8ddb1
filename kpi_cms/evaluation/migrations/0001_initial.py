import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=[('self', 'Self-assessment'), ('collective', 'Group or collective'), ('evaluator', 'Competent person'), ('endorsement', 'Head of the agency endorses')], max_length=12, verbose_name='stage')),
                ('seat', models.CharField(blank=True, default='', max_length=64, verbose_name='seat')),
                ('state', models.CharField(choices=[('draft', 'Being written'), ('submitted', 'Submitted')], default='draft', max_length=10, verbose_name='state')),
                ('strengths', models.TextField(blank=True, verbose_name='strengths')),
                ('weaknesses', models.TextField(blank=True, verbose_name='weaknesses')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('comments_key', models.UUIDField(editable=False, null=True)),
                ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='submitted at')),
                ('vacated_at', models.DateTimeField(blank=True, null=True, verbose_name='seat vacated at')),
                ('returned_copy', models.JSONField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'assessment',
                'verbose_name_plural': 'assessments',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CardResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=[('self', 'Self-assessment'), ('collective', 'Group or collective'), ('evaluator', 'Competent person'), ('endorsement', 'Head of the agency endorses')], max_length=12, verbose_name='stage')),
                ('seat', models.CharField(blank=True, default='', max_length=64, verbose_name='seat')),
                ('numerator', models.TextField(blank=True, verbose_name='numerator')),
                ('denominator', models.TextField(blank=True, verbose_name='denominator')),
                ('rounded', models.DecimalField(decimal_places=2, max_digits=7, null=True, verbose_name='points')),
                ('shown', models.CharField(blank=True, max_length=24, verbose_name='points as shown')),
                ('band', models.CharField(blank=True, max_length=20, verbose_name='band')),
                ('band_by_points', models.CharField(blank=True, max_length=20, verbose_name='band by points')),
                ('gates', models.JSONField(default=dict, verbose_name='gates that hold or are not known')),
                ('common', models.DecimalField(decimal_places=2, max_digits=7, null=True, verbose_name='common criteria')),
                ('results', models.DecimalField(decimal_places=2, max_digits=7, null=True, verbose_name='task results')),
                ('values', models.JSONField(default=dict, verbose_name='values')),
                ('missing', models.PositiveSmallIntegerField(default=0, verbose_name='entries missing')),
                ('insufficient', models.BooleanField(default=False, verbose_name='insufficient data')),
                ('pending', models.BooleanField(default=False, verbose_name="waits for others' results")),
                ('computed_at', models.DateTimeField(verbose_name='computed at')),
            ],
            options={
                'verbose_name': 'result',
                'verbose_name_plural': 'results',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CataloguePin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'verbose_name': 'catalogue used by a period',
                'verbose_name_plural': 'catalogues used by periods',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Delay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit_number', models.PositiveIntegerField(help_text='1 is the first piece.', verbose_name='unit of quantity')),
                ('reason_key', models.UUIDField(verbose_name='reason')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
            ],
            options={
                'verbose_name': 'delay',
                'verbose_name_plural': 'delays',
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='key')),
                ('state', models.CharField(choices=[('kept', 'Attached'), ('quarantined', 'Held back: malware was found'), ('withdrawn', 'Withdrawn'), ('removed', 'Removed by lawful erasure')], default='kept', max_length=12, verbose_name='state')),
                ('title', models.CharField(max_length=200, verbose_name='what it shows')),
                ('number', models.CharField(blank=True, max_length=120, verbose_name='document number')),
                ('words_key', models.UUIDField(editable=False, null=True)),
                ('kind', models.CharField(blank=True, max_length=8, verbose_name='kind of file')),
                ('size', models.PositiveIntegerField(verbose_name='size in bytes')),
                ('sha256', models.CharField(max_length=64, verbose_name='digest')),
                ('sent_sha256', models.CharField(max_length=64, verbose_name='digest of the file as it was sent')),
                ('storage_name', models.CharField(max_length=120, unique=True, verbose_name='name in the store')),
                ('attached_at', models.DateTimeField(verbose_name='attached at')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn at')),
                ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='file erased at')),
            ],
            options={
                'verbose_name': 'evidence',
                'verbose_name_plural': 'evidence',
                'ordering': ['attached_at', 'id'],
                'default_permissions': (),
            },
        ),
    ]
