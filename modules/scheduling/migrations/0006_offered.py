from django.db import migrations

FILL = "UPDATE scheduling_service SET offered = 'STAFF' WHERE NOT bookable_online"
FILL_BACK = "UPDATE scheduling_service SET bookable_online = (offered = 'ONLINE')"

KEEP = "ALTER TABLE scheduling_service ALTER COLUMN bookable_online SET DEFAULT true"
KEEP_NO_MORE = "ALTER TABLE scheduling_service ALTER COLUMN bookable_online DROP DEFAULT"


class Migration(migrations.Migration):
    """`offered` says more than `bookable_online` did. The column stays until no process of the release before reads it."""

    dependencies = [("scheduling", "0005_availability")]
    operations = [
        migrations.RunSQL(FILL, FILL_BACK),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(KEEP, KEEP_NO_MORE)],
            state_operations=[migrations.RemoveField(model_name="service", name="bookable_online")],
        ),
    ]
