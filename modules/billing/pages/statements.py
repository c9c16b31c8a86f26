"""A client's account between two days: at the desk, and for whoever it is about on the portal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.billing import services
from modules.billing.domain.reports import Days
from modules.billing.forms.reports import DaysForm
from modules.billing.models import Invoice, InvoiceQuerySet
from modules.billing.selectors import statements
from modules.crm import public as crm
from tenancy.requests import Request
from webui.doors import action, page


@page("billing.view_payment")
def statement(request: Request, client_id: UUID) -> HttpResponse:
    invoices, to = _of_client(request, client_id)
    context = {
        "to": to,
        "paper": reverse("billing:statement_pdf", args=[client_id]),
        "patient_id": invoices.order_by("-issued_at").values_list("patient", flat=True)[0],
        "may_send": bool(to.email) and request.user.has_perm("billing.write_invoice"),
        "client_id": client_id,
    }
    return _show(request, invoices, "billing/statement.html", context)


@page("billing.view_payment")
def statement_pdf(request: Request, client_id: UUID) -> HttpResponse:
    invoices, to = _of_client(request, client_id)
    return _paper(request, invoices, to=to)


@action("billing.write_invoice")
def statement_mail(request: Request, client_id: UUID) -> HttpResponse:
    """Send the statement of these days to the client."""
    invoices, to = _of_client(request, client_id)
    form, days = _days(request, request.POST)
    if form.is_valid():
        services.send_statement(invoice=invoices[0], days=days, by=request.user, at=timezone.now())
        messages.success(request, _("On its way to %(email)s.") % {"email": to.email})
    else:
        messages.error(request, _("These are no days, or more than a year of them. Nothing was sent."))
    return redirect(f"{reverse('billing:statement', args=[client_id])}?since={days.since}&until={days.until}")


@page("access.use_portal")
def my_statement(request: Request) -> HttpResponse:
    context = {"paper": reverse("billing:my_statement_pdf")}
    return _show(request, _own(request), "billing/my_statement.html", context)


@page("access.use_portal")
def my_statement_pdf(request: Request) -> HttpResponse:
    """The same on paper, to whoever has the account; of somebody who is no client, to their payer's name."""
    invoices = _own(request)
    theirs = invoices.filter(client__user_id=request.user.pk).select_related("client").first()
    first = theirs or invoices.select_related("client").first()
    if first is None:
        raise Http404
    return _paper(request, invoices, to=first.client)


def _of_client(request: Request, client_id: UUID) -> tuple[InvoiceQuerySet, Any]:
    """Return what this person sees of a client's documents, and the client. Raises `Http404` where that is nothing."""
    invoices = statements.of_client(request.user, client_id)
    latest = invoices.select_related("client").order_by("-issued_at").first()
    if latest is None:
        raise Http404
    return invoices, latest.client


def _own(request: Request) -> InvoiceQuerySet:
    """Return the documents that an account sees on the portal, or those about the one profile that it chose."""
    rows = Invoice.objects.visible_to(request.user).filter(issued_at__isnull=False)
    chosen = crm.chosen_profile(request)
    return rows.filter(patient=chosen) if chosen else rows


def _show(request: Request, invoices: InvoiceQuerySet, template: str, context: dict[str, Any]) -> HttpResponse:
    form, days = _days(request, request.GET)
    statements.note_stated(invoices, by=request.user)
    context |= {
        "form": form,
        "days": days,
        "query": f"since={days.since}&until={days.until}",
        "statement": statements.statement_of(invoices, days),
    }
    return render(request, template, context, status=200 if form.is_valid() else 422)


def _paper(request: Request, invoices: InvoiceQuerySet, *, to: Any) -> HttpResponse:
    _form, days = _days(request, request.GET)
    statements.note_stated(invoices, by=request.user)
    answer = HttpResponse(services.paper_of(invoices=invoices, days=days, to=to), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="statement-{days.since}-{days.until}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _days(request: Request, asked: Any) -> tuple[DaysForm, Days]:
    """Return what was asked for; of what cannot be understood, this year until today."""
    usual = statements.usual_days(on=timezone.localdate())
    form = DaysForm({name: asked.get(name, str(getattr(usual, name))) for name in ("since", "until")})
    return form, Days(form.cleaned_data["since"], form.cleaned_data["until"]) if form.is_valid() else usual
