from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Hold the rows of before against rules that were added without a look at them: a look that keeps nobody waiting."""

    dependencies = [("billing", "0016_credits_counted")]
    operations = [
        ValidateConstraint(model_name="invoice", name="invoice_paid_is_settled"),
        ValidateConstraint(model_name="invoice", name="invoice_credited_within"),
        ValidateConstraint(model_name="invoice", name="invoice_credited_is_credited"),
        ValidateConstraint(model_name="invoice", name="invoice_or_credit_note"),
        ValidateConstraint(model_name="invoiceline", name="invoice_line_credited_within"),
    ]
