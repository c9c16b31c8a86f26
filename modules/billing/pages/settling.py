"""What becomes of an invoice's money: paid back, used for another, taken back, written off, or received in one sum."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.billing import services
from modules.billing.domain.states import Method
from modules.billing.forms.settling import PayBackForm, ReceiveForm, TakeBackForm, UseCreditForm, WriteOffForm
from modules.billing.forms.tills import chosen_till
from modules.billing.models import Invoice, Payment
from modules.billing.pages.invoices import drawers_of, visible
from modules.billing.selectors import note_listed
from modules.billing.selectors.settling import owed_by_client_of
from modules.billing.services.tills import drawers_of_payment
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("billing.refund")
def pay_back(request: Request, invoice_id: UUID) -> HttpResponse:
    """How what was paid too much came, and how much of it goes back by which way."""
    invoice = visible(request, invoice_id)
    form = PayBackForm(request.POST or None, ways=services.ways_back(invoice), drawers=drawers_of(request, invoice))

    def do() -> None:
        services.pay_back(
            invoice=invoice,
            wished=form.wished(),
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
            till_session_id=chosen_till(form),
        )

    status = tried(form, do)
    if not status:
        messages.success(request, _("Written down: it is paid back."))
        return redirect("billing:invoice", invoice_id=invoice.pk)
    audit.viewed(of=invoice, by=request.user)
    return render(request, "billing/pay_back.html", {"invoice": invoice, "form": form}, status=status)


@page("billing.write_off")
def write_off(request: Request, invoice_id: UUID) -> HttpResponse:
    invoice = visible(request, invoice_id)
    form = WriteOffForm(request.POST or None, initial={"amount": invoice.to_pay})
    return _asked(
        request,
        invoice,
        form,
        lambda: services.write_off(invoice=invoice, by=request.user, at=timezone.now(), **form.cleaned_data),
        title=_("Write off"),
        said=_("The invoice and its tax stay as they were issued. Nobody is asked for it any more."),
        done=_("Written off."),
    )


@page("billing.write_off")
def owe_again(request: Request, invoice_id: UUID) -> HttpResponse:
    invoice = visible(request, invoice_id)
    form = WriteOffForm(request.POST or None, initial={"amount": invoice.written_off})
    return _asked(
        request,
        invoice,
        form,
        lambda: services.take_back_write_off(invoice=invoice, by=request.user, at=timezone.now(), **form.cleaned_data),
        title=_("Ask for it after all"),
        said=_("What was written off is owed again."),
        done=_("It is owed again."),
    )


@page("billing.refund")
def take_back(request: Request, payment_id: UUID) -> HttpResponse:
    """A payment that was written down by mistake, or bounced."""
    rows = Payment.objects.visible_to(request.user).select_related("invoice")
    payment = get_object_or_404(rows, pk=payment_id)
    form = TakeBackForm(request.POST or None, drawers=drawers_of_payment(payment=payment, by=request.user))
    words = {
        "amount": payment.amount.shown(request.tenant.language),
        "method": str(payment.get_method_display()),
    }
    return _asked(
        request,
        payment.invoice,
        form,
        lambda: services.take_back_payment(
            payment=payment,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
            till_session_id=chosen_till(form),
        ),
        title=_("Take the payment back"),
        said=_("%(amount)s, %(method)s: a mistake, or it bounced. So much is owed again. No money is paid back.")
        % words,
        done=_("Taken back: it is owed again."),
    )


@action("billing.take_payment")
def use_credit(request: Request, invoice_id: UUID) -> HttpResponse:
    source = visible(request, invoice_id)
    owed = owed_by_client_of(source, seen_by=request.user)
    form = UseCreditForm(request.POST, owed=owed, locale=request.tenant.language)
    if not form.is_valid():
        messages.error(request, _("Choose an invoice that is still owed."))
        return redirect("billing:invoice", invoice_id=source.pk)
    target = visible(request, form.cleaned_data["target"])
    use = services.use_credit(source=source, target=target, by=request.user, at=timezone.now())
    words = {"amount": use.amount.shown(request.tenant.language), "number": target.number}
    messages.success(request, _("%(amount)s of credit used for %(number)s.") % words)
    return redirect("billing:invoice", invoice_id=target.pk)


@page("billing.take_payment")
def receive(request: Request, invoice_id: UUID) -> HttpResponse:
    """Everything that the client of an invoice owes, and one sum that pays it or a part of it."""
    first = visible(request, invoice_id)
    owed = [each for each in (first, *owed_by_client_of(first, seen_by=request.user)) if each.is_payable]
    form = ReceiveForm(request.POST or None, owed=owed, drawers=drawers_of(request, first))

    def do() -> None:
        services.receive(
            shares=form.shares(),
            method=Method(form.cleaned_data["payment_method"]),
            reference=form.cleaned_data["reference"],
            till_session_id=chosen_till(form),
            by=request.user,
            at=timezone.now(),
        )

    status = tried(form, do)
    if not status:
        messages.success(request, _("Taken, and shared out over the invoices."))
        return redirect("billing:invoice", invoice_id=first.pk)
    audit.viewed(of=first, by=request.user)
    note_listed(owed, by=request.user)
    return render(request, "billing/receive.html", {"invoice": first, "form": form}, status=status)


def _asked(
    request: Request,
    invoice: Invoice,
    form: forms.Form,
    do: Callable[[], object],
    *,
    title: str,
    said: str,
    done: str,
) -> HttpResponse:
    """Show a small form about an invoice, or do what it asks for and go back to the invoice."""
    status = tried(form, do)
    if not status:
        messages.success(request, done)
        return redirect("billing:invoice", invoice_id=invoice.pk)
    audit.viewed(of=invoice, by=request.user)
    context = {"invoice": invoice, "form": form, "title": title, "said": said}
    return render(request, "billing/settle.html", context, status=status)
