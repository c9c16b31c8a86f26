"""An issued invoice and what was bought go along when two records turn out to be one; nothing else of them changes."""

import importlib
import re

from django.db import migrations

from tenancy.operations import TriggerFunction

FROZEN = importlib.import_module("modules.billing.migrations.0002_frozen").GUARD_INVOICE
BOUGHT = importlib.import_module("modules.billing.migrations.0006_package_ledger").GUARD_PURCHASE


def body_in(sql: str) -> str:
    return re.search(r"AS \$\$(.*)\$\$;", sql, re.DOTALL)[1]


INVOICE = body_in(FROZEN)
PURCHASE = body_in(BOUGHT)
INVOICE_BUT_MERGE = INVOICE.replace(
    "    IF OLD.issued_at IS NOT NULL AND to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change THEN\n",
    "    IF OLD.issued_at IS NOT NULL AND to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change\n"
    "        AND NOT crm_moved_by_merge(to_jsonb(OLD), to_jsonb(NEW)) THEN\n",
)
PURCHASE_BUT_MERGE = PURCHASE.replace(
    "    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL\n",
    "    IF TG_OP = 'UPDATE' AND crm_moved_by_merge(to_jsonb(OLD), to_jsonb(NEW)) THEN\n"
    "        RETURN NEW;\n"
    "    END IF;\n"
    "    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL\n",
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_checked"), ("crm", "0032_moved_by_merges")]
    operations = [
        TriggerFunction("billing_guard_invoice", INVOICE_BUT_MERGE, INVOICE),
        TriggerFunction("billing_guard_purchase", PURCHASE_BUT_MERGE, PURCHASE),
    ]
