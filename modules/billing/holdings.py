"""What billing holds about people, for whoever makes two records one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from modules.crm.public import Holding, Holdings

HOLDINGS: Holdings = (
    Holding(
        model="billing.Invoice",
        label=_("Invoices, with their payments"),
        patient="patient_id",
        client="client_id",
        day="created_at",
        permission="billing.view_invoice",
    ),
    Holding(
        model="billing.PackagePurchase",
        label=_("Packages bought"),
        patient="patient_id",
        client="client_id",
        day="sold_at",
        permission="billing.view_package",
    ),
)
