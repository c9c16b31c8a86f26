"""Credit an invoice, and see what a draft would be on paper."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.billing import services
from modules.billing.forms import CreditForm
from modules.billing.models import Invoice
from modules.billing.pages.invoices import visible
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("billing.credit_invoice")
def credit(request: Request, invoice_id: UUID) -> HttpResponse:
    """What is left of each line, and a form that says what of it is credited and why."""
    invoice = visible(request, invoice_id)
    if not invoice.can_be_credited:
        messages.error(request, _("Only an issued invoice is credited, and only once as a whole."))
        return redirect("billing:invoice", invoice_id=invoice.pk)
    form = CreditForm(request.POST or None, states=services.states_of(invoice))
    if form.is_valid() and (credit_note := _credited(request, invoice, form)):
        messages.success(request, _("%(number)s is on its way by e-mail.") % {"number": credit_note.number})
        return redirect("billing:invoice", invoice_id=credit_note.pk)
    audit.viewed(of=invoice, by=request.user)
    context = {"invoice": invoice, "form": form}
    return render(request, "billing/credit.html", context, status=422 if form.is_bound else 200)


@page("billing.write_invoice")
def proforma(request: Request, invoice_id: UUID) -> HttpResponse:
    draft = visible(request, invoice_id)
    try:
        content = services.proforma(draft=draft, by=request.user, at=timezone.now())
    except services.NoProforma as error:
        messages.error(request, str(error))
        return redirect("billing:invoice", invoice_id=draft.pk)
    headers = {"Content-Disposition": 'inline; filename="proforma.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _credited(request: Request, invoice: Invoice, form: CreditForm) -> Invoice | None:
    """Return the credit note; None if it was refused, and the form says why."""
    wished = form.wished()
    if form.cleaned_data["scope"] == CreditForm.PART and not wished:
        form.add_error(None, _("Say how much of which line is credited."))
        return None
    try:
        return services.credit_invoice(
            invoice=invoice, wished=wished, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
        )
    except DomainError as error:
        _bring_back(form, error)
        return None


def _bring_back(form: CreditForm, error: DomainError) -> None:
    """Show what is wrong at the line it is wrong in: the service counts only those that were chosen."""
    chosen, at_lines = form.chosen(), False
    for name, sentences in error.fields.items():
        if name.startswith("lines."):
            _lines, number, field = name.split(".")
            place = f"{field}-{chosen[int(number)]}"
            form.add_error(place if place in form.fields else None, list(sentences))
            at_lines = True
    if not at_lines:
        add_refusal(form, error)
