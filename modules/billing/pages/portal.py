"""What people see of their own bills, and the page on which whoever has the link pays one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from audit import recording as audit
from httpapi.transactions import own_transaction
from kernel import limits
from kernel.errors import DomainError
from modules.billing import services
from modules.billing.models import Invoice, PackagePurchase
from modules.billing.pages.invoices import pdf_answer
from modules.billing.selectors import note_listed, owed, taxes_of
from modules.billing.selectors.packages import stories_of
from modules.billing.selectors.settling import moves_of
from modules.billing.services.letterhead import letterhead
from modules.billing.services.links import pay_path
from modules.crm import public as crm
from modules.scheduling import public as scheduling
from tenancy.requests import Request
from webui.doors import open_page, page
from webui.unlisted import unlisted


@page("access.use_portal")
def bills(request: Request) -> HttpResponse:
    rows = _shown(request, Invoice.objects.visible_to(request.user).for_display().order_by("-issued_at"))
    unpaid, settled = rows.to_be_paid(), rows.exclude(pk__in=rows.to_be_paid())[:24]
    note_listed([*unpaid, *settled], by=request.user)
    context = {"unpaid": unpaid, "settled": settled, "owed": owed(rows)}
    return render(request, "billing/bills.html", context)


@page("access.use_portal")
def packages(request: Request) -> HttpResponse:
    """What they have bought, and what is left of it."""
    rows = _shown(request, PackagePurchase.objects.visible_to(request.user).filter(ended_at=None))
    bought = list(rows.for_display().order_by("-sold_at")[:24])
    audit.listed(what=PackagePurchase, subjects=[purchase.patient_id for purchase in bought], by=request.user)
    context = {"stories": stories_of(bought, seen_by=request.user), "today": timezone.localdate()}
    return render(request, "billing/my_packages.html", context)


@page("access.use_portal")
def bill(request: Request, invoice_id: UUID) -> HttpResponse:
    invoice = _own(request, invoice_id)
    audit.viewed(of=invoice, by=request.user)
    context = _context(invoice) | {
        "pay_path": pay_path(invoice) if invoice.is_payable else "",
        "document": request.path + "pdf/",
        "refunds": invoice.refunds.order_by("at", "pk"),
        "back": "/my/bills/",
    }
    return render(request, "billing/bill.html", context)


@page("access.use_portal")
def bill_document(request: Request, invoice_id: UUID) -> HttpResponse:
    return pdf_answer(_own(request, invoice_id), seen_by=request.user)


@open_page("the link is the key: whoever has it may pay this one invoice")
@own_transaction
def pay(request: Request, token: str) -> HttpResponse:
    """Show what is owed; on the button, go to the gateway's page. Back from there, ask the gateway how it went."""
    problem: DomainError | None = None
    came_back = request.GET.get("done") == "1"
    _count_link(request)
    invoice = services.invoice_behind(token)
    try:
        if request.method == "POST":
            return HttpResponseRedirect(services.open_checkout_for(token=token, at=timezone.now()), status=303)
        if came_back and invoice.can_be_paid and not request.htmx:
            invoice = services.look_again(token=token, at=timezone.now())
    except DomainError as error:
        problem, invoice = error, services.invoice_behind(token)
    if request.htmx and invoice.can_be_paid:
        return HttpResponse(status=204)  # still waiting for the bank
    if not request.htmx:
        audit.viewed(of=invoice, by=None, how="viewed_by_link")
    waits = came_back and invoice.can_be_paid
    context = _context(invoice) | {"problem": problem, "is_waiting": waits, "token": token, **_deposit(invoice)}
    template = "billing/pay.html" + ("#standing" if request.htmx else "")
    return unlisted(render(request, template, context, status=problem.status if problem else 200))


@open_page("the link is the key: it shows this one invoice")
def pay_document(request: Request, token: str) -> HttpResponse:
    _count_link(request)
    return unlisted(pdf_answer(services.invoice_behind(token), seen_by=None, how="viewed_document_by_link"))


def _count_link(request: Request) -> None:
    """The page asks again by itself while it waits for the bank; nobody needs more than that."""
    limits.count("pay-link", request.ip, at_most=240, seconds=60)


def _context(invoice: Invoice) -> dict[str, Any]:
    return {
        "invoice": invoice,
        "lines": invoice.lines.all(),
        "taxes": taxes_of(invoice),
        "payments": invoice.payments.order_by("received_at"),
        "moves": moves_of(invoice) if invoice.is_issued else [],
        "credit_notes": invoice.credit_notes.filter(issued_at__isnull=False).order_by("issued_at"),
    }


def _deposit(invoice: Invoice) -> dict[str, Any]:
    """Return, of a deposit, for which visit it is, and how that stands."""
    if not invoice.is_deposit:
        return {"deposit": None}
    return {
        "deposit": invoice.deposit,
        "visit": scheduling.find_visit(invoice.deposit.appointment_id),
        "head": letterhead(),
    }


def _shown(request: Request, rows: Any) -> Any:
    """Narrow to the one profile that somebody chose to see."""
    chosen = crm.chosen_profile(request)
    return rows.filter(patient=chosen) if chosen else rows


def _own(request: Request, invoice_id: UUID) -> Invoice:
    return get_object_or_404(Invoice.objects.visible_to(request.user).for_display(), pk=invoice_id)
