"""The series of numbers, credit notes and what is on paper before the issue, over the wire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.money import Money
from modules.billing import services
from modules.billing.api.invoices import shown_to, visible
from modules.billing.domain.states import DocumentKind
from modules.billing.models import NumberSeries
from modules.billing.schemas.documents import CreditIn, CreditLineIn, SeriesIn, SeriesOut
from modules.billing.schemas.invoices import InvoiceOut
from tenancy.requests import Request

router = Router()


@router.get("/number-series/", response=Page[SeriesOut], summary="Series of numbers, by year")
@endpoint("billing.manage")
def list_series(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(NumberSeries.objects.order_by("year", "kind", "pk"), page, SeriesOut.of)


@router.put("/number-series/", response=SeriesOut, summary="Set what the numbers of a series begin with")
@endpoint("billing.manage")
def set_prefix(request: Request, body: SeriesIn) -> SeriesOut:
    """Refused for a year of which numbers are given out, and where two series would have the same prefix."""
    wish = services.WishedPrefix(**(body.dict() | {"kind": DocumentKind(body.kind)}))
    return SeriesOut.of(services.set_prefix(wish=wish, by=request.user, at=timezone.now()))


@router.post("/invoices/{uuid:invoice_id}/credit-notes/", response={201: InvoiceOut}, summary="Credit an invoice")
@endpoint("billing.credit_invoice")
def credit_invoice(request: Request, invoice_id: UUID, body: CreditIn) -> Status[InvoiceOut]:
    """The whole of it, or a part. The credit note is issued at once; visits of what is credited can be billed anew."""
    invoice = visible(request, invoice_id)
    credit_note = services.credit_invoice(
        invoice=invoice,
        reason=body.reason,
        wished=[wished_of(line, invoice.currency) for line in body.lines],
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, shown_to(visible(request, credit_note.pk), request.user))


@router.get("/invoices/{uuid:invoice_id}/proforma/", summary="What a draft would be on paper: not an invoice")
@endpoint("billing.write_invoice")
def get_proforma(request: Request, invoice_id: UUID) -> HttpResponse:
    """A PDF that says so, without a number. Nothing is kept."""
    content = services.proforma(draft=visible(request, invoice_id), by=request.user, at=timezone.now())
    return HttpResponse(content, content_type="application/pdf", headers={"Cache-Control": "private, no-store"})


def wished_of(line: CreditLineIn, currency: str) -> services.WishedCredit:
    amount = Money.parse(line.amount, currency) if line.amount is not None else None
    return services.WishedCredit(**(line.dict() | {"amount": amount}))
