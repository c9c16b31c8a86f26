"""A visit goes along when two records turn out to be one; so does an offer that was settled.

Of such a visit only the patient's own time is claimed anew: practitioners and rooms are taken as before, and whoever
books them at this moment is not waited for.
"""

import importlib

from django.db import migrations

from tenancy.operations import TriggerFunction

OF_VISIT = importlib.import_module("modules.scheduling.migrations.0008_claim_times").OF_VISIT
BEFORE = "        DELETE FROM scheduling_claim WHERE appointment_id = NEW.id;\n"
AT_ONCE = """        IF OLD.patient_id IS DISTINCT FROM NEW.patient_id
            AND to_jsonb(OLD) - 'patient_id' = to_jsonb(NEW) - 'patient_id'
        THEN
            PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_SCHEMA || ':' || NEW.patient_id, 0));
            UPDATE scheduling_claim SET resource_id = NEW.patient_id
            WHERE appointment_id = NEW.id AND kind = 'PATIENT';
            RETURN NULL;
        END IF;
"""
SETTLED = """
DROP TRIGGER locked_once_set ON scheduling_offer;
CREATE TRIGGER locked_once_set BEFORE UPDATE OR DELETE ON scheduling_offer
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_but_merge('settled_at');
"""
SETTLED_BEFORE = """
DROP TRIGGER locked_once_set ON scheduling_offer;
CREATE TRIGGER locked_once_set BEFORE UPDATE OR DELETE ON scheduling_offer
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change_once_set('settled_at');
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0020_checked"), ("crm", "0032_moved_by_merges")]
    operations = [
        TriggerFunction("scheduling_claim_time_of_visit", OF_VISIT.replace(BEFORE, AT_ONCE + BEFORE, 1), OF_VISIT),
        migrations.RunSQL(SETTLED, SETTLED_BEFORE),
    ]
