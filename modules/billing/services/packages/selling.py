"""Sell a package."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.billing.models import Package, PackagePurchase, PackageUnit
from modules.billing.services.drafting import UnknownPatient, WishedLine, draft_invoice_by_hand
from modules.billing.services.packages.offering import PackageEnded
from modules.crm import public as crm
from tenancy import current_tenant


class ClosedToThem(Invalid):
    """Nobody draws from what they buy whose record is closed."""

    code = "record-closed"


@transaction.atomic
def sell_package(*, package: Package, patient_id: UUID, by: Any, at: datetime) -> PackagePurchase:
    """Sell a package to a patient, on a draft invoice of its own. Raises `UnknownPatient` or `PackageEnded`.

    It can be drawn from at once, paid or not: the first session is mostly booked at the same desk in the same minute,
    and a practice that waits for a bank transfer would bill that visit by itself. What is owed is the invoice's affair.
    """
    offered = Package.objects.select_for_update(no_key=True).get(pk=package.pk)
    if offered.ended_at is not None:
        raise PackageEnded(_("This package is no longer on offer."))
    patient = crm.find_patient(patient_id, seen_by=by)
    if patient is None:
        raise UnknownPatient(_("There is no such patient."))
    if not patient.is_active:
        raise ClosedToThem(_("This patient's record is closed."))
    expires_on = at.astimezone(ZoneInfo(current_tenant().time_zone)).date() + timedelta(days=offered.valid_days)
    line = WishedLine(
        description=offered.name,
        detail=_detail(offered, expires_on),
        quantity=Decimal(1),
        unit_price=offered.price,
        tax_rate=offered.tax_rate,
    )
    invoice = draft_invoice_by_hand(patient_id=patient.id, lines=[line], by=by, at=at)
    purchase = PackagePurchase.objects.create(
        package=offered,
        patient_id=patient.id,
        client_id=patient.client_id,
        line=invoice.lines.get(),
        name=offered.name,
        price_minor=offered.price_minor,
        currency=offered.currency,
        tax_rate=offered.tax_rate,
        bought=offered.sessions,
        sold_at=at,
        sold_by_name=str(by) if by is not None else "",
        expires_on=expires_on,
        for_family=offered.for_family,
        is_transferable=offered.is_transferable,
    )
    PackageUnit.objects.bulk_create(_units(offered, purchase))
    names = ["patient_id", "name", "price_minor", "currency", "bought", "expires_on"]
    audit.record(action="billing.package.sold", of=purchase, by=by, changes=audit.created(purchase, names))
    return purchase


def _detail(package: Package, expires_on: date) -> str:
    with translation.override(current_tenant().language):
        contents = ", ".join(f"{each.sessions} × {each.service.name}" for each in package.contents.all())
        detail = _("%(contents)s, until %(day)s") % {"contents": contents, "day": date_format(expires_on, "j M Y")}
    return detail[:200]


def _units(package: Package, purchase: PackagePurchase) -> list[PackageUnit]:
    return [
        PackageUnit(purchase=purchase, service_id=content.service_id, number=number, total=content.sessions)
        for content in package.contents.order_by("pk")
        for number in range(1, content.sessions + 1)
    ]
