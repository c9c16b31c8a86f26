from uuid import uuid5

from django.db import migrations
from django.utils import timezone

A_TIME = 500


def raise_flags(apps, schema_editor):
    """Give each alert a flag that is seen as it was: in red, by everybody who saw alerts.

    Its id comes from the patient's, so that the migration which drops the column can do this again for what code of the
    release before still wrote, and raise none twice.
    """
    patients = apps.get_model("crm", "Patient").objects.extra(where=["alert <> ''"]).order_by("pk")
    flags = apps.get_model("crm", "Flag").objects
    batch = []
    for patient in patients.only("pk", "alert", "created_at").iterator(chunk_size=A_TIME):
        batch.append(_flag(flags.model, patient))
        if len(batch) == A_TIME:
            flags.bulk_create(batch, ignore_conflicts=True)
            batch = []
    flags.bulk_create(batch, ignore_conflicts=True)


def _flag(model, patient):
    return model(
        id=uuid5(patient.pk, "alert"),
        patient=patient,
        category="SAFETY",
        severity="DANGER",
        reach="EVERYBODY",
        text=patient.alert,
        since=timezone.localdate(patient.created_at),
        created_at=patient.created_at,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0023_flags'),
    ]

    operations = [
        migrations.RunPython(raise_flags, migrations.RunPython.noop, elidable=False),
    ]
