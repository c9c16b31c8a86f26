"""Nobody is booked whose record was closed, also if that happened in the same moment.

Whoever books waits for whoever is closing the record, and then sees it as it is.
"""

from django.db import migrations

from tenancy.operations import TriggerFunction

# A visit that has begun when it is entered is not booked.
ACTIVE = """
DECLARE
    ended timestamptz;
BEGIN
    IF TG_TABLE_NAME = 'scheduling_appointment' AND to_jsonb(NEW) ->> 'status'
        NOT IN ('SCHEDULED', 'CONFIRMED', 'REQUESTED', 'RESERVED', 'OFFERED')
    THEN
        RETURN NEW;
    END IF;
    SELECT ended_at INTO ended FROM crm_patient WHERE id = NEW.patient_id FOR KEY SHARE;
    IF ended IS NOT NULL THEN
        RAISE EXCEPTION 'nobody is booked whose record is closed'
            USING ERRCODE = '23514', CONSTRAINT = 'booked_while_active';
    END IF;
    RETURN NEW;
END
"""
GUARDS = """
CREATE TRIGGER booked_while_active BEFORE INSERT ON scheduling_appointment
    FOR EACH ROW EXECUTE FUNCTION scheduling_booked_while_active();
CREATE TRIGGER booked_while_active BEFORE INSERT ON scheduling_waitingentry
    FOR EACH ROW EXECUTE FUNCTION scheduling_booked_while_active();
"""
NO_GUARDS = """
DROP TRIGGER booked_while_active ON scheduling_appointment;
DROP TRIGGER booked_while_active ON scheduling_waitingentry;
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0021_moved_by_merges"), ("crm", "0032_moved_by_merges")]
    operations = [
        TriggerFunction("scheduling_booked_while_active", ACTIVE),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
