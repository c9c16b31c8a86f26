"""Tenants from before there were keys get theirs. Their texts are sealed later, room by room (tenants.life.sealing)."""

from django.db import migrations
from django.db.models.functions import Now

from privacy.keys import new_key


def give_keys(apps, schema_editor):
    key, tenant = apps.get_model("tenants", "TenantKey"), apps.get_model("tenants", "Tenant")
    without = tenant.objects.filter(key=None).values_list("pk", flat=True)
    key.objects.bulk_create(key(tenant_id=pk, wrapped=new_key(pk), made_at=Now()) for pk in without)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_keys_and_deletions")]
    operations = [migrations.RunPython(give_keys, migrations.RunPython.noop)]
