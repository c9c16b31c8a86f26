"""The desk's invoices: the list, one of them, and what is done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from filestore.storage import read_file
from kernel.errors import DomainError
from kernel.modules import is_enabled
from modules.billing import selectors, services
from modules.billing.domain.states import Method, Status
from modules.billing.forms import PaymentForm
from modules.billing.forms.discounts import AdjustmentForm
from modules.billing.forms.settling import UseCreditForm
from modules.billing.forms.tills import chosen_till
from modules.billing.models import FORMAT_LABELS, Adjustment, Invoice
from modules.billing.selectors import SHOWN_AS
from modules.billing.selectors.e_invoices import e_invoices_of
from modules.billing.selectors.settling import owed_by_client_of, settled
from modules.billing.services import pay_url
from modules.billing.services.tills import Drawers, drawers_for
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal

PER_PAGE = 50
FILTERS = (
    ("all", gettext_lazy("All")),
    ("to-pay", gettext_lazy("To pay")),
    ("overdue", gettext_lazy("Overdue")),
    ("drafts", gettext_lazy("Drafts")),
    ("paid", gettext_lazy("Paid")),
    ("too-much", gettext_lazy("Paid too much")),
    ("written-off", gettext_lazy("Written off")),
    ("credit-notes", gettext_lazy("Credit notes")),
)


@page("billing.view_invoice")
def invoices(request: Request) -> HttpResponse:
    search, shown = request.GET.get("q", ""), request.GET.get("show", "")
    rows = Invoice.objects.visible_to(request.user).select_related("client", "patient").newest_first()
    rows = selectors.matching(rows, search).filter(SHOWN_AS.get(shown, SHOWN_AS["all"]))
    invoices = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    if not (request.htmx and request.htmx.trigger == "rows"):  # which ask again by themselves, for the same eyes
        selectors.note_listed(invoices, by=request.user)
    context = {
        "invoices": invoices,
        "search": search,
        "show": shown if shown in SHOWN_AS else "all",
        "filters": FILTERS,
        "figures": _figures(request),
        "may_write": request.user.has_perm("billing.write_invoice"),
        "may_take": request.user.has_perm("billing.take_payment"),
        "may_see_books": request.user.has_perm("billing.view_ledger"),
        "has_e_invoices": request.user.has_perm("billing.view_document") and bool(services.e_invoice_rules().formats),
        "may_sell": is_enabled("scheduling") and request.user.has_perm("billing.sell_package"),
    }
    template = "billing/invoices.html" + ("#rows" if request.htmx and not request.htmx.boosted else "")
    return render(request, template, context)


@page("billing.view_invoice")
def invoice(request: Request, invoice_id: UUID) -> HttpResponse:
    found = visible(request, invoice_id)
    audit.viewed(of=found, by=request.user)
    wanted, line = request.GET.get("adjustment", ""), request.GET.get("on", "")
    adjusting = next((each for each in found.adjustments.all() if str(each.pk) == wanted), None)
    return _show(request, found, adjusting=adjusting, line=line)


@page("billing.view_invoice")
def state(request: Request, invoice_id: UUID) -> HttpResponse:
    """Where an invoice stands, for a page that waits for its payment; nothing, while that is where it stood before."""
    found = visible(request, invoice_id)
    if request.GET.get("seen") == _mark(found):
        return HttpResponse(status=204)
    return render(request, "billing/invoice.html#standing", _context(request, found))


@action("billing.write_invoice")
def for_visit(request: Request) -> HttpResponse:
    """Draw up the invoice of a visit that has none yet."""
    appointment_id = _as_uuid(request.POST.get("appointment", ""))
    drafted = services.draft_invoice_for_visit(appointment_id=appointment_id, by=request.user, at=timezone.now())
    return redirect("billing:invoice", invoice_id=drafted.pk)


@action("billing.write_invoice")
def issue(request: Request, invoice_id: UUID) -> HttpResponse:
    issued = services.issue_invoice(invoice=visible(request, invoice_id), by=request.user, at=timezone.now())
    messages.success(request, _("Invoice %(number)s is on its way by e-mail.") % {"number": issued.number})
    return redirect("billing:invoice", invoice_id=issued.pk)


@action("billing.write_invoice")
def discard(request: Request, invoice_id: UUID) -> HttpResponse:
    services.void_draft(invoice=visible(request, invoice_id), by=request.user, at=timezone.now())
    messages.success(request, _("The draft is discarded."))
    return redirect("billing:invoices")


@action("billing.write_invoice")
def reminder(request: Request, invoice_id: UUID) -> HttpResponse:
    found = visible(request, invoice_id)
    services.send_again(invoice=found, by=request.user, at=timezone.now())
    messages.success(request, _("Sent to %(email)s once more.") % {"email": found.client.email})
    return redirect("billing:invoice", invoice_id=found.pk)


@action("billing.take_payment")
def payment(request: Request, invoice_id: UUID) -> HttpResponse:
    found = visible(request, invoice_id)
    form = PaymentForm(request.POST, drawers=drawers_of(request, found))
    if form.is_valid():
        try:
            taken = services.record_payment(
                invoice=found,
                amount=form.cleaned_data["amount"],
                method=Method(form.cleaned_data["payment_method"]),
                reference=form.cleaned_data["reference"],
                beyond=form.cleaned_data["keep_rest"],
                till_session_id=chosen_till(form),
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Taken: %(amount)s.") % {"amount": taken.amount.shown(request.tenant.language)})
            return redirect("billing:invoice", invoice_id=found.pk)
    return _show(request, found, payment_form=form, status=422)


@page("billing.view_document")
def document(request: Request, invoice_id: UUID) -> HttpResponse:
    return pdf_answer(visible(request, invoice_id), seen_by=request.user)


def pdf_answer(found: Invoice, *, seen_by: Any, how: str = "viewed_document") -> HttpResponse:
    """Return an invoice's PDF to be shown. Raises `Http404` until it is made."""
    if found.pdf is None:
        raise Http404
    audit.viewed(of=found, by=seen_by, how=how)
    response = HttpResponse(read_file(found.pdf), content_type=found.pdf.media_type)
    response["Content-Disposition"] = f'inline; filename="{found.pdf.name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _figures(request: Request) -> selectors.Figures | None:
    """Return the sums over the list, for those who see payments."""
    if not request.user.has_perm("billing.view_payment"):
        return None
    return selectors.figures(request.user, since=timezone.localdate().replace(day=1))


