"""A session that was bought is had once, and Postgres sees to it.

A purchase never changes but that it is called off, and has no more units than were bought. What a unit is, is what its
ledger comes to: each entry must follow from the state the unit has, whose row stays locked until the entry commits.
"""

from django.db import migrations

from tenancy.operations import AppendOnly

GUARD_PURCHASE = """
CREATE FUNCTION billing_guard_purchase() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
        OR to_jsonb(NEW) - 'ended_at' IS DISTINCT FROM to_jsonb(OLD) - 'ended_at' THEN
        RAISE EXCEPTION 'what was bought neither changes nor goes' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_purchase BEFORE UPDATE OR DELETE ON billing_packagepurchase
    FOR EACH ROW EXECUTE FUNCTION billing_guard_purchase();
"""

GUARD_UNIT = """
CREATE FUNCTION billing_guard_unit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    most integer;
    there integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT bought INTO most FROM billing_packagepurchase WHERE id = NEW.purchase_id FOR NO KEY UPDATE;
        SELECT count(*) INTO there FROM billing_packageunit WHERE purchase_id = NEW.purchase_id;
        IF NEW.state <> 'FREE' OR NEW.appointment_id IS NOT NULL OR there >= most THEN
            RAISE EXCEPTION 'no more sessions than were bought, and they begin free' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR pg_trigger_depth() = 1 OR to_jsonb(NEW) - 'state' - 'appointment_id'
        IS DISTINCT FROM to_jsonb(OLD) - 'state' - 'appointment_id' THEN
        RAISE EXCEPTION 'a session is what its ledger comes to: write an entry' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_unit BEFORE INSERT OR UPDATE OR DELETE ON billing_packageunit
    FOR EACH ROW EXECUTE FUNCTION billing_guard_unit();
"""

ENTER_UNIT = """
CREATE FUNCTION billing_enter_unit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    unit record;
    follows boolean;
BEGIN
    SELECT state, appointment_id INTO unit FROM billing_packageunit WHERE id = NEW.unit_id FOR NO KEY UPDATE;
    follows := CASE NEW.kind
        WHEN 'RESERVED' THEN unit.state = 'FREE'
        WHEN 'USED' THEN unit.state = 'RESERVED' AND unit.appointment_id = NEW.appointment_id
        WHEN 'GIVEN_BACK' THEN unit.state <> 'FREE' AND unit.appointment_id = NEW.appointment_id
    END;
    IF follows IS DISTINCT FROM true THEN
        RAISE EXCEPTION 'this does not follow from what the session is' USING ERRCODE = '23514';
    END IF;
    IF NEW.kind = 'GIVEN_BACK' THEN
        UPDATE billing_packageunit SET state = 'FREE', appointment_id = NULL WHERE id = NEW.unit_id;
    ELSE
        UPDATE billing_packageunit SET state = NEW.kind, appointment_id = NEW.appointment_id WHERE id = NEW.unit_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enter_unit BEFORE INSERT ON billing_unitentry
    FOR EACH ROW EXECUTE FUNCTION billing_enter_unit();
"""


def undo(table: str, trigger: str, function: str) -> str:
    return f"DROP TRIGGER {trigger} ON {table}; DROP FUNCTION {function}();"


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_packages")]
    operations = [
        AppendOnly("billing_unitentry"),
        AppendOnly("billing_package_history"),
        AppendOnly("billing_packagepurchase_history"),
        migrations.RunSQL(GUARD_PURCHASE, undo("billing_packagepurchase", "guard_purchase", "billing_guard_purchase")),
        migrations.RunSQL(GUARD_UNIT, undo("billing_packageunit", "guard_unit", "billing_guard_unit")),
        migrations.RunSQL(ENTER_UNIT, undo("billing_unitentry", "enter_unit", "billing_enter_unit")),
    ]
