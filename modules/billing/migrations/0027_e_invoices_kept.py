"""A file that was made stays the one that it was: only how it stands may change, and it never goes."""

from django.db import migrations

from tenancy.operations import AppendOnly, TriggerFunction

GUARD = """
DECLARE
    may_change CONSTANT text[] := ARRAY['state', 'reference', 'reason', 'sent_at', 'answered_at', 'archived_at'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'an electronic invoice stays the file that it was made as' USING ERRCODE = '42501';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('MADE', 'SENT'), ('SENT', 'ACCEPTED'), ('SENT', 'REJECTED'), ('ACCEPTED', 'ARCHIVED')
    ) THEN
        RAISE EXCEPTION 'an electronic invoice is sent, then answered, then archived' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
"""
GUARDS = (
    "CREATE TRIGGER guard_e_invoice BEFORE UPDATE OR DELETE ON billing_einvoice"
    " FOR EACH ROW EXECUTE FUNCTION billing_guard_e_invoice();"
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0026_e_invoices")]
    operations = [
        AppendOnly("billing_einvoice_history"),
        AppendOnly("billing_einvoiceaddress_history"),
        TriggerFunction("billing_guard_e_invoice", GUARD),
        migrations.RunSQL(GUARDS, "DROP TRIGGER guard_e_invoice ON billing_einvoice"),
    ]
