from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Hold the rows of before against rules that were added without a look at them: a look that keeps nobody waiting."""

    dependencies = [
        ('billing', '0006_package_ledger'),
    ]

    operations = [
        ValidateConstraint(model_name='invoiceline', name='invoice_line_price_not_negative'),
    ]
