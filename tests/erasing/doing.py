"""Erase somebody, and look for what is left of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from identity.models import User
from modules.billing.models import Invoice, InvoiceLine, Payment
from modules.crm.models import Erasure, Patient
from modules.crm.services.erasing import (
    carry_out,
    erase_person,
    people_with,
)
from modules.crm.services.erasing.closing import plan_here
from modules.inventory.models import Item
from tenancy import TenantRef
from tests.test_sealed_fields import every_text

WORDS = ("Quirina", "Zwickel", "zwickel", "7700900555", "Zwickelgasse", "1971-05-06", "Bring the crutches")
DAY, YEAR = timedelta(days=1), timedelta(days=366)


def erased(patient: Patient, *, by: User, at: datetime) -> Erasure:
    erasure = begun(patient, by=by, at=at)
    carry_out(erasure_id=erasure.pk, at=at)
    return Erasure.objects.get(pk=erasure.pk)


def begun(patient: Patient, *, by: User, at: datetime) -> Erasure:
    mark = plan_here(people_with(patient), at=at).mark
    return erase_person(patient_id=patient.pk, mark=mark, by=by, at=at)


def left_of(words: tuple[str, ...], tenant: TenantRef) -> list[str]:
    rows: Iterator[str] = (row for schema in (tenant.schema_name, "public") for row in every_text(schema))
    return [row for row in rows if any(word in row for word in words)]


def sums() -> list[Any]:
    return [
        Invoice.objects.aggregate(Sum("gross_minor"), Sum("paid_minor")),
        InvoiceLine.objects.aggregate(Sum("net_minor"), Sum("tax_minor")),
        Payment.objects.aggregate(Sum("amount_minor")),
        list(Item.objects.order_by("pk").values_list("on_hand", flat=True)),
        list(Invoice.objects.order_by("number").values_list("number", flat=True)),
    ]
