"""What billing shows on other modules' pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from audit import recording as audit
from kernel.modules import Found, is_enabled
from kernel.money import Money
from modules.billing import selectors, services
from modules.billing.domain.states import Status
from modules.billing.models import Deposit, EInvoice, Invoice, PackagePurchase
from modules.billing.services import pay_url
from modules.billing.services.packages import drawing
from modules.crm import public as crm
from tenancy.requests import Request
from webui.templatetags.ui import money

SHOWN = 6
FOUND = 5


def account_of_patient(request: Request, patient: Any) -> str:
    rows = Invoice.objects.visible_to(request.user).filter(patient=patient)
    issued = rows.filter(client=patient.client_id, issued_at__isnull=False)
    context = {
        "patient": patient,
        "owed": selectors.owed(rows),
        "invoices": rows.newest_first()[:SHOWN],
        "may_write": request.user.has_perm("billing.write_invoice"),
        "has_statement": request.user.has_perm("billing.view_payment") and issued.exists(),
    }
    return render_to_string("billing/panel_account.html", context, request)


def balance_in_short(request: Request, patient: Any) -> str:
    """What is to be paid, in the summary of a record."""
    rows = Invoice.objects.visible_to(request.user).filter(patient=patient)
    return render_to_string("billing/panel_summary.html", {"owed": selectors.owed(rows)}, request)


def find_invoices(text: str, *, people: Collection[UUID], by: Any, at: datetime) -> list[Found]:
    """Return the invoices with this in their number, then the latest of the people meant."""
    numbered = Q(number__icontains=text.strip()) if any(each.isdigit() for each in text) else Q(pk__in=[])
    rows = Invoice.objects.visible_to(by).select_related("client", "patient")
    found = list(rows.filter(numbered | Q(patient__in=people)).newest_first()[:FOUND])
    audit.listed(what=Invoice, subjects=[invoice.patient_id for invoice in found], by=by)
    return [_found(invoice) for invoice in found]


def _found(invoice: Invoice) -> Found:
    summary = f"{invoice.client.name} · {money(invoice.gross)} · {invoice.get_status_display()}"
    return Found(str(invoice), summary, reverse("billing:invoice", args=[invoice.pk]), "receipt")


def packages_of_patient(request: Request, patient: Any) -> str:
    """What they or their family have bought: those that can be booked from, then those that are over."""
    bought = PackagePurchase.objects.visible_to(request.user).filter(ended_at=None)
    rows = bought.usable_by(patient.pk).for_display()
    context = {
        "patient": patient,
        "cards": [drawing.card_of(row, on=timezone.localdate()) for row in rows.order_by("-expires_on", "pk")[:SHOWN]],
        "may_sell": is_enabled("scheduling") and request.user.has_perm("billing.sell_package"),
        "may_book": is_enabled("scheduling") and request.user.has_perm("scheduling.manage_series"),
    }
    return render_to_string("billing/panel_packages.html", context, request)


def treatments_of_note(request: Request, note: Any) -> str:
    """What was done in the visit of a note, and for whoever writes it what can be chosen."""
    if note.appointment_id is None:
        return ""
    context = selectors.treatments_of_note(note, user=request.user)
    shown = context["treatments"] or context["codes"]
    return render_to_string("billing/note_part.html", context, request) if shown else ""


def invoice_of_visit(request: Request, appointment: Any) -> str:
    found = selectors.invoice_of_visit(request.user, appointment.pk)
    is_owed = appointment.status not in {"CANCELLED", "OFFERED", "LAPSED", "RESERVED"}
    may_bill = found is None and is_owed and request.user.has_perm("billing.write_invoice")
    missing = selectors.not_billed(appointment.pk) if is_owed else []
    context = {
        "invoice": found,
        "appointment": appointment,
        "may_bill": may_bill,
        "missing": missing if found is None or found.is_issued else [],
        "missing_sum": selectors.sum_of(missing),
        "may_bill_further": found is not None and request.user.has_perm("billing.write_invoice"),
    }
    return render_to_string("billing/panel_visit.html", context, request)


def deposit_of_visit(request: Request, appointment: Any) -> str:
    """What was asked for before the visit, how it stands, and what can be done about it."""
    deposit = selectors.deposit_of_visit(request.user, appointment.pk)
    if deposit is None:
        return ""
    is_over = appointment.status in {"CANCELLED", "LAPSED", "NO_SHOW"}
    context = {
        "deposit": deposit,
        "appointment": appointment,
        "is_credit": deposit.credited_at is not None or (is_over and appointment.status != "NO_SHOW"),
        "may_settle": is_over and bool(deposit.left),
        "may_waive": deposit.is_open and request.user.has_perm("billing.write_invoice"),
        "pay_url": pay_url(deposit.invoice) if deposit.is_open else "",
    }
    return render_to_string("billing/panel_deposit.html", context, request)


def deposits_to_see_to(request: Request, board: Any) -> str:
    """How many deposits were paid when their time was gone."""
    count = Deposit.objects.visible_to(request.user).to_see_to().count()
    return render_to_string("billing/panel_deposits.html", {"count": count}, request)


def e_invoice_address(request: Request, patient: Any) -> str:
    """Where whoever pays gets electronic invoices, in a practice that makes some."""
    if not services.e_invoice_rules().formats:
        return ""
    context = {"patient": patient, "address": services.address_of(patient.client_id)}
    return render_to_string("billing/panel_e_invoice_address.html", context, request)


def e_invoices_to_see_to(request: Request, board: Any) -> str:
    """How many electronic invoices wait for somebody."""
    count = EInvoice.objects.visible_to(request.user).to_see_to().count()
    return render_to_string("billing/panel_e_invoices.html", {"count": count}, request)


def to_pay_today(request: Request, board: Any) -> str:
    """What today's visitors still owe for their visits: the figure over the board."""
    unpaid = [bill for bill in _bills_of_day(request, board.day).values() if bill.status != Status.VOID and bill.to_pay]
    context = {"unpaid": len(unpaid), "sum": sum((bill.to_pay for bill in unpaid), Money.zero(request.tenant.currency))}
    return render_to_string("billing/panel_today.html", context, request)


def bill_of_visitor(request: Request, appointment: Any) -> str:
    """The state of the bill, on the card of somebody whose visit is over."""
    invoice = _bills_of_day(request, timezone.localdate(appointment.starts_at)).get(appointment.pk)
    return render_to_string("billing/panel_card.html", {"invoice": invoice}, request) if invoice else ""


def bills_to_pay(request: Request, patients: Any) -> str:
    """Unpaid bills on the portal's home."""
    unpaid = Invoice.objects.visible_to(request.user).to_be_paid()
    if chosen := crm.chosen_profile(request):
        unpaid = unpaid.filter(patient=chosen)
    return render_to_string("billing/panel_bills.html", {"invoices": unpaid.order_by("due_date")[:SHOWN]}, request)


def _bills_of_day(request: Request, day: date) -> dict[UUID, Invoice]:
    """Return the bills of a day's visits, by visit: asked for once per page, however many cards it has."""
    kept: dict[date, dict[UUID, Invoice]] = request.__dict__.setdefault("bills_of_day", {})
    if day not in kept:
        kept[day] = selectors.invoices_of_day(request.user, day)
    return kept[day]
