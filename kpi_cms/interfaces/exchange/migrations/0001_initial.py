import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='ImportUpload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('people', 'People'), ('catalogue', 'Catalogue')], max_length=10, verbose_name='kind')),
                ('title', models.CharField(blank=True, max_length=200, verbose_name='title')),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('sha256', models.CharField(max_length=64, verbose_name='digest')),
                ('content', models.BinaryField(verbose_name='content')),
                ('actor_id', models.BigIntegerField(verbose_name='actor')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('expires_at', models.DateTimeField(db_index=True, verbose_name='kept until')),
                ('applied_at', models.DateTimeField(null=True, verbose_name='applied at')),
                ('passwords_taken_at', models.DateTimeField(null=True, verbose_name='first passwords downloaded at')),
            ],
            options={
                'verbose_name': 'uploaded workbook',
                'verbose_name_plural': 'uploaded workbooks',
                'default_permissions': (),
            },
        ),
    ]
