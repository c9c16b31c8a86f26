"""Discounts and surcharges over the wire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from httpapi.doors import endpoint
from modules.billing import services
from modules.billing.api.invoices import shown_to, visible
from modules.billing.models import Adjustment, DiscountReason
from modules.billing.schemas.discounts import (
    AdjustmentIn,
    DiscountLimits,
    DiscountReasonIn,
    DiscountReasonOut,
    NewAdjustmentIn,
)
from modules.billing.schemas.invoices import InvoiceOut
from modules.billing.selectors import discount_reasons
from tenancy.requests import Request

router = Router()
ADJUSTMENTS = "/invoices/{uuid:invoice_id}/adjustments/"


@router.post(ADJUSTMENTS, response={201: InvoiceOut}, summary="Give a discount, or put a surcharge on a draft")
@endpoint("billing.write_invoice")
def add_adjustment(request: Request, invoice_id: UUID, body: NewAdjustmentIn) -> Status[InvoiceOut]:
    """The answer is the draft with its new sums. 403 if it is more than one's role may give without asking."""
    found = visible(request, invoice_id)
    wish = body.wished(found.currency)
    services.add_adjustment(invoice=found, wish=wish, line_id=body.line_id, by=request.user, at=timezone.now())
    return Status(201, shown_to(visible(request, invoice_id), request.user))


@router.put(ADJUSTMENTS + "{uuid:adjustment_id}/", response=InvoiceOut, summary="Change a discount or a surcharge")
@endpoint("billing.write_invoice")
def change_adjustment(request: Request, invoice_id: UUID, adjustment_id: UUID, body: AdjustmentIn) -> InvoiceOut:
    row = _of(request, invoice_id, adjustment_id)
    services.change_adjustment(adjustment=row, wish=body.wished(row.currency), by=request.user, at=timezone.now())
    return shown_to(visible(request, invoice_id), request.user)


@router.delete(
    ADJUSTMENTS + "{uuid:adjustment_id}/", response={204: None}, summary="Take a discount or a surcharge away"
)
@endpoint("billing.write_invoice")
def remove_adjustment(request: Request, invoice_id: UUID, adjustment_id: UUID) -> Status[None]:
    row = _of(request, invoice_id, adjustment_id)
    services.remove_adjustment(adjustment=row, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/discount-reasons/", response=list[DiscountReasonOut], summary="Reasons for discounts to choose from")
@endpoint("billing.write_invoice")
def list_reasons(request: Request) -> list[DiscountReasonOut]:
    return [DiscountReasonOut.of(row) for row in discount_reasons()]


@router.post("/discount-reasons/", response={201: DiscountReasonOut}, summary="Offer one more reason for discounts")
@endpoint("billing.manage")
def add_reason(request: Request, body: DiscountReasonIn) -> Status[DiscountReasonOut]:
    return Status(201, DiscountReasonOut.of(services.add_reason(text=body.text, by=request.user)))


@router.delete("/discount-reasons/{uuid:reason_id}/", response={204: None}, summary="Offer a reason no more")
@endpoint("billing.manage")
def end_reason(request: Request, reason_id: UUID) -> Status[None]:
    reason = get_object_or_404(DiscountReason, pk=reason_id)
    services.end_reason(reason=reason, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/discount-limits/", response=DiscountLimits, summary="How much discount each role may give")
@endpoint("billing.manage")
def get_limits(request: Request) -> dict[str, Any]:
    return services.limits_here()


@router.put("/discount-limits/", response=DiscountLimits, summary="Say how much discount each role may give")
@endpoint("billing.set_discount_limits")
def set_limits(request: Request, body: DiscountLimits) -> dict[str, Any]:
    return services.set_limits(percents=body.dict(), by=request.user)


def _of(request: Request, invoice_id: UUID, adjustment_id: UUID) -> Adjustment:
    return get_object_or_404(Adjustment, invoice=visible(request, invoice_id), pk=adjustment_id)
