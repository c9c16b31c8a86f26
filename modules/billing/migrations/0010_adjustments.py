"""Discounts and surcharges on drafts. Once an invoice is issued, they neither change nor go, and Postgres sees to it."""

import audit.models
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.text
import history.triggers
import kernel.ids
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from tenancy.operations import AppendOnly

# The invoice is locked while one is written: whoever issues it meanwhile waits, or is waited for.
GUARD_ADJUSTMENT = """
CREATE FUNCTION billing_guard_adjustment() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM 1 FROM billing_invoice WHERE id = NEW.invoice_id OR id = OLD.invoice_id ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM billing_invoice WHERE (id = NEW.invoice_id OR id = OLD.invoice_id) AND issued_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the discounts of an issued invoice neither change nor go' USING ERRCODE = '42501';
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.line_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM billing_invoiceline WHERE id = NEW.line_id AND invoice_id = NEW.invoice_id
    ) THEN
        RAISE EXCEPTION 'a discount is on a line of its own invoice' USING ERRCODE = '23514';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_adjustment BEFORE INSERT OR UPDATE OR DELETE ON billing_adjustment
    FOR EACH ROW EXECUTE FUNCTION billing_guard_adjustment();
"""
UNGUARD = "DROP TRIGGER guard_adjustment ON billing_adjustment; DROP FUNCTION billing_guard_adjustment();"


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0009_treatments'),
    ]

    operations = [
        migrations.CreateModel(
            name='AdjustmentHistory',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, primary_key=True, serialize=False)),
                ('pgh_origin', models.JSONField(db_default=audit.models.Origin(), null=True)),
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, serialize=False)),
                ('kind', models.CharField(choices=[('DISCOUNT', 'Discount'), ('SURCHARGE', 'Surcharge')], max_length=9)),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('amount_minor', models.BigIntegerField(null=True)),
                ('total_minor', models.BigIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('limit_percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=150)),
                ('given_at', models.DateTimeField()),
                ('invoice', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.invoice')),
                ('line', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.invoiceline')),
            ],
            options={
                'db_table': 'billing_adjustment_history',
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='DiscountLimit',
            fields=[
                ('role', models.CharField(choices=[('owner', 'Owner'), ('admin', 'Administrator'), ('practitioner', 'Practitioner'), ('receptionist', 'Receptionist'), ('patient', 'Patient')], max_length=20, primary_key=True, serialize=False)),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('percent', None), models.Q(('percent__gte', 0), ('percent__lte', 100)), _connector='OR'), name='discount_limit_is_a_share')],
            },
        ),
        migrations.CreateModel(
            name='DiscountReason',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=200)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('text'), condition=models.Q(('ended_at', None)), name='discount_reason_once'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='discount_reason_says_something')],
            },
        ),
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('DISCOUNT', 'Discount'), ('SURCHARGE', 'Surcharge')], max_length=9)),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('amount_minor', models.BigIntegerField(null=True)),
                ('total_minor', models.BigIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('limit_percent', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=150)),
                ('given_at', models.DateTimeField()),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='billing.invoice')),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='billing.invoiceline')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('amount_minor', None), ('percent__gt', 0)), models.Q(('amount_minor__gt', 0), ('percent', None)), _connector='OR'), name='adjustment_share_or_amount'), models.CheckConstraint(condition=models.Q(('kind', 'SURCHARGE'), models.Q(('kind', 'DISCOUNT'), models.Q(('percent', None), ('percent__lte', 100), _connector='OR')), _connector='OR'), name='adjustment_discount_is_a_part'), models.CheckConstraint(condition=models.Q(('total_minor__gte', 0)), name='adjustment_not_negative')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adjustment',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_adjustment_history" ("amount_minor", "by_id", "by_name", "currency", "given_at", "id", "invoice_id", "kind", "limit_percent", "line_id", "percent", "pgh_created_at", "pgh_label", "reason", "total_minor") VALUES (OLD."amount_minor", OLD."by_id", OLD."by_name", OLD."currency", OLD."given_at", OLD."id", OLD."invoice_id", OLD."kind", OLD."limit_percent", OLD."line_id", OLD."percent", clock_timestamp(), \'update\', OLD."reason", OLD."total_minor"); RETURN NULL;', hash='650a7ce95abf966e4a011ae4bafaea31cb719e57', operation='UPDATE', pgid='pgtrigger_history_replaced_9cbc1', table='billing_adjustment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adjustment',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_adjustment_history" ("amount_minor", "by_id", "by_name", "currency", "given_at", "id", "invoice_id", "kind", "limit_percent", "line_id", "percent", "pgh_created_at", "pgh_label", "reason", "total_minor") VALUES (OLD."amount_minor", OLD."by_id", OLD."by_name", OLD."currency", OLD."given_at", OLD."id", OLD."invoice_id", OLD."kind", OLD."limit_percent", OLD."line_id", OLD."percent", clock_timestamp(), \'delete\', OLD."reason", OLD."total_minor"); RETURN NULL;', hash='86f6573a47ffa73d0e7f62ac403a6a4ed8994e47', operation='DELETE', pgid='pgtrigger_history_removed_ccc34', table='billing_adjustment', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='adjustmenthistory',
            index=models.Index(fields=['id', 'pgh_created_at'], name='adjustment_history_of_row'),
        ),
        AppendOnly("billing_adjustment_history"),
        migrations.RunSQL(GUARD_ADJUSTMENT, UNGUARD),
    ]
