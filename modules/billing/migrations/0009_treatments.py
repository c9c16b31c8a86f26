"""The price list of treatments, what was done in visits, and that a line of an invoice bills one of them once."""

import audit.models
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import history.triggers
import kernel.ids
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from tenancy.operations import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0008_moved_by_merges'),
        ('scheduling', '0023_forms_at_check_in'),
    ]

    operations = [
        migrations.CreateModel(
            name='Treatment',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('unit', models.CharField(max_length=30)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('price_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('tax_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('is_included', models.BooleanField()),
                ('noted_at', models.DateTimeField()),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=150)),
            ],
        ),
        migrations.CreateModel(
            name='TreatmentCode',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('unit', models.CharField(max_length=30)),
                ('price_minor', models.BigIntegerField()),
                ('currency', models.CharField(editable=False, max_length=3)),
                ('tax_rate', models.DecimalField(decimal_places=2, default=0, max_digits=5)),
                ('is_included', models.BooleanField(default=False)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='TreatmentCodeHistory',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, primary_key=True, serialize=False)),
                ('pgh_origin', models.JSONField(db_default=audit.models.Origin(), null=True)),
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, serialize=False)),
                ('code', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('unit', models.CharField(max_length=30)),
                ('price_minor', models.BigIntegerField()),
                ('currency', models.CharField(editable=False, max_length=3)),
                ('tax_rate', models.DecimalField(decimal_places=2, default=0, max_digits=5)),
                ('is_included', models.BooleanField(default=False)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'db_table': 'billing_treatmentcode_history',
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='TreatmentHistory',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, primary_key=True, serialize=False)),
                ('pgh_origin', models.JSONField(db_default=audit.models.Origin(), null=True)),
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, serialize=False)),
                ('code', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('unit', models.CharField(max_length=30)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('price_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('tax_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('is_included', models.BooleanField()),
                ('noted_at', models.DateTimeField()),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=150)),
            ],
            options={
                'db_table': 'billing_treatment_history',
                'abstract': False,
                'default_permissions': (),
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoiceline',
            name='history_replaced',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoiceline',
            name='history_removed',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_invoiceline_history" ("appointment_id", "currency", "deposit_id", "description", "detail", "gross_minor", "id", "invoice_id", "item_id", "net_minor", "pgh_created_at", "pgh_label", "position", "quantity", "tax_minor", "tax_rate", "treatment_id", "unit_price_minor") VALUES (OLD."appointment_id", OLD."currency", OLD."deposit_id", OLD."description", OLD."detail", OLD."gross_minor", OLD."id", OLD."invoice_id", OLD."item_id", OLD."net_minor", clock_timestamp(), \'update\', OLD."position", OLD."quantity", OLD."tax_minor", OLD."tax_rate", OLD."treatment_id", OLD."unit_price_minor"); RETURN NULL;', hash='e364b61dc1c4b893ca809913e5c7e5d4742a6503', operation='UPDATE', pgid='pgtrigger_history_replaced_21247', table='billing_invoiceline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_invoiceline_history" ("appointment_id", "currency", "deposit_id", "description", "detail", "gross_minor", "id", "invoice_id", "item_id", "net_minor", "pgh_created_at", "pgh_label", "position", "quantity", "tax_minor", "tax_rate", "treatment_id", "unit_price_minor") VALUES (OLD."appointment_id", OLD."currency", OLD."deposit_id", OLD."description", OLD."detail", OLD."gross_minor", OLD."id", OLD."invoice_id", OLD."item_id", OLD."net_minor", clock_timestamp(), \'delete\', OLD."position", OLD."quantity", OLD."tax_minor", OLD."tax_rate", OLD."treatment_id", OLD."unit_price_minor"); RETURN NULL;', hash='83336534eba61409984bf9997e42fe4d92c40852', operation='DELETE', pgid='pgtrigger_history_removed_e06a2', table='billing_invoiceline', when='AFTER')),
        ),
        migrations.AddField(
            model_name='treatment',
            name='appointment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.appointment'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='treatment',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='line', to='billing.treatment'),
        ),
        migrations.AddField(
            model_name='invoicelinehistory',
            name='treatment',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.treatment'),
        ),
        migrations.AddField(
            model_name='treatmentcode',
            name='service',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.service'),
        ),
        migrations.AddField(
            model_name='treatment',
            name='treatment_code',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.treatmentcode'),
        ),
        migrations.AddField(
            model_name='treatmentcodehistory',
            name='service',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='scheduling.service'),
        ),
        migrations.AddField(
            model_name='treatmenthistory',
            name='appointment',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='scheduling.appointment'),
        ),
        migrations.AddField(
            model_name='treatmenthistory',
            name='treatment_code',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.treatmentcode'),
        ),
        migrations.AddConstraint(
            model_name='treatmentcode',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('ended_at', None)), expressions=[(django.db.models.functions.text.Lower('code'), '='), (models.Func(models.F('valid_from'), models.F('valid_until'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='treatment_code_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='treatmentcode',
            constraint=models.CheckConstraint(condition=models.Q(('price_minor__gte', 0)), name='treatment_code_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='treatmentcode',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate__gte', 0), ('tax_rate__lte', 100)), name='treatment_code_tax_is_a_rate'),
        ),
        migrations.AddConstraint(
            model_name='treatmentcode',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='treatment_code_lasts'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='treatmentcode',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_treatmentcode_history" ("code", "created_at", "currency", "ended_at", "id", "is_included", "name", "pgh_created_at", "pgh_label", "price_minor", "service_id", "tax_rate", "unit", "valid_from", "valid_until") VALUES (OLD."code", OLD."created_at", OLD."currency", OLD."ended_at", OLD."id", OLD."is_included", OLD."name", clock_timestamp(), \'update\', OLD."price_minor", OLD."service_id", OLD."tax_rate", OLD."unit", OLD."valid_from", OLD."valid_until"); RETURN NULL;', hash='64bc3868c9484e1f1cb63b0ca4097bc5a6b0f8e1', operation='UPDATE', pgid='pgtrigger_history_replaced_f4c35', table='billing_treatmentcode', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='treatmentcode',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_treatmentcode_history" ("code", "created_at", "currency", "ended_at", "id", "is_included", "name", "pgh_created_at", "pgh_label", "price_minor", "service_id", "tax_rate", "unit", "valid_from", "valid_until") VALUES (OLD."code", OLD."created_at", OLD."currency", OLD."ended_at", OLD."id", OLD."is_included", OLD."name", clock_timestamp(), \'delete\', OLD."price_minor", OLD."service_id", OLD."tax_rate", OLD."unit", OLD."valid_from", OLD."valid_until"); RETURN NULL;', hash='22c58b21ddf26167aa083662c01b6bf409f05e9e', operation='DELETE', pgid='pgtrigger_history_removed_d8e6d', table='billing_treatmentcode', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='treatment',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='treatment_of_something'),
        ),
        migrations.AddConstraint(
            model_name='treatment',
            constraint=models.CheckConstraint(condition=models.Q(('price_minor__gte', 0)), name='treatment_price_not_negative'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='treatment',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_treatment_history" ("appointment_id", "by_id", "by_name", "code", "currency", "id", "is_included", "name", "noted_at", "pgh_created_at", "pgh_label", "price_minor", "quantity", "tax_rate", "treatment_code_id", "unit") VALUES (OLD."appointment_id", OLD."by_id", OLD."by_name", OLD."code", OLD."currency", OLD."id", OLD."is_included", OLD."name", OLD."noted_at", clock_timestamp(), \'update\', OLD."price_minor", OLD."quantity", OLD."tax_rate", OLD."treatment_code_id", OLD."unit"); RETURN NULL;', hash='d8cf165017f36f6c1ed353ea168015ce68116089', operation='UPDATE', pgid='pgtrigger_history_replaced_58d04', table='billing_treatment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='treatment',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_treatment_history" ("appointment_id", "by_id", "by_name", "code", "currency", "id", "is_included", "name", "noted_at", "pgh_created_at", "pgh_label", "price_minor", "quantity", "tax_rate", "treatment_code_id", "unit") VALUES (OLD."appointment_id", OLD."by_id", OLD."by_name", OLD."code", OLD."currency", OLD."id", OLD."is_included", OLD."name", OLD."noted_at", clock_timestamp(), \'delete\', OLD."price_minor", OLD."quantity", OLD."tax_rate", OLD."treatment_code_id", OLD."unit"); RETURN NULL;', hash='3e962ad31bfb29bf946127f6bb4669ceecc692d5', operation='DELETE', pgid='pgtrigger_history_removed_78960', table='billing_treatment', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='treatmentcodehistory',
            index=models.Index(fields=['id', 'pgh_created_at'], name='treatmentcode_history_of_row'),
        ),
        migrations.AddIndex(
            model_name='treatmenthistory',
            index=models.Index(fields=['id', 'pgh_created_at'], name='treatment_history_of_row'),
        ),
        AppendOnly("billing_treatment_history"),
        AppendOnly("billing_treatmentcode_history"),
    ]
