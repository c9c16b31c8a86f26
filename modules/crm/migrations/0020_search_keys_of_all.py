from django.db import migrations

# Roughly, so that everybody is found by their name while the job folds them properly, some at a time.
EVERYBODY = """
INSERT INTO crm_searchkey (patient_id, text, numbers, birth_date, sorted_by, is_stale)
SELECT p.id,
    ' ' || lower(concat_ws(' ', p.first_name, p.last_name, c.first_name, c.last_name,
        nullif(p.preferred_name, ''), nullif(c.organisation, ''), c.email)) || ' ',
    ' ' || ltrim(c.phone, '+') || ' ' || p.microchip || ' ',
    p.birth_date,
    lower(left(concat_ws(' ', p.last_name, p.first_name), 141)),
    true
FROM crm_patient p JOIN crm_client c ON c.id = p.client_id
ON CONFLICT (patient_id) DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0019_search_keys'),
    ]

    operations = [
        migrations.RunSQL(EVERYBODY, migrations.RunSQL.noop),
    ]
