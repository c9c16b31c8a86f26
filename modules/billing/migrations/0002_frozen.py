"""An issued invoice never changes, payments add up, and Postgres sees to both.

Each function carries the search path that it was made under, which is the schema of its tables (as in
modules/inventory/migrations/0002_ledger.py). `pg_trigger_depth()` is 1 inside a trigger that the application's own
statement set off, and more inside one that another trigger did.
"""

from django.db import migrations

from tenancy.operations import AppendOnly

GUARD_INVOICE = """
CREATE FUNCTION billing_guard_invoice() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    may_change CONSTANT text[] := ARRAY['status', 'paid_minor', 'pdf_id'];
    lines record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.issued_at IS NOT NULL OR NEW.paid_minor <> 0 THEN
            RAISE EXCEPTION 'an invoice starts as a draft' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.issued_at IS NOT NULL THEN
            RAISE EXCEPTION 'an issued invoice neither changes nor goes' USING ERRCODE = '42501';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.paid_minor IS DISTINCT FROM OLD.paid_minor AND pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION 'paid_minor is the sum of the payments: write a payment' USING ERRCODE = '42501';
    END IF;
    IF OLD.issued_at IS NOT NULL AND to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'an issued invoice neither changes nor goes' USING ERRCODE = '42501';
    END IF;
    IF OLD.issued_at IS NULL AND NEW.issued_at IS NOT NULL THEN
        SELECT count(*) AS number, sum(net_minor) AS net, sum(tax_minor) AS tax, sum(gross_minor) AS gross
            INTO lines FROM billing_invoiceline WHERE invoice_id = NEW.id;
        IF lines.number = 0 OR (lines.net, lines.tax, lines.gross)
            IS DISTINCT FROM (NEW.net_minor::numeric, NEW.tax_minor::numeric, NEW.gross_minor::numeric) THEN
            RAISE EXCEPTION 'the lines do not add up to the invoice' USING ERRCODE = '23514';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_invoice BEFORE INSERT OR UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_guard_invoice();
"""

# The invoice is locked while its line is written: whoever issues it meanwhile waits, or is waited for.
GUARD_LINE = """
CREATE FUNCTION billing_guard_line() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM 1 FROM billing_invoice WHERE id = NEW.invoice_id OR id = OLD.invoice_id ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM billing_invoice WHERE (id = NEW.invoice_id OR id = OLD.invoice_id) AND issued_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the lines of an issued invoice neither change nor go' USING ERRCODE = '42501';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_line BEFORE INSERT OR UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_guard_line();
"""

# What a gateway took was really taken, so it is counted even if it is too much. Nobody at a desk takes too much.
COUNT_PAYMENT = """
CREATE FUNCTION billing_count_payment() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    invoice record;
BEGIN
    UPDATE billing_invoice SET paid_minor = paid_minor + NEW.amount_minor WHERE id = NEW.invoice_id
        RETURNING number, currency, paid_minor, gross_minor INTO invoice;
    IF invoice.number IS NULL OR invoice.currency <> NEW.currency THEN
        RAISE EXCEPTION 'a payment is for an issued invoice, in its currency' USING ERRCODE = '23514';
    END IF;
    IF invoice.paid_minor > invoice.gross_minor AND NEW.gateway_reference = '' THEN
        RAISE EXCEPTION 'that is more than is owed' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_payment AFTER INSERT ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_count_payment();
"""


def undo(table: str, trigger: str, function: str) -> str:
    return f"DROP TRIGGER {trigger} ON {table}; DROP FUNCTION {function}();"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [
        AppendOnly("billing_payment"),
        migrations.RunSQL(GUARD_INVOICE, undo("billing_invoice", "guard_invoice", "billing_guard_invoice")),
        migrations.RunSQL(GUARD_LINE, undo("billing_invoiceline", "guard_line", "billing_guard_line")),
        migrations.RunSQL(COUNT_PAYMENT, undo("billing_payment", "count_payment", "billing_count_payment")),
    ]
