"""Write an invoice by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.billing import services
from modules.billing.forms import BLANK_LINES, InvoiceForm, line_forms
from modules.billing.models import Invoice
from modules.crm import public as crm
from modules.inventory import public as inventory
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("billing.write_invoice")
def write(request: Request) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    wants_more = data is not None and "more" in data
    form = InvoiceForm(data)
    lines = line_forms(data, items=inventory.items_on_list(), more=BLANK_LINES if wants_more else 0)
    patient = patient_named(request, (data or request.GET).get("patient", ""))
    context = {"form": form, "lines": lines, "patient": patient}
    if patient is not None:
        audit.listed(what=Invoice, subjects=[patient.id], by=request.user)
    if data is None or wants_more:
        return render(request, "billing/write.html", context)
    if form.is_valid() and lines.is_valid():
        try:
            drafted = _draft(request, form, lines, patient)
        except DomainError as error:
            _bring_back(form, lines, error)
        else:
            return redirect("billing:invoice", invoice_id=drafted.pk)
    return render(request, "billing/write.html", context, status=422)


def _draft(request: Request, form: InvoiceForm, lines: Any, patient: crm.PatientCard | None) -> Any:
    if patient is None:
        raise services.UnknownPatient(_("Say whom the invoice is for."))
    return services.draft_invoice_by_hand(
        patient_id=patient.id,
        lines=[line.wished() for line in _written(lines)],
        due_date=form.cleaned_data["due_date"],
        by=request.user,
        at=timezone.now(),
    )


def _written(lines: Any) -> list[Any]:
    return [line for line in lines if not line.is_blank]


def _bring_back(form: InvoiceForm, lines: Any, error: DomainError) -> None:
    """Show what is wrong at the line it is wrong in: the service counts only those that were written."""
    written = _written(lines)
    at_lines = {name: text for name, text in error.fields.items() if name.startswith("lines.")}
    for name, sentences in at_lines.items():
        _lines, number, field = name.split(".")
        written[int(number)].add_error(field, list(sentences))
    if not at_lines:
        add_refusal(form, error)


def patient_named(request: Request, text: str) -> crm.PatientCard | None:
    try:
        return crm.find_patient(UUID(text), seen_by=request.user)
    except ValueError:
        return None
