"""What is used, paid back and written off is counted by Postgres, as payments are: the application cannot.

A refund counts from the moment in which it is asked for, and is counted back if it fails. Money that came by bank or
at a gateway is there even if it is too much; at the desk nobody takes more than is owed.
"""

import importlib

from django.db import migrations

from tenancy.operations import AppendOnly, TriggerFunction

COUNTED = importlib.import_module("modules.billing.migrations.0016_credits_counted")

INVOICE = (
    COUNTED.INVOICE.replace("'credited_minor', 'pdf_id']", "'credited_minor', 'written_off_minor', 'pdf_id']")
    .replace(
        "OR NEW.credited_minor <> 0 THEN", "OR NEW.credited_minor <> 0 OR NEW.written_off_minor <> 0 THEN"
    )
    .replace(
        "    IF NEW.credited_minor IS DISTINCT",
        "    IF NEW.written_off_minor IS DISTINCT FROM OLD.written_off_minor AND pg_trigger_depth() = 1 THEN\n"
        "        RAISE EXCEPTION 'written_off_minor is the sum of what was given up: write one' USING ERRCODE = '42501';\n"
        "    END IF;\n"
        "    IF NEW.credited_minor IS DISTINCT",
    )
)
PAYMENT = COUNTED.PAYMENT.replace(
    "gross_minor - credited_minor AS due_minor", "gross_minor - credited_minor - written_off_minor AS due_minor"
).replace("NEW.gateway_reference = ''", "NEW.gateway_reference = '' AND NEW.method <> 'BANK_TRANSFER'")
CREDIT_USE = """
DECLARE
    source record;
    target record;
BEGIN
    PERFORM 1 FROM billing_invoice WHERE id IN (NEW.source_id, NEW.target_id) ORDER BY id FOR NO KEY UPDATE;
    UPDATE billing_invoice SET paid_minor = paid_minor - NEW.amount_minor, status = CASE
            WHEN status = 'PAID' AND paid_minor - NEW.amount_minor < gross_minor - credited_minor THEN 'PARTIAL'
            ELSE status END
        WHERE id = NEW.source_id
        RETURNING client_id, currency, paid_minor, gross_minor - credited_minor - written_off_minor AS due INTO source;
    UPDATE billing_invoice SET paid_minor = paid_minor + NEW.amount_minor WHERE id = NEW.target_id
        RETURNING kind, number, client_id, currency, paid_minor,
            gross_minor - credited_minor - written_off_minor AS due INTO target;
    IF (source.client_id, source.currency, NEW.currency)
        IS DISTINCT FROM (target.client_id, target.currency, target.currency)
        OR target.number IS NULL OR target.kind <> 'INVOICE' THEN
        RAISE EXCEPTION 'credit is used for an issued invoice of the same client' USING ERRCODE = '23514';
    END IF;
    IF source.paid_minor < source.due OR target.paid_minor > target.due THEN
        RAISE EXCEPTION 'that is more credit than there is, or more than is owed' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
"""
GUARD_REFUND = """
DECLARE
    may_change CONSTANT text[] := ARRAY['state', 'gateway_reference', 'finished_at'];
    paid record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a refund stays' USING ERRCODE = '42501';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change OR OLD.state = 'FAILED'
            OR (OLD.state = 'DONE' AND (NEW.state <> 'FAILED' OR NEW.method <> 'STRIPE')) THEN
            RAISE EXCEPTION 'a refund only goes forward' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state = 'FAILED' THEN
        RAISE EXCEPTION 'a refund is asked for first' USING ERRCODE = '42501';
    END IF;
    SELECT * INTO paid FROM billing_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF NEW.payment_id IS NOT NULL AND (
        paid.currency <> NEW.currency OR (NEW.kind = 'TAKEN_BACK' AND paid.invoice_id <> NEW.invoice_id)
        OR NEW.amount_minor + coalesce((
            SELECT sum(amount_minor) FROM billing_refund WHERE payment_id = NEW.payment_id AND state <> 'FAILED'
        ), 0) > paid.amount_minor
    ) THEN
        RAISE EXCEPTION 'that is more than this payment was' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
"""
COUNT_REFUND = """
DECLARE
    invoice record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.state = 'FAILED' THEN
            UPDATE billing_invoice SET paid_minor = paid_minor + NEW.amount_minor WHERE id = NEW.invoice_id;
        END IF;
        RETURN NULL;
    END IF;
    UPDATE billing_invoice SET paid_minor = paid_minor - NEW.amount_minor, status = CASE
            WHEN status = 'PAID' AND paid_minor - NEW.amount_minor < gross_minor - credited_minor THEN 'PARTIAL'
            ELSE status END
        WHERE id = NEW.invoice_id
        RETURNING currency, paid_minor, gross_minor - credited_minor - written_off_minor AS due INTO invoice;
    IF invoice.currency <> NEW.currency OR (NEW.kind = 'PAID_BACK' AND invoice.paid_minor < invoice.due) THEN
        RAISE EXCEPTION 'only what was paid too much is paid back' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
"""
COUNT_WRITE_OFF = """
DECLARE
    invoice record;
BEGIN
    UPDATE billing_invoice SET written_off_minor = written_off_minor + NEW.amount_minor WHERE id = NEW.invoice_id
        RETURNING kind, number, currency, paid_minor, gross_minor - credited_minor - written_off_minor AS due
        INTO invoice;
    IF invoice.number IS NULL OR invoice.kind <> 'INVOICE' OR invoice.currency <> NEW.currency
        OR (NEW.amount_minor > 0 AND invoice.paid_minor > invoice.due) THEN
        RAISE EXCEPTION 'only what is owed is written off' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
"""
TRIGGERS = (
    ("count_credit_use", "AFTER INSERT ON billing_credituse", "billing_count_credit_use"),
    ("guard_refund", "BEFORE INSERT OR UPDATE OR DELETE ON billing_refund", "billing_guard_refund"),
    ("count_refund", "AFTER INSERT OR UPDATE ON billing_refund", "billing_count_refund"),
    ("count_write_off", "AFTER INSERT ON billing_writeoff", "billing_count_write_off"),
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_settling")]
    operations = [
        AppendOnly("billing_credituse"),
        AppendOnly("billing_writeoff"),
        TriggerFunction("billing_guard_invoice", INVOICE, COUNTED.INVOICE),
        TriggerFunction("billing_count_payment", PAYMENT, COUNTED.PAYMENT),
        TriggerFunction("billing_count_credit_use", CREDIT_USE),
        TriggerFunction("billing_guard_refund", GUARD_REFUND),
        TriggerFunction("billing_count_refund", COUNT_REFUND),
        TriggerFunction("billing_count_write_off", COUNT_WRITE_OFF),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {function}();",
                f"DROP TRIGGER {name} ON {when.split()[-1]};",
            )
            for name, when, function in TRIGGERS
        ),
    ]
