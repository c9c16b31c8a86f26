"""What was signed stays as it was, also when it turns out whose record it belongs to.

A frozen row may go from one record to another that Postgres knows to be the same person, and back: nothing else of it
changes. Whoever merges sets `merged_into` first, and takes it back last.
"""

from django.db import migrations

from tenancy.operations import TriggerFunction

SAME = """
BEGIN
    RETURN before <> after AND NOT EXISTS (
        SELECT 1 FROM jsonb_each_text(before) AS was JOIN jsonb_each_text(after) AS now USING (key)
        WHERE was.value IS DISTINCT FROM now.value AND NOT CASE key
            WHEN 'patient_id' THEN EXISTS (
                SELECT 1 FROM crm_patient WHERE (id = was.value::uuid AND merged_into_id = now.value::uuid)
                    OR (id = now.value::uuid AND merged_into_id = was.value::uuid))
            WHEN 'client_id' THEN EXISTS (
                SELECT 1 FROM crm_client WHERE (id = was.value::uuid AND merged_into_id = now.value::uuid)
                    OR (id = now.value::uuid AND merged_into_id = was.value::uuid))
            ELSE false END
    );
END
"""
MAKE_SAME = f"""
CREATE FUNCTION crm_moved_by_merge(before jsonb, after jsonb) RETURNS boolean LANGUAGE plpgsql AS $$ {SAME.strip()} $$;
DO $$ BEGIN EXECUTE format('ALTER FUNCTION crm_moved_by_merge(jsonb, jsonb) SET search_path = %I, public, pg_temp', current_schema()); END $$;
"""

# The argument names the column that locks a row once it is set; without one a row is locked from the beginning.
REFUSE = """
BEGIN
    IF TG_NARGS > 0 AND to_jsonb(OLD) ->> TG_ARGV[0] IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND crm_moved_by_merge(to_jsonb(OLD), to_jsonb(NEW)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%: a row that is kept as it was neither changes nor goes', TG_TABLE_NAME USING ERRCODE = '42501';
END
"""

# Nobody but this may update an agreement or a form that was sent; their own guard sees to it that only the patient changes, within a merge.
MOVE_CONSENT = """
BEGIN
    IF NEW.model = 'crm.filledform' AND TG_OP = 'INSERT' THEN
        UPDATE crm_filledform SET patient_id = NEW.became WHERE id = NEW."row"::uuid AND patient_id = NEW.was;
    ELSIF NEW.model = 'crm.filledform' AND OLD.put_back_at IS NULL AND NEW.put_back_at IS NOT NULL THEN
        UPDATE crm_filledform SET patient_id = NEW.was WHERE id = NEW."row"::uuid AND patient_id = NEW.became;
    ELSIF NEW.model = 'crm.consent' AND TG_OP = 'INSERT' THEN
        UPDATE crm_consent SET patient_id = NEW.became WHERE id = NEW."row"::uuid AND patient_id = NEW.was;
    ELSIF NEW.model = 'crm.consent' AND OLD.put_back_at IS NULL AND NEW.put_back_at IS NOT NULL THEN
        UPDATE crm_consent SET patient_id = NEW.was WHERE id = NEW."row"::uuid AND patient_id = NEW.became;
    END IF;
    RETURN NULL;
END
"""

# As in 0016; but when two clients become one, their roles go along by themselves.
FOLLOWED = """
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM crm_involvement
        WHERE patient_id = NEW.id AND role = 'client' AND until IS NULL AND since >= CURRENT_DATE;
        UPDATE crm_involvement SET until = CURRENT_DATE, version = version + 1
        WHERE patient_id = NEW.id AND role = 'client' AND until IS NULL;
    END IF;
    INSERT INTO crm_involvement (id, patient_id, client_id, role, since, version)
    VALUES (gen_random_uuid(), NEW.id, NEW.client_id, 'client',
        CASE TG_OP WHEN 'INSERT' THEN LEAST(NEW.created_at::date, CURRENT_DATE) ELSE CURRENT_DATE END, 1);
    RETURN NULL;
END
"""
FOLLOW = FOLLOWED.replace(
    "    IF TG_OP = 'UPDATE' THEN\n",
    """    IF TG_OP = 'UPDATE' AND EXISTS (
        SELECT 1 FROM crm_client WHERE (id = OLD.client_id AND merged_into_id = NEW.client_id)
            OR (id = NEW.client_id AND merged_into_id = OLD.client_id)
    ) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
""",
    1,
)

GUARDS = """
DROP TRIGGER locked_once_set ON crm_note;
CREATE TRIGGER locked_once_set BEFORE UPDATE OR DELETE ON crm_note
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_but_merge('signed_at');
DROP TRIGGER append_only ON crm_consent;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON crm_consent
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_but_merge();
DROP TRIGGER append_only ON crm_filledform;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON crm_filledform
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_but_merge();
CREATE TRIGGER move_consent AFTER INSERT OR UPDATE OF put_back_at ON crm_move
    FOR EACH ROW EXECUTE FUNCTION crm_move_consent();
"""
GUARDS_OF_BEFORE = """
DROP TRIGGER move_consent ON crm_move;
DROP TRIGGER locked_once_set ON crm_note;
CREATE TRIGGER locked_once_set BEFORE UPDATE OR DELETE ON crm_note
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change_once_set('signed_at');
DROP TRIGGER append_only ON crm_consent;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON crm_consent
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
DROP TRIGGER append_only ON crm_filledform;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON crm_filledform
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0031_merges")]
    operations = [
        migrations.RunSQL(MAKE_SAME, "DROP FUNCTION crm_moved_by_merge(jsonb, jsonb)"),
        TriggerFunction("crm_refuse_but_merge", REFUSE),
        TriggerFunction("crm_move_consent", MOVE_CONSENT),
        TriggerFunction("crm_follow_client", FOLLOW, FOLLOWED),
        migrations.RunSQL(GUARDS, GUARDS_OF_BEFORE),
    ]
