from django.db import migrations, models


class Migration(migrations.Migration):
    """Reports of some days look at the documents of these alone.

    As with every index of a tenant's table, other schemas repeat it in a transaction (decision 0016); built
    concurrently, it would go through Django in each of them, and one that breaks off leaves an index that is no use.
    """

    may_wait = True  # reports are slower without it, and the same

    dependencies = [("billing", "0027_e_invoices_kept")]
    operations = [
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["issue_date"], name="invoice_by_issue_date"),
        ),
    ]
