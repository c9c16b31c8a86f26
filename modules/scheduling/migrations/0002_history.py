from django.db import migrations

from tenancy.operations import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_initial")]
    operations = [AppendOnly("scheduling_appointmentchange")]