def show_adjusting(
    request: Request, found: Invoice, *, form: AdjustmentForm, row: Adjustment | None, status: int
) -> HttpResponse:
    """Show an invoice with the discount that was refused."""
    return _show(request, found, adjustment_form=form, adjusting=row, status=status)


def _show(
    request: Request,
    found: Invoice,
    *,
    payment_form: PaymentForm | None = None,
    adjustment_form: AdjustmentForm | None = None,
    adjusting: Adjustment | None = None,
    line: str = "",
    status: int = 200,
) -> HttpResponse:
    first = {"amount": found.to_pay if found.is_issued else found.gross, "payment_method": Method.CARD.value}
    context = _context(request, found)
    if context["may_take"]:
        context["payment_form"] = payment_form or PaymentForm(initial=first, drawers=drawers_of(request, found))
    if context["may_adjust"]:
        context["adjustment_form"] = adjustment_form or AdjustmentForm(None, invoice=found, row=adjusting, line=line)
        context |= {"adjusting": adjusting, "reasons": selectors.discount_reasons()}
    return render(request, "billing/invoice.html", context, status=status)


def _context(request: Request, found: Invoice) -> dict[str, Any]:
    user = request.user
    sees_payments = user.has_perm("billing.view_payment")
    may_read = user.has_perm("billing.view_document", found)
    visit_id = selectors.visit_billed_by(found) if found.is_issued else None
    missing = selectors.not_billed(visit_id) if visit_id else []
    may_take = user.has_perm("billing.take_payment", found)
    further = owed_by_client_of(found, seen_by=user) if may_take and (found.is_payable or found.overpaid) else []
    return {
        "visit_id": visit_id,
        "missing": missing,
        "missing_sum": selectors.sum_of(missing),
        "invoice": found,
        "lines": selectors.lines_seen_by(user, found),
        "taxes": selectors.taxes_of(found),
        "mark": _mark(found),
        "history": selectors.history_of_invoice(found) if sees_payments else [],
        "may_see_money": sees_payments,
        "credit_notes": found.credit_notes.filter(status=Status.CREDIT).order_by("issued_at"),
        "may_credit": found.can_be_credited and user.has_perm("billing.credit_invoice", found),
        "may_write": user.has_perm("billing.write_invoice", found),
        "may_take": may_take,
        "may_refund": user.has_perm("billing.refund", found),
        "may_write_off": user.has_perm("billing.write_off", found),
        "settled": settled(found, seen_by=user) if sees_payments and found.is_issued else None,
        "owes_more": bool(further) and found.is_payable,
        "use_form": UseCreditForm(None, owed=further, locale=request.tenant.language)
        if further and found.overpaid
        else None,
        "may_adjust": found.status == Status.DRAFT
        and not found.is_deposit
        and user.has_perm("billing.write_invoice", found),
        "may_read_files": may_read,
        "e_invoices": e_invoices_of(found) if may_read else [],
        "e_formats": [
            (each.value, FORMAT_LABELS[each]) for each in services.e_invoice_rules().formats if found.is_issued
        ],
        "e_lacking": services.lacking_in_draft(found) if found.status == Status.DRAFT else {},
        "may_read_document": found.pdf_id is not None and user.has_perm("billing.view_document", found),
        "deposit": found.deposit if found.is_open_deposit else None,
        "link": pay_url(found) if found.can_be_paid and user.has_perm("billing.ask_for_payment", found) else "",
    }


def _mark(found: Invoice) -> str:
    """Return what a waiting page compares: it differs as soon as there is something new to show."""
    return (
        f"{found.status}-{found.paid_minor}-{found.credited_minor}-{found.written_off_minor}-{found.pdf_id is not None}"
    )


def drawers_of(request: Request, found: Invoice) -> Drawers:
    """Return which tills cash of an invoice may go through."""
    return drawers_for(currency=found.currency, location_id=found.location_id, by=request.user)


def visible(request: Request, invoice_id: UUID) -> Invoice:
    return get_object_or_404(Invoice.objects.visible_to(request.user).for_display(), pk=invoice_id)


def _as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
