"""A package is frozen for some time. When it goes on, its last day moves by the days between; only Postgres moves it."""

import importlib

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import kernel.ids
from django.db import migrations, models

from tenancy.operations import TriggerFunction

PURCHASE_BEFORE = importlib.import_module("modules.billing.migrations.0008_moved_by_merges").PURCHASE_BUT_MERGE
PURCHASE = PURCHASE_BEFORE.replace(
    "    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL\n",
    "    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 AND NEW.expires_on >= OLD.expires_on\n"
    "        AND to_jsonb(NEW) - 'expires_on' = to_jsonb(OLD) - 'expires_on' THEN\n"
    "        RETURN NEW;\n"
    "    END IF;\n"
    "    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL\n",
)
PAUSE = """
DECLARE
    resumption CONSTANT text[] := ARRAY['resumed_on', 'resumed_at', 'resumed_by_id', 'resumed_by_name'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.resumed_on IS NOT NULL OR NEW.resumed_on IS NULL
        OR to_jsonb(NEW) - resumption IS DISTINCT FROM to_jsonb(OLD) - resumption THEN
        RAISE EXCEPTION 'a pause neither changes nor goes but that it ends, once' USING ERRCODE = '42501';
    END IF;
    UPDATE billing_packagepurchase SET expires_on = expires_on + (NEW.resumed_on - NEW.first_day)
        WHERE id = NEW.purchase_id;
    RETURN NEW;
END
"""
GUARDS = (
    "CREATE TRIGGER guard_pause BEFORE UPDATE OR DELETE ON billing_packagepause"
    " FOR EACH ROW EXECUTE FUNCTION billing_guard_pause();"
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0022_settlings_checked")]
    operations = [
        migrations.CreateModel(
            name="PackagePause",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("first_day", models.DateField()),
                ("resumed_on", models.DateField(null=True)),
                ("reason", models.CharField(max_length=200)),
                ("begun_at", models.DateTimeField()),
                ("begun_by_id", models.UUIDField(null=True)),
                ("begun_by_name", models.CharField(blank=True, max_length=150)),
                ("resumed_at", models.DateTimeField(null=True)),
                ("resumed_by_id", models.UUIDField(null=True)),
                ("resumed_by_name", models.CharField(blank=True, max_length=150)),
                (
                    "purchase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pauses",
                        to="billing.packagepurchase",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("purchase", "="),
                            (
                                models.Func(
                                    models.F("first_day"),
                                    models.F("resumed_on"),
                                    models.Value("[)"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="purchase_frozen_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resumed_on", None), ("resumed_on__gte", models.F("first_day")), _connector="OR"
                        ),
                        name="pause_goes_forward",
                    ),
                ],
            },
        ),
        TriggerFunction("billing_guard_purchase", PURCHASE, PURCHASE_BEFORE),
        TriggerFunction("billing_guard_pause", PAUSE),
        migrations.RunSQL(GUARDS, "DROP TRIGGER guard_pause ON billing_packagepause"),
    ]
