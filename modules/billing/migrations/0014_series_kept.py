"""A number stays in its series, and a series counts forward; documents of before learn their place in it.

What a document's place and link in the chain are is set once, for those of before later than they were issued: until it
is linked. The documents of before are linked in their order by the worker (`services/chaining.py`).
"""

import importlib

from django.db import migrations

from tenancy.operations import TriggerFunction

BEFORE = importlib.import_module("modules.billing.migrations.0008_moved_by_merges").INVOICE_BUT_MERGE
INVOICE = BEFORE.replace(
    "    may_change CONSTANT text[] := ARRAY['status', 'paid_minor', 'pdf_id'];\n",
    "    may_change text[] := ARRAY['status', 'paid_minor', 'pdf_id'];\n",
).replace(
    "    IF OLD.issued_at IS NOT NULL AND to_jsonb(NEW) - may_change",
    "    IF OLD.chain_hash = '' THEN\n"
    "        may_change := may_change || ARRAY['chain_hash', 'chain_previous', 'chain_people', 'chain_salt'];\n"
    "        IF OLD.series_id IS NULL THEN\n"
    "            may_change := may_change || ARRAY['series_id', 'sequence'];\n"
    "        END IF;\n"
    "    END IF;\n"
    "    IF OLD.issued_at IS NOT NULL AND to_jsonb(NEW) - may_change",
)
SERIES = """
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.next > 1 THEN
            RAISE EXCEPTION 'a series of which numbers are given out stays' USING ERRCODE = '42501';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.kind, NEW.location_id, NEW.year) IS DISTINCT FROM (OLD.kind, OLD.location_id, OLD.year)
        OR (OLD.next > 1 AND NEW.prefix IS DISTINCT FROM OLD.prefix)
        OR NEW.next NOT IN (OLD.next, OLD.next + 1) OR NEW.last_on < OLD.last_on
        OR (OLD.last_on IS NOT NULL AND NEW.last_on IS NULL) THEN
        RAISE EXCEPTION 'a series counts forward, one by one, and keeps its prefix' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
"""
GUARD = (
    "CREATE TRIGGER guard_series BEFORE UPDATE OR DELETE ON billing_numberseries "
    "FOR EACH ROW EXECUTE FUNCTION billing_guard_series();"
)
PLACES = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE billing_invoice AS i SET series_id = s.id, sequence = split_part(i.number, '-', 2)::integer
    FROM billing_numberseries AS s
    WHERE i.number ~ '^[0-9]{4}-[0-9]+$' AND s.year = split_part(i.number, '-', 1)::integer
    AND i.series_id IS NULL AND s.kind = 'INVOICE' AND s.location_id IS NULL;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_series")]
    operations = [
        TriggerFunction("billing_guard_invoice", INVOICE, BEFORE),
        TriggerFunction("billing_guard_series", SERIES),
        migrations.RunSQL(GUARD, "DROP TRIGGER guard_series ON billing_numberseries"),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
    ]
