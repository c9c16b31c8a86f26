from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Hold the rows of before against the rules that were added without a look at them."""

    dependencies = [("billing", "0034_tills_kept")]
    operations = [
        ValidateConstraint(model_name="ledgerentry", name="ledger_entry_names_what_happened"),
        ValidateConstraint(model_name="payment", name="payment_through_a_till_is_cash"),
        ValidateConstraint(model_name="refund", name="refund_through_a_till_is_cash"),
    ]
