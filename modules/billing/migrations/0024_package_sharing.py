"""A package may be for the whole family, or be passed on: then another person has it, while nothing of it is booked."""

import importlib

import history.triggers
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from tenancy.operations import TriggerFunction

PURCHASE_BEFORE = importlib.import_module("modules.billing.migrations.0023_package_pauses").PURCHASE
PURCHASE = PURCHASE_BEFORE.replace(
    "    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL\n",
    "    IF TG_OP = 'UPDATE' AND OLD.is_transferable AND OLD.ended_at IS NULL\n"
    "        AND to_jsonb(NEW) - 'patient_id' - 'client_id' = to_jsonb(OLD) - 'patient_id' - 'client_id' AND NOT EXISTS (\n"
    "            SELECT 1 FROM billing_packageunit WHERE purchase_id = OLD.id AND state = 'RESERVED'\n"
    "        ) THEN\n"
    "        RETURN NEW;\n"
    "    END IF;\n"
    "    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL\n",
)


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0023_package_pauses'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='package',
            name='history_replaced',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='package',
            name='history_removed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='packagepurchase',
            name='history_replaced',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='packagepurchase',
            name='history_removed',
        ),
        migrations.AddField(
            model_name='package',
            name='for_family',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='package',
            name='is_transferable',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='packagehistory',
            name='for_family',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='packagehistory',
            name='is_transferable',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='packagepurchase',
            name='for_family',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='packagepurchase',
            name='is_transferable',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='packagepurchasehistory',
            name='for_family',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='packagepurchasehistory',
            name='is_transferable',
            field=models.BooleanField(db_default=False, default=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='package',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_package_history" ("created_at", "currency", "ended_at", "for_family", "id", "is_transferable", "name", "pgh_created_at", "pgh_label", "price_minor", "tax_rate", "valid_days") VALUES (OLD."created_at", OLD."currency", OLD."ended_at", OLD."for_family", OLD."id", OLD."is_transferable", OLD."name", clock_timestamp(), \'update\', OLD."price_minor", OLD."tax_rate", OLD."valid_days"); RETURN NULL;', hash='fc40af5dc2e69042d798003b76aea1d4a36ab6a8', operation='UPDATE', pgid='pgtrigger_history_replaced_c32ec', table='billing_package', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='package',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_package_history" ("created_at", "currency", "ended_at", "for_family", "id", "is_transferable", "name", "pgh_created_at", "pgh_label", "price_minor", "tax_rate", "valid_days") VALUES (OLD."created_at", OLD."currency", OLD."ended_at", OLD."for_family", OLD."id", OLD."is_transferable", OLD."name", clock_timestamp(), \'delete\', OLD."price_minor", OLD."tax_rate", OLD."valid_days"); RETURN NULL;', hash='ce65b784d3933ab6ea2baa38ae2037e996b2515f', operation='DELETE', pgid='pgtrigger_history_removed_2e029', table='billing_package', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='packagepurchase',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_packagepurchase_history" ("bought", "client_id", "currency", "ended_at", "expires_on", "for_family", "id", "is_transferable", "line_id", "name", "package_id", "patient_id", "pgh_created_at", "pgh_label", "price_minor", "sold_at", "sold_by_name", "tax_rate") VALUES (OLD."bought", OLD."client_id", OLD."currency", OLD."ended_at", OLD."expires_on", OLD."for_family", OLD."id", OLD."is_transferable", OLD."line_id", OLD."name", OLD."package_id", OLD."patient_id", clock_timestamp(), \'update\', OLD."price_minor", OLD."sold_at", OLD."sold_by_name", OLD."tax_rate"); RETURN NULL;', hash='0907a083bf3badac2e3b109d0abe60d5d416afdf', operation='UPDATE', pgid='pgtrigger_history_replaced_aea74', table='billing_packagepurchase', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='packagepurchase',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_packagepurchase_history" ("bought", "client_id", "currency", "ended_at", "expires_on", "for_family", "id", "is_transferable", "line_id", "name", "package_id", "patient_id", "pgh_created_at", "pgh_label", "price_minor", "sold_at", "sold_by_name", "tax_rate") VALUES (OLD."bought", OLD."client_id", OLD."currency", OLD."ended_at", OLD."expires_on", OLD."for_family", OLD."id", OLD."is_transferable", OLD."line_id", OLD."name", OLD."package_id", OLD."patient_id", clock_timestamp(), \'delete\', OLD."price_minor", OLD."sold_at", OLD."sold_by_name", OLD."tax_rate"); RETURN NULL;', hash='69ae9c0585191ca8a9d6bf501d521c517dfbf77a', operation='DELETE', pgid='pgtrigger_history_removed_6845a', table='billing_packagepurchase', when='AFTER')),
        ),
        TriggerFunction("billing_guard_purchase", PURCHASE, PURCHASE_BEFORE),
    ]
