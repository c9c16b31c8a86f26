import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from tenancy.operations import TriggerFunction

# The argument says in which column of the changed row the patient stands.
OF_PATIENT = """
DECLARE
    row_now jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
    row_before jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
BEGIN
    UPDATE crm_searchkey SET is_stale = true WHERE patient_id = (row_before ->> TG_ARGV[0])::uuid;
    IF row_now IS NOT NULL THEN
        INSERT INTO crm_searchkey (patient_id, text, numbers, sorted_by, is_stale)
        VALUES ((row_now ->> TG_ARGV[0])::uuid, '', '', '', true)
        ON CONFLICT (patient_id) DO UPDATE SET is_stale = true;
    END IF;
    RETURN NULL;
END
"""
OF_CLIENT = """
BEGIN
    UPDATE crm_searchkey SET is_stale = true FROM (
        SELECT k.patient_id FROM crm_searchkey k JOIN crm_patient p ON p.id = k.patient_id
        WHERE p.client_id = NEW.id ORDER BY k.patient_id FOR UPDATE OF k
    ) AS theirs WHERE crm_searchkey.patient_id = theirs.patient_id;
    RETURN NULL;
END
"""
TRIGGERS = """
CREATE TRIGGER search_key_stale_insert AFTER INSERT ON crm_patient
    FOR EACH ROW EXECUTE FUNCTION crm_search_key_of_patient('id');
CREATE TRIGGER search_key_stale_update AFTER UPDATE ON crm_patient
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION crm_search_key_of_patient('id');
CREATE TRIGGER search_key_stale_update AFTER UPDATE ON crm_client
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION crm_search_keys_of_client();
"""
NO_TRIGGERS = """
DROP TRIGGER search_key_stale_insert ON crm_patient;
DROP TRIGGER search_key_stale_update ON crm_patient;
DROP TRIGGER search_key_stale_update ON crm_client;
"""

class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0018_documents'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchKey',
            fields=[
                ('patient', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search_key', serialize=False, to='crm.patient')),
                ('text', models.TextField(blank=True)),
                ('numbers', models.TextField(blank=True)),
                ('skeletons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=70), db_default=[], default=list, size=None)),
                ('birth_date', models.DateField(null=True)),
                ('sorted_by', models.CharField(blank=True, max_length=141)),
                ('is_stale', models.BooleanField(db_default=True, default=False)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['text'], name='search_key_text', opclasses=['gin_trgm_ops']), django.contrib.postgres.indexes.GinIndex(fields=['numbers'], name='search_key_numbers', opclasses=['gin_trgm_ops']), django.contrib.postgres.indexes.GinIndex(fields=['skeletons'], name='search_key_skeletons'), models.Index(fields=['birth_date'], name='search_key_born'), models.Index(fields=['sorted_by', 'patient'], name='search_key_sorted'), models.Index(condition=models.Q(('is_stale', True)), fields=['patient'], name='search_key_stale')],
            },
        ),
        TriggerFunction("crm_search_key_of_patient", OF_PATIENT),
        TriggerFunction("crm_search_keys_of_client", OF_CLIENT),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
