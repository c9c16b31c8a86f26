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
from modules.billing.forms.tills import chosen_till
from modules.billing.models import Invoice
from modules.billing.pages.invoices import drawers_of, visible
from modules.billing.services.settling import unwinding
from modules.billing.services.settling.unwinding import Unwound
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
    may_give_back = bool(invoice.paid) and request.user.has_perm("billing.refund", invoice)
    form = CreditForm(
        request.POST or None,
        states=services.states_of(invoice),
        drawers=drawers_of(request, invoice),
        may_give_back=may_give_back,
    )
    is_preview = "preview" in request.POST
    unwound = _unwound(request, invoice, form, is_preview=is_preview) if form.is_valid() else None
    if unwound and not is_preview:
        messages.success(request, _("%(number)s is on its way by e-mail.") % {"number": unwound.credit_note.number})
        return redirect("billing:invoice", invoice_id=unwound.credit_note.pk)
    audit.viewed(of=invoice, by=request.user)
    context = {"invoice": invoice, "form": form, "preview": unwound}
    return render(request, "billing/credit.html", context, status=422 if form.is_bound and not unwound else 200)


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


def _unwound(request: Request, invoice: Invoice, form: CreditForm, *, is_preview: bool) -> Unwound | None:
    """Return what was done, or would be; None if it was refused, and the form says why."""
    wished = form.wished()
    if form.cleaned_data["scope"] == CreditForm.PART and not wished:
        form.add_error(None, _("Say how much of which line is credited."))
        return None
    try:
        return (unwinding.preview if is_preview else unwinding.unwind)(
            invoice=invoice,
            wished=wished,
            reason=form.cleaned_data["reason"],
            give_back=form.cleaned_data.get("give_back", False),
            by=request.user,
            at=timezone.now(),
            till_session_id=chosen_till(form),
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
