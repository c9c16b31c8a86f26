"""Remove the function by which pghistory tells who changed a row: ours knows by the connection (decision 0028).

It would look its table up wherever the writer's path leads, and nothing calls it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0010_restorations"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [migrations.RunSQL("DROP FUNCTION IF EXISTS public._pgh_attach_context()", migrations.RunSQL.noop)]
