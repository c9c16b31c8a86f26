from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Hold the rows of before against the rules that were added without a look at them."""

    dependencies = [("billing", "0021_settlings_counted")]
    operations = [
        ValidateConstraint(model_name="invoice", name="invoice_written_off_within"),
        ValidateConstraint(model_name="ledgerentry", name="ledger_entry_names_what_happened"),
    ]
