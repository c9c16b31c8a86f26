from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("crm", "0021_checked")]
    operations = [
        migrations.AddIndex(
            model_name="client",
            index=models.Index(fields=["phone"], condition=~Q(phone=""), name="client_by_phone"),
        ),
    ]
