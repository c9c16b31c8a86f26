"""What is in the books stays, and each entry adds up to nothing in each currency when it is committed."""

from django.db import migrations

from tenancy.operations import AppendOnly, TriggerFunction

BALANCE_ENTRY = """
BEGIN
    IF EXISTS (
        SELECT 1 FROM billing_ledgerline WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'the debits and credits of an entry add up to nothing' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
"""

BALANCED = """
CREATE CONSTRAINT TRIGGER balance_entry AFTER INSERT ON billing_ledgerline DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_balance_entry();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0018_ledger")]
    operations = [
        AppendOnly("billing_ledgerentry"),
        AppendOnly("billing_ledgerline"),
        TriggerFunction("billing_balance_entry", BALANCE_ENTRY),
        migrations.RunSQL(BALANCED, "DROP TRIGGER balance_entry ON billing_ledgerline;"),
    ]
