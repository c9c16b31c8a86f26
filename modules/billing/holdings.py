"""What billing holds about people, for whoever makes two records one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext_lazy as _

from modules.billing.models import EInvoiceAddress
from modules.crm.public import Holding, Holdings, Merged


def _addressed_twice(merged: Merged) -> Collection[Any]:
    """A client gets electronic invoices at one address: that of the record that stays, if it has one."""
    ids = [*dict.fromkeys(merged.clients.values()), *merged.clients]
    rows = EInvoiceAddress.objects.filter(client__in=ids).values_list("pk", "client_id")
    stand: set[Any] = set()
    staying = []
    for pk, whose in sorted(rows, key=lambda row: ids.index(row[1])):
        becomes = merged.clients.get(whose, whose)
        if becomes in stand and whose in merged.clients:
            staying.append(pk)
        stand.add(becomes)
    return staying


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
    Holding(
        model="billing.BankLine",
        label=_("Lines of the bank"),
        client="client_id",
        day="booked_on",
        permission="billing.bank",
    ),
    Holding(
        model="billing.EInvoiceAddress",
        label=_("Addresses of electronic invoices"),
        client="client_id",
        permission="billing.view_invoice",
        stays=_addressed_twice,
    ),
)
