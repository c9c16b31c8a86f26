"""Write down who is written to for every patient from before. In a transaction of its own: the trigger of 0016 is at
work by then, and adding rows to a table of which nobody reads them yet keeps no one waiting."""

from django.db import migrations

FILL = """
INSERT INTO crm_involvement (id, patient_id, client_id, role, since, version)
SELECT gen_random_uuid(), id, client_id, 'client', LEAST(created_at::date, CURRENT_DATE), 1
FROM crm_patient
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0016_involvements")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True)]
