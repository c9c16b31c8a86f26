
import django.contrib.postgres.fields
import django.db.models.deletion
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0033_exercises'),
    ]

    operations = [
        migrations.CreateModel(
            name='DuplicatePair',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('score', models.PositiveSmallIntegerField()),
                ('open_score', models.PositiveSmallIntegerField()),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)),
                ('against', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)),
                ('found_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by_id', models.UUIDField(null=True)),
                ('answered_by_name', models.CharField(blank=True, max_length=150)),
                ('answered_reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), db_default=[], default=list, size=None)),
                ('one', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.patient')),
                ('other', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['-score', '-found_at'], name='duplicate_pair_by_score')],
                'constraints': [models.UniqueConstraint(fields=('one', 'other'), name='duplicate_pair_once'), models.CheckConstraint(condition=models.Q(('one__lt', models.F('other'))), name='duplicate_pair_in_order')],
            },
        ),
    ]
