"""Each tenant meets only its own rows of the outbox; the platform meets all of them."""

from django.conf import settings
from django.db import migrations

POLICIES = f"""
ALTER TABLE jobs_outboxmessage ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON jobs_outboxmessage TO {settings.DATABASE_TENANTS_ROLE}
    USING (room = current_user) WITH CHECK (room = current_user);
CREATE POLICY every_row ON jobs_outboxmessage TO {settings.DATABASE_PLATFORM_ROLE} USING (true) WITH CHECK (true);
"""
UNDO = """
DROP POLICY own_rows ON jobs_outboxmessage;
DROP POLICY every_row ON jobs_outboxmessage;
ALTER TABLE jobs_outboxmessage DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("tenancy", "0001_extensions_and_roles")]
    operations = [migrations.RunSQL(POLICIES, UNDO)]
