"""The rates of tax of a practice, which are ended and never edited; and by which category each line is taxed."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.functions.datetime
import django.db.models.functions.text
import history.triggers
import kernel.ids
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

GUARD_RATE = """
CREATE FUNCTION billing_guard_rate() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    may_change CONSTANT text[] := ARRAY['valid_until', 'is_usual', 'ended_at'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'a rate of tax is ended, and never edited' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_rate BEFORE UPDATE OR DELETE ON billing_taxrate
    FOR EACH ROW EXECUTE FUNCTION billing_guard_rate();
"""
UNGUARD = "DROP TRIGGER guard_rate ON billing_taxrate; DROP FUNCTION billing_guard_rate();"


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0010_adjustments'),
    ]

    operations = [
        migrations.CreateModel(
            name='TaxRate',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('category', models.CharField(choices=[('S', 'Taxed'), ('Z', 'Zero rate'), ('E', 'Exempt'), ('AE', 'Reverse charge'), ('O', 'Outside the tax')], max_length=2)),
                ('percent', models.DecimalField(decimal_places=2, max_digits=5)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('code', models.CharField(blank=True, max_length=20)),
                ('is_usual', models.BooleanField(default=True)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
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
            name='tax_category',
            field=models.CharField(blank=True, db_default='', default='', max_length=2),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='tax_code',
            field=models.CharField(blank=True, db_default='', default='', max_length=20),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='tax_reason',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='invoicelinehistory',
            name='tax_category',
            field=models.CharField(blank=True, db_default='', default='', max_length=2),
        ),
        migrations.AddField(
            model_name='invoicelinehistory',
            name='tax_code',
            field=models.CharField(blank=True, db_default='', default='', max_length=20),
        ),
        migrations.AddField(
            model_name='invoicelinehistory',
            name='tax_reason',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='history_replaced', sql=history.triggers.PinnedTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_invoiceline_history" ("appointment_id", "currency", "deposit_id", "description", "detail", "gross_minor", "id", "invoice_id", "item_id", "net_minor", "pgh_created_at", "pgh_label", "position", "quantity", "tax_category", "tax_code", "tax_minor", "tax_rate", "tax_reason", "treatment_id", "unit_price_minor") VALUES (OLD."appointment_id", OLD."currency", OLD."deposit_id", OLD."description", OLD."detail", OLD."gross_minor", OLD."id", OLD."invoice_id", OLD."item_id", OLD."net_minor", clock_timestamp(), \'update\', OLD."position", OLD."quantity", OLD."tax_category", OLD."tax_code", OLD."tax_minor", OLD."tax_rate", OLD."tax_reason", OLD."treatment_id", OLD."unit_price_minor"); RETURN NULL;', hash='276c19fac85a67a36a12a5898e2140bc8e972ca9', operation='UPDATE', pgid='pgtrigger_history_replaced_21247', table='billing_invoiceline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=history.triggers.PinnedTriggerSql(func='INSERT INTO "billing_invoiceline_history" ("appointment_id", "currency", "deposit_id", "description", "detail", "gross_minor", "id", "invoice_id", "item_id", "net_minor", "pgh_created_at", "pgh_label", "position", "quantity", "tax_category", "tax_code", "tax_minor", "tax_rate", "tax_reason", "treatment_id", "unit_price_minor") VALUES (OLD."appointment_id", OLD."currency", OLD."deposit_id", OLD."description", OLD."detail", OLD."gross_minor", OLD."id", OLD."invoice_id", OLD."item_id", OLD."net_minor", clock_timestamp(), \'delete\', OLD."position", OLD."quantity", OLD."tax_category", OLD."tax_code", OLD."tax_minor", OLD."tax_rate", OLD."tax_reason", OLD."treatment_id", OLD."unit_price_minor"); RETURN NULL;', hash='3bdea4f1d41622c6af0cd9040f6348404c194e8d', operation='DELETE', pgid='pgtrigger_history_removed_e06a2', table='billing_invoiceline', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('ended_at', None)), expressions=[(django.db.models.functions.text.Lower('name'), '='), (models.Func(models.F('valid_from'), models.F('valid_until'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='tax_rate_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('category', 'S'), ('percent__gt', 0), ('percent__lte', 100)), models.Q(models.Q(('category', 'S'), _negated=True), ('percent', 0)), _connector='OR'), name='tax_rate_fits_its_category'),
        ),
        migrations.AddConstraint(
            model_name='taxrate',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='tax_rate_lasts'),
        ),
        migrations.RunSQL(GUARD_RATE, UNGUARD),
    ]
