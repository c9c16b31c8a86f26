"""A client's account between two days, over the wire."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from kernel.errors import Invalid
from modules.billing import services
from modules.billing.domain.reports import Days
from modules.billing.forms.ledger import LONGEST
from modules.billing.models import Invoice, InvoiceQuerySet
from modules.billing.schemas.statements import StatementIn, StatementOut
from modules.billing.selectors import statements
from tenancy.requests import Request

router = Router()
CLIENT = "/statements/{uuid:client_id}/"


@router.get(CLIENT, response=StatementOut, summary="A client's account statement")
@endpoint("billing.view_payment")
def get_statement(request: Request, client_id: UUID, wanted: Query[StatementIn]) -> StatementOut:
    """By the client's side of the books. A client to whom nothing was issued has none (404)."""
    invoices, _latest = _of_client(request, client_id)
    statements.note_stated(invoices, by=request.user)
    return StatementOut.of(statements.statement_of(invoices, _days(wanted)))


@router.get(CLIENT + "pdf/", summary="A client's account statement on paper")
@endpoint("billing.view_payment")
def get_paper(request: Request, client_id: UUID, wanted: Query[StatementIn]) -> HttpResponse:
    """Made anew each time (PDF/A-3b): the same days of the same books give the same bytes."""
    invoices, latest = _of_client(request, client_id)
    statements.note_stated(invoices, by=request.user)
    content = services.paper_of(invoices=invoices, days=_days(wanted), to=latest.client)
    return HttpResponse(content, content_type="application/pdf", headers={"Cache-Control": "private, no-store"})


@router.post(CLIENT + "mails/", response={204: None}, summary="Send a client their account statement")
@endpoint("billing.write_invoice")
def send_statement(request: Request, client_id: UUID, body: StatementIn) -> Status[None]:
    _invoices, latest = _of_client(request, client_id)
    services.send_statement(invoice=latest, days=_days(body), by=request.user, at=timezone.now())
    return Status(204, None)


def _of_client(request: Request, client_id: UUID) -> tuple[InvoiceQuerySet, Invoice]:
    invoices = statements.of_client(request.user, client_id)
    latest = invoices.select_related("client").order_by("-issued_at").first()
    if latest is None:
        raise Http404
    return invoices, latest


def _days(wanted: StatementIn) -> Days:
    usual = statements.usual_days(on=wanted.until or timezone.localdate())
    days = Days(wanted.since or usual.since, usual.until)
    if days.since > days.until or days.until - days.since > LONGEST:
        sentence = _("These are no days, or more than a year of them.")
        raise Invalid(sentence, fields={"until": [sentence]})
    return days
