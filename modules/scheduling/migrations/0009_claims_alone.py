from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0008_claim_times")]
    operations = [
        migrations.RemoveConstraint(
            model_name='appointment',
            name='appointment_practitioner_clash',
        ),
        migrations.RemoveConstraint(
            model_name='appointment',
            name='appointment_room_clash',
        ),
        migrations.RemoveConstraint(
            model_name='appointment',
            name='appointment_patient_clash',
        ),
    ]
