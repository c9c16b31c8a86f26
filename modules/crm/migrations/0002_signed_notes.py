from django.db import migrations

from tenancy.operations import LockedOnceSet


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [LockedOnceSet("crm_note", "signed_at")]
