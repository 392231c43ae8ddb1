import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('exchange', '0001_initial'),
        ('snippets', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='importupload',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='snippets.unit', verbose_name='unit'),
        ),
        migrations.AddConstraint(
            model_name='importupload',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'people'), ('unit__isnull', True)), models.Q(('kind', 'catalogue'), ('unit__isnull', False)), _connector='OR'), name='exchange_upload_catalogue_has_unit'),
        ),
    ]
