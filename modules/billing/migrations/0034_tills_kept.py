"""What goes through a till is kept by Postgres: a closed session takes nothing, and what was expected is what went through.

Whatever goes through a session locks its row, and so does whoever closes it: each sees the other, or waits for it.
"""

from django.db import migrations

from tenancy.operations import AppendOnly, TriggerFunction

GUARD_DRAWER = """
DECLARE
    session record;
BEGIN
    IF NEW.till_session_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT closed_at, currency INTO session FROM billing_tillsession WHERE id = NEW.till_session_id FOR NO KEY UPDATE;
    IF session.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'this session of the till is closed' USING ERRCODE = '23514';
    END IF;
    IF session.currency <> NEW.currency THEN
        RAISE EXCEPTION 'this till is of another currency' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
"""
GUARD_SESSION = """
DECLARE
    at_closing CONSTANT text[] := ARRAY['closed_at', 'closed_by_id', 'closed_by_name', 'counted_minor',
        'counted_pieces', 'expected_minor', 'difference_minor', 'reason'];
    till record;
    expected bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a session of a till stays' USING ERRCODE = '42501';
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT is_active, currency INTO till FROM billing_till WHERE id = NEW.till_id FOR NO KEY UPDATE;
        IF NEW.closed_at IS NOT NULL OR NOT till.is_active OR till.currency <> NEW.currency THEN
            RAISE EXCEPTION 'a till that is in use is opened, in its own currency' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.closed_at IS NOT NULL OR to_jsonb(NEW) - at_closing IS DISTINCT FROM to_jsonb(OLD) - at_closing THEN
        RAISE EXCEPTION 'a session of a till is closed once, and is then as it was' USING ERRCODE = '42501';
    END IF;
    IF NEW.closed_at IS NOT NULL THEN
        SELECT NEW.opening_minor
            + coalesce((SELECT sum(amount_minor) FROM billing_payment WHERE till_session_id = NEW.id), 0)
            - coalesce((SELECT sum(amount_minor) FROM billing_refund
                WHERE till_session_id = NEW.id AND state <> 'FAILED'), 0)
            + coalesce((SELECT sum(CASE kind WHEN 'PAID_IN' THEN amount_minor ELSE -amount_minor END)
                FROM billing_cashmove WHERE till_session_id = NEW.id), 0)
            INTO expected;
        IF NEW.expected_minor IS DISTINCT FROM expected THEN
            RAISE EXCEPTION 'that is not what went through the till' USING ERRCODE = '23514';
        END IF;
    END IF;
    RETURN NEW;
END
"""
GUARD_TILL = """
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a till is switched off' USING ERRCODE = '42501';
    END IF;
    IF NEW.currency <> OLD.currency OR NEW.location_id IS DISTINCT FROM OLD.location_id THEN
        RAISE EXCEPTION 'a till keeps its place and its currency' USING ERRCODE = '42501';
    END IF;
    IF OLD.is_active AND NOT NEW.is_active
        AND EXISTS (SELECT 1 FROM billing_tillsession WHERE till_id = NEW.id AND closed_at IS NULL) THEN
        RAISE EXCEPTION 'an open till is closed first' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
"""
TRIGGERS = (
    ("guard_drawer", "BEFORE INSERT ON billing_payment", "billing_guard_drawer"),
    ("guard_drawer", "BEFORE INSERT ON billing_refund", "billing_guard_drawer"),
    ("guard_drawer", "BEFORE INSERT ON billing_cashmove", "billing_guard_drawer"),
    ("guard_drawer", "BEFORE INSERT ON billing_tillcount", "billing_guard_drawer"),
    ("guard_session", "BEFORE INSERT OR UPDATE OR DELETE ON billing_tillsession", "billing_guard_session"),
    ("guard_till", "BEFORE UPDATE OR DELETE ON billing_till", "billing_guard_till"),
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0033_tills")]
    operations = [
        AppendOnly("billing_cashmove"),
        AppendOnly("billing_tillcount"),
        TriggerFunction("billing_guard_drawer", GUARD_DRAWER),
        TriggerFunction("billing_guard_session", GUARD_SESSION),
        TriggerFunction("billing_guard_till", GUARD_TILL),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {function}();",
                f"DROP TRIGGER {name} ON {when.split()[-1]};",
            )
            for name, when, function in TRIGGERS
        ),
    ]
