from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from 0002 and concurrently: people sign in while it is built."""

    atomic = False

    dependencies = [("identity", "0002_sessions_seen_and_proofs")]

    operations = [
        AddIndexConcurrently(
            model_name="session",
            index=models.Index(fields=["sign_in"], name="session_of_sign_in"),
        ),
    ]
