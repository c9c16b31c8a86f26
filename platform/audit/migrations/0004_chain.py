"""The chain is kept by Postgres itself: a trigger notes what is in no link yet, and one function makes the links.

Both run as the owner of the tables, for the tenant's role may not write here. That is why `pg_temp` stands last in
their search path: otherwise a temporary table of the same name would be taken for ours. The function takes the form of
an entry from here; `audit.chain` knows the same one, and a test holds them to each other.
"""

from django.db import migrations

from tenancy.operations import AppendOnly

WAIT = """
CREATE FUNCTION audit_wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO audit_auditwaiting (entry_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
"""

# Two at once would make two chains: whoever comes second leaves it to the first. What is missing though it waits was
# removed by force; it goes on waiting, for the verification to find.
CHAIN_UP = """
CREATE FUNCTION audit_chain_up(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    number bigint;
    last bytea;
    entry record;
    next bytea;
    done uuid[] := '{}';
BEGIN
    IF NOT pg_try_advisory_xact_lock((1635083625::bigint << 32) | 'audit_auditlink'::regclass::oid::bigint) THEN
        RETURN 0;
    END IF;
    SELECT seq, hash INTO number, last FROM audit_auditlink ORDER BY seq DESC LIMIT 1;
    number := coalesce(number, 0);
    last := coalesce(last, decode(repeat('00', 32), 'hex'));
    FOR entry IN
        SELECT e.id, EXISTS (SELECT 1 FROM audit_auditlink l WHERE l.entry_id = e.id) AS is_chained, jsonb_build_array(
            1, e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.user_id, e.user_label, e.role,
            e.action, e.object_type, e.object_id, e.subject_id, e.listed, e.changes, e.origin
        )::text AS form
        FROM audit_auditentry e JOIN audit_auditwaiting w ON w.entry_id = e.id ORDER BY e.id LIMIT most
    LOOP
        done := done || entry.id;
        CONTINUE WHEN entry.is_chained;
        number := number + 1;
        next := sha256(int8send(number) || last || sha256(convert_to(entry.form, 'UTF8')));
        INSERT INTO audit_auditlink (seq, entry_id, prev, hash) VALUES (number, entry.id, last, next);
        last := next;
    END LOOP;
    DELETE FROM audit_auditwaiting WHERE entry_id = ANY (done);
    RETURN cardinality(done);
END $$;
"""

TRIGGER = "CREATE TRIGGER wait AFTER INSERT ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION audit_wait();"

PIN = """
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION audit_wait() SET search_path = %I, public, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION audit_chain_up(integer) SET search_path = %I, public, pg_temp', current_schema());
END $$;
"""

UNDO = """
DROP TRIGGER wait ON audit_auditentry;
DROP FUNCTION audit_wait();
DROP FUNCTION audit_chain_up(integer);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_whose_record_and_chain")]
    operations = [
        AppendOnly("audit_auditlink"),
        migrations.RunSQL(WAIT + CHAIN_UP + PIN + TRIGGER, UNDO),
        migrations.RunSQL(
            "INSERT INTO audit_auditwaiting (entry_id) SELECT id FROM audit_auditentry", migrations.RunSQL.noop
        ),
    ]
