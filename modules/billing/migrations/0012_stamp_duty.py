"""What a practice does about the stamp duty on invoices, and which line of a bill it is."""

import history.triggers
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0011_tax_rates'),
    ]

    operations = [
        migrations.CreateModel(
            name='TaxRules',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('stamp_duty', models.CharField(blank=True, choices=[('', 'Nothing'), ('BORNE', 'We bear it: it is on the bill, at nothing'), ('PASSED_ON', 'It is on the bill, to be paid')], default='', max_length=9)),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoiceline',
            name='history_replaced',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoiceline',
            name='history_removed',
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='is_duty',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='invoicelinehistory',
            name='is_duty',
            field=models.BooleanField(db_default=False, default=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_invoiceline_history" ("appointment_id", "currency", "deposit_id", "description", "detail", "gross_minor", "id", "invoice_id", "is_duty", "item_id", "net_minor", "pgh_created_at", "pgh_label", "position", "quantity", "tax_category", "tax_code", "tax_minor", "tax_rate", "tax_reason", "treatment_id", "unit_price_minor") VALUES (OLD."appointment_id", OLD."currency", OLD."deposit_id", OLD."description", OLD."detail", OLD."gross_minor", OLD."id", OLD."invoice_id", OLD."is_duty", OLD."item_id", OLD."net_minor", clock_timestamp(), \'update\', OLD."position", OLD."quantity", OLD."tax_category", OLD."tax_code", OLD."tax_minor", OLD."tax_rate", OLD."tax_reason", OLD."treatment_id", OLD."unit_price_minor"); RETURN NULL;', hash='a2113e5b928a65499b9317347167adf7b73c0257', operation='UPDATE', pgid='pgtrigger_history_replaced_21247', table='billing_invoiceline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_invoiceline_history" ("appointment_id", "currency", "deposit_id", "description", "detail", "gross_minor", "id", "invoice_id", "is_duty", "item_id", "net_minor", "pgh_created_at", "pgh_label", "position", "quantity", "tax_category", "tax_code", "tax_minor", "tax_rate", "tax_reason", "treatment_id", "unit_price_minor") VALUES (OLD."appointment_id", OLD."currency", OLD."deposit_id", OLD."description", OLD."detail", OLD."gross_minor", OLD."id", OLD."invoice_id", OLD."is_duty", OLD."item_id", OLD."net_minor", clock_timestamp(), \'delete\', OLD."position", OLD."quantity", OLD."tax_category", OLD."tax_code", OLD."tax_minor", OLD."tax_rate", OLD."tax_reason", OLD."treatment_id", OLD."unit_price_minor"); RETURN NULL;', hash='dd25a1bf45ddc261ed0731dc1404b4914279e52f', operation='DELETE', pgid='pgtrigger_history_removed_e06a2', table='billing_invoiceline', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='taxrules',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='tax_rules_are_one'),
        ),
    ]
