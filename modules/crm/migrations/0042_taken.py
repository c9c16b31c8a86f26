

import django.db.models.deletion
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0041_failed_code_lists'),
        ('filestore', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Extract',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'Being made'), ('ready', 'Ready'), ('failed', 'Failed'), ('expired', 'Deleted')], default='waiting', max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('asked_by_id', models.UUIDField()),
                ('asked_by_name', models.CharField(max_length=150)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('as_of', models.DateTimeField(null=True)),
                ('ready_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=100)),
                ('since', models.DateField()),
                ('until', models.DateField()),
                ('k', models.PositiveSmallIntegerField(default=11)),
                ('told', models.JSONField(default=dict)),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='filestore.storedfile')),
            ],
            options={
                'indexes': [models.Index(fields=['-asked_at'], name='extract_by_time')],
                'constraints': [models.UniqueConstraint(models.Value(1), condition=models.Q(('state', 'waiting')), name='extract_one_at_a_time'), models.CheckConstraint(condition=models.Q(('k__gte', 5), ('k__lte', 100)), name='extract_k_within_limits'), models.CheckConstraint(condition=models.Q(('until__gt', models.F('since'))), name='extract_of_some_time')],
            },
        ),
        migrations.CreateModel(
            name='OwnCopy',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'Being made'), ('ready', 'Ready'), ('failed', 'Failed'), ('expired', 'Deleted')], default='waiting', max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('asked_by_id', models.UUIDField()),
                ('asked_by_name', models.CharField(max_length=150)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('as_of', models.DateTimeField(null=True)),
                ('ready_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=100)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.client')),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='filestore.storedfile')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='crm.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['patient', '-asked_at'], name='own_copy_of_patient')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('patient', 'client'), name='own_copy_one_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='StatisticsChoice',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('allowed', models.BooleanField()),
                ('way', models.CharField(choices=[('DEVICE', 'Here, on our device'), ('PAPER', 'On paper'), ('PORTAL', 'On the portal'), ('TOLD', 'By word of mouth')], max_length=8)),
                ('at', models.DateTimeField()),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=150)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statistics_choices', to='crm.patient')),
            ],
            options={
                'indexes': [models.Index(fields=['patient', '-at'], name='statistics_choice_of_patient')],
            },
        ),
    ]
