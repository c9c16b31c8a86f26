"""Have visits and groups claim their time, those that there are and those to come."""

from django.db import migrations

from tenancy.operations import TriggerFunction, WrittenByTriggers

# Locked first, in one order: inserts that race for a constraint wait for each other until Postgres calls it a deadlock
# (fifty at once took 47 seconds). Behind these locks they queue, and the loser hears at once. The practitioner is the
# first: who looks before they write has taken their turn there (services/placing/locking.py has the same order).
LOCK_PRACTITIONER = """
    PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_SCHEMA || ':' || NEW.practitioner_id, 0));
"""
LOCK = """
    PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_SCHEMA || ':' || resource, 0))
    FROM (SELECT resource FROM unnest(resources) AS resource WHERE resource IS NOT NULL ORDER BY 1) AS in_order;
"""

OF_VISIT = f"""
DECLARE
    given_back CONSTANT text[] := ARRAY['CANCELLED', 'NO_SHOW', 'LAPSED'];
    resources uuid[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.status = ANY(given_back)) = (NEW.status = ANY(given_back))
            AND (OLD.status = 'OFFERED') = (NEW.status = 'OFFERED')
            AND (OLD.practitioner_id, OLD.practitioner_place, OLD.room_id, OLD.room_place, OLD.patient_id,
                 OLD.patient_place, OLD.session_id, OLD.session_place, OLD.period, OLD.occupies)
            IS NOT DISTINCT FROM
                (NEW.practitioner_id, NEW.practitioner_place, NEW.room_id, NEW.room_place, NEW.patient_id,
                 NEW.patient_place, NEW.session_id, NEW.session_place, NEW.period, NEW.occupies)
        THEN
            RETURN NULL;
        END IF;
        DELETE FROM scheduling_claim WHERE appointment_id = NEW.id;
    END IF;
    IF NEW.status = ANY(given_back) THEN
        RETURN NULL;
    END IF;
    IF NEW.session_id IS NULL THEN
        {LOCK_PRACTITIONER}
        resources := ARRAY[NEW.practitioner_id, NEW.room_id];
    ELSE
        resources := ARRAY[NEW.session_id];
    END IF;
    IF NEW.status <> 'OFFERED' THEN
        resources := resources || NEW.patient_id;
    END IF;
    {LOCK}
    INSERT INTO scheduling_claim (appointment_id, kind, resource_id, place, during)
    SELECT NEW.id, claimed.kind, claimed.resource_id, claimed.place, claimed.during
    FROM (VALUES
        ('PRACTITIONER', NEW.practitioner_id, NEW.practitioner_place, NEW.occupies),
        ('ROOM', NEW.room_id, NEW.room_place, NEW.occupies),
        ('SESSION', NEW.session_id, NEW.session_place, NEW.period),
        ('PATIENT', NEW.patient_id, NEW.patient_place, NEW.period)
    ) AS claimed (kind, resource_id, place, during)
    WHERE claimed.resource_id = ANY(resources);
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(equipment_id) INTO resources
        FROM scheduling_appointmentequipment WHERE appointment_id = NEW.id;
        {LOCK}
        INSERT INTO scheduling_claim (appointment_id, kind, resource_id, place, during)
        SELECT NEW.id, 'EQUIPMENT', equipment_id, place, NEW.occupies
        FROM scheduling_appointmentequipment WHERE appointment_id = NEW.id;
    END IF;
    RETURN NULL;
END
"""

# A visit's equipment is put down after the visit, and taken off before the visit is moved.
OF_EQUIPMENT = f"""
DECLARE
    given_back CONSTANT text[] := ARRAY['CANCELLED', 'NO_SHOW', 'LAPSED'];
    resources uuid[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM scheduling_claim WHERE appointment_id = OLD.appointment_id AND resource_id = OLD.equipment_id;
        RETURN NULL;
    END IF;
    resources := ARRAY[NEW.equipment_id];
    {LOCK}
    INSERT INTO scheduling_claim (appointment_id, kind, resource_id, place, during)
    SELECT visit.id, 'EQUIPMENT', NEW.equipment_id, NEW.place, visit.occupies
    FROM scheduling_appointment AS visit
    WHERE visit.id = NEW.appointment_id AND visit.status <> ALL(given_back);
    RETURN NULL;
END
"""

OF_SESSION = f"""
DECLARE
    resources uuid[] := ARRAY[NEW.practitioner_id, NEW.room_id];
BEGIN
    DELETE FROM scheduling_claim WHERE session_id = NEW.id;
    IF NEW.status = 'CANCELLED' THEN
        RETURN NULL;
    END IF;
    {LOCK_PRACTITIONER}
    {LOCK}
    INSERT INTO scheduling_claim (session_id, kind, resource_id, place, during)
    SELECT NEW.id, claimed.kind, claimed.resource_id, claimed.place, NEW.occupies
    FROM (VALUES
        ('PRACTITIONER', NEW.practitioner_id, NEW.practitioner_place),
        ('ROOM', NEW.room_id, NEW.room_place)
    ) AS claimed (kind, resource_id, place)
    WHERE claimed.resource_id = ANY(resources);
    RETURN NULL;
END
"""

# Until now the visits' own constraints kept these apart, so nothing here clashes.
CLAIM_WHAT_IS_BOOKED = """
INSERT INTO scheduling_claim (appointment_id, kind, resource_id, place, during)
SELECT visit.id, claimed.kind, claimed.resource_id, claimed.place, claimed.during
FROM scheduling_appointment AS visit, LATERAL (VALUES
    ('PRACTITIONER', visit.practitioner_id, 1, visit.occupies),
    ('ROOM', visit.room_id, visit.room_place::integer, visit.occupies),
    ('PATIENT', visit.patient_id, 1, visit.period)
) AS claimed (kind, resource_id, place, during)
WHERE claimed.resource_id IS NOT NULL AND visit.status NOT IN ('CANCELLED', 'NO_SHOW');
"""


def after_each(name: str, table: str, function: str, events: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} AFTER {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"DROP TRIGGER {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0007_claims"), ("tenancy", "0002_refuse_direct_change")]
    operations = [
        TriggerFunction("scheduling_claim_time_of_visit", OF_VISIT),
        TriggerFunction("scheduling_claim_time_of_session", OF_SESSION),
        TriggerFunction("scheduling_claim_time_of_equipment", OF_EQUIPMENT),
        after_each("claim_time", "scheduling_appointment", "scheduling_claim_time_of_visit", "INSERT OR UPDATE"),
        after_each("claim_time", "scheduling_appointmentequipment", "scheduling_claim_time_of_equipment", "INSERT OR DELETE"),
        after_each("claim_time", "scheduling_groupsession", "scheduling_claim_time_of_session", "INSERT OR UPDATE"),
        migrations.RunSQL(CLAIM_WHAT_IS_BOOKED, migrations.RunSQL.noop),
        WrittenByTriggers("scheduling_claim"),
    ]
