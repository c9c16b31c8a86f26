"""Electronic invoices: those that somebody has to see to, one's file, what became of it, and what is made at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.billing import services
from modules.billing.forms.e_invoices import AnswerForm, EInvoiceAddressForm, EInvoiceRulesForm, MakeForm
from modules.billing.models import EInvoice, Invoice
from modules.crm import public as crm
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

PER_PAGE = 50


@page("billing.view_document")
def e_invoices(request: Request) -> HttpResponse:
    """Those that wait for somebody; or all of them."""
    shown = "all" if request.GET.get("show") == "all" else "to-see-to"
    found = EInvoice.objects.visible_to(request.user).for_display().newest_first()
    rows = Paginator(found if shown == "all" else found.to_see_to(), PER_PAGE).get_page(request.GET.get("page"))
    audit.listed(what=EInvoice, subjects=[row.subject_id for row in rows], by=request.user)
    return render(request, "billing/e_invoices.html", {"rows": rows, "show": shown})


@page("billing.view_document")
def file(request: Request, e_invoice_id: UUID) -> HttpResponse:
    return file_answer(_visible(request, e_invoice_id), seen_by=request.user)


def file_answer(row: EInvoice, *, seen_by: Any) -> HttpResponse:
    """Return the file to be downloaded. Raises `Http404` where none was made."""
    if row.file is None:
        raise Http404
    made = services.file_of(row)
    audit.viewed(of=row, by=seen_by, how="viewed_file")
    answer = HttpResponse(made.content, content_type=made.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@action("billing.write_invoice")
def make(request: Request, invoice_id: UUID) -> HttpResponse:
    """Make the file of a document that has none, or whose last one was refused."""
    invoice, form = get_object_or_404(Invoice.objects.visible_to(request.user), pk=invoice_id), MakeForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        made = services.make_e_invoice(invoice=invoice, wanted=form.chosen(), by=request.user, at=timezone.now())
        messages.success(request, _("Made: %(name)s.") % {"name": made.name})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("billing:invoice", invoice_id=invoice_id)


@action("billing.write_invoice")
def delivery(request: Request, e_invoice_id: UUID) -> HttpResponse:
    """Write down that somebody has sent it."""
    row = _visible(request, e_invoice_id)
    services.mark_sent(e_invoice=row, by=request.user, at=timezone.now())
    messages.success(request, _("Written down as sent."))
    return redirect("billing:invoice", invoice_id=row.invoice_id)


@page("billing.write_invoice")
def answer(request: Request, e_invoice_id: UUID) -> HttpResponse:
    """Write down whether it was accepted."""
    row, form = _visible(request, e_invoice_id), AnswerForm(request.POST or None)
    audit.viewed(of=row, by=request.user)

    def do() -> None:
        services.mark_answered(
            e_invoice=row,
            is_accepted=form.is_accepted,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        )

    if not (status := tried(form, do)):
        messages.success(request, _("Written down."))
        return redirect("billing:invoice", invoice_id=row.invoice_id)
    return render(request, "billing/e_invoice_answer.html", {"form": form, "row": row}, status=status)


@page("billing.write_invoice")
def address(request: Request, patient_id: UUID) -> HttpResponse:
    """Where whoever pays for a patient gets electronic invoices."""
    patient = crm.find_patient(patient_id, seen_by=request.user)
    if patient is None:
        raise Http404
    row = services.address_of(patient.client_id)
    audit.viewed(of=row, by=request.user)
    form = EInvoiceAddressForm(request.POST or None, instance=row)

    def do() -> None:
        services.set_e_invoice_address(client_id=patient.client_id, details=form.details(), by=request.user)

    if not (status := tried(form, do)):
        messages.success(request, _("Saved. It holds for the invoices that are issued from now on."))
        return redirect("crm:patient", patient_id=patient_id)
    context = {"form": form, "patient": patient}
    return render(request, "billing/e_invoice_address.html", context, status=status)


@page("billing.manage")
def rules(request: Request) -> HttpResponse:
    form = EInvoiceRulesForm(request.POST or None, instance=services.e_invoice_rules())
    if not (status := tried(form, lambda: services.set_e_invoice_rules(wish=form.wish(), by=request.user))):
        messages.success(request, _("Saved. It holds for the invoices that are issued from now on."))
        return redirect("billing:e_invoice_rules")
    return render(request, "billing/e_invoice_rules.html", {"form": form}, status=status)


def _visible(request: Request, e_invoice_id: UUID) -> EInvoice:
    return get_object_or_404(EInvoice.objects.visible_to(request.user).for_display(), pk=e_invoice_id)
