"""Credit notes are counted by Postgres: never more than a line has left, and nothing of what was issued changes by it.

A trigger counts, as it does with payments; the application cannot. What is credited as a whole lets go of its visits and
treatments, which can be billed anew.
"""

import importlib

from django.db import migrations


from tenancy.operations import TriggerFunction

FROZEN = importlib.import_module("modules.billing.migrations.0002_frozen")
body_in = importlib.import_module("modules.billing.migrations.0008_moved_by_merges").body_in

INVOICE_BEFORE = importlib.import_module("modules.billing.migrations.0014_series_kept").INVOICE
INVOICE = (
    INVOICE_BEFORE.replace("'paid_minor', 'pdf_id']", "'paid_minor', 'credited_minor', 'pdf_id']")
    .replace("OR NEW.paid_minor <> 0 THEN", "OR NEW.paid_minor <> 0 OR NEW.credited_minor <> 0 THEN")
    .replace(
        "    IF NEW.paid_minor IS DISTINCT",
        "    IF NEW.credited_minor IS DISTINCT FROM OLD.credited_minor AND pg_trigger_depth() = 1 THEN\n"
        "        RAISE EXCEPTION 'credited_minor is the sum of the credit notes: write one' USING ERRCODE = '42501';\n"
        "    END IF;\n"
        "    IF NEW.paid_minor IS DISTINCT",
    )
)
LINE_BEFORE = body_in(FROZEN.GUARD_LINE)
LINE = LINE_BEFORE.replace(
    "BEGIN\n",
    """DECLARE
    counted CONSTANT text[] := ARRAY[
        'credited_minor', 'appointment_id', 'treatment_id', 'former_appointment_id', 'former_treatment_id'
    ];
BEGIN
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 AND to_jsonb(NEW) - counted = to_jsonb(OLD) - counted THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' AND NEW.credited_minor <> 0
        OR TG_OP = 'UPDATE' AND NEW.credited_minor IS DISTINCT FROM OLD.credited_minor THEN
        RAISE EXCEPTION 'credited_minor is the sum of the credit notes: write one' USING ERRCODE = '42501';
    END IF;
""",
    1,
)
PAYMENT_BEFORE = body_in(FROZEN.COUNT_PAYMENT)
PAYMENT = (
    PAYMENT_BEFORE.replace(
        "RETURNING number, currency, paid_minor, gross_minor INTO",
        "RETURNING number, currency, paid_minor, gross_minor - credited_minor AS due_minor INTO",
    ).replace("invoice.paid_minor > invoice.gross_minor", "invoice.paid_minor > invoice.due_minor")
)
COUNT = """
DECLARE
    corrected record;
BEGIN
    SELECT * INTO corrected FROM billing_invoice WHERE id = NEW.corrects_id FOR NO KEY UPDATE;
    IF corrected.kind <> 'INVOICE' OR corrected.issued_at IS NULL OR NEW.reason = ''
        OR (corrected.currency, corrected.prices_include_tax, corrected.patient_id)
            IS DISTINCT FROM (NEW.currency, NEW.prices_include_tax, NEW.patient_id) THEN
        RAISE EXCEPTION 'a credit note corrects an issued invoice, for a reason' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (
        SELECT 1 FROM billing_invoiceline AS c LEFT JOIN billing_invoiceline AS l
            ON l.id = c.corrects_line_id AND l.invoice_id = NEW.corrects_id AND l.tax_rate = c.tax_rate
        WHERE c.invoice_id = NEW.id AND l.id IS NULL
    ) THEN
        RAISE EXCEPTION 'the lines of a credit note are of its invoice' USING ERRCODE = '23514';
    END IF;
    UPDATE billing_invoiceline AS l SET credited_minor = l.credited_minor + c.gross FROM (
        SELECT corrects_line_id, sum(gross_minor)::bigint AS gross FROM billing_invoiceline
        WHERE invoice_id = NEW.id GROUP BY corrects_line_id
    ) AS c WHERE l.id = c.corrects_line_id;
    UPDATE billing_invoice SET credited_minor = credited_minor + NEW.gross_minor WHERE id = NEW.corrects_id;
    IF NOT EXISTS (
        SELECT 1 FROM billing_invoiceline WHERE invoice_id = NEW.corrects_id AND credited_minor <> gross_minor
    ) THEN
        UPDATE billing_invoiceline SET appointment_id = NULL, treatment_id = NULL,
            former_appointment_id = appointment_id, former_treatment_id = treatment_id
            WHERE invoice_id = NEW.corrects_id AND (appointment_id IS NOT NULL OR treatment_id IS NOT NULL);
    END IF;
    RETURN NULL;
END
"""
COUNTS = (
    "CREATE TRIGGER count_credit AFTER UPDATE ON billing_invoice FOR EACH ROW"
    " WHEN (NEW.kind = 'CREDIT_NOTE' AND OLD.issued_at IS NULL AND NEW.issued_at IS NOT NULL)"
    " EXECUTE FUNCTION billing_count_credit();"
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_credit_notes")]
    operations = [
        TriggerFunction("billing_guard_invoice", INVOICE, INVOICE_BEFORE),
        TriggerFunction("billing_guard_line", LINE, LINE_BEFORE),
        TriggerFunction("billing_count_payment", PAYMENT, PAYMENT_BEFORE),
        TriggerFunction("billing_count_credit", COUNT),
        migrations.RunSQL(COUNTS, "DROP TRIGGER count_credit ON billing_invoice"),
    ]
