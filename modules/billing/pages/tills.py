"""Cash: the tills that are open, opening, what goes in and out, counting and closing; and the sessions of before."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.billing.forms.tills import ClosingForm, CountForm, MoveForm
from modules.billing.models import MoveKind, Till, TillSession
from modules.billing.selectors import tills as selectors
from modules.billing.services import tills as services
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried

PER_PAGE = 30


@page("billing.till")
def tills(request: Request) -> HttpResponse:
    user = request.user
    closed = TillSession.objects.visible_to(user).filter(closed_at__isnull=False).for_display()
    may_see_payments = user.has_perm("billing.view_payment")
    context = {
        "tills": [till for till in selectors.tills() if till.is_active],
        "sessions": Paginator(closed.order_by("-closed_at", "-pk"), PER_PAGE).get_page(request.GET.get("page")),
        "outside": selectors.outside_any_session() if may_see_payments else [],
        "may_manage": user.has_perm("billing.manage"),
        "may_report": user.has_perm("billing.view_ledger"),
    }
    return render(request, "billing/tills/tills.html", context)


@page("billing.till")
def opening(request: Request, till_id: UUID) -> HttpResponse:
    """How much is in a till when somebody begins; what it held last is there to be confirmed."""
    till = get_object_or_404(Till.objects.select_related("location"), pk=till_id)
    before = till.sessions.filter(closed_at__isnull=False).order_by("-closed_at").first()
    form = CountForm(_sent(request), currency=till.currency)
    status = tried(
        form, lambda: services.open_session(till=till, counted=form.found(), by=request.user, at=timezone.now())
    )
    if not status:
        messages.success(request, _("%(till)s is open.") % {"till": till.name})
        return redirect("billing:tills")
    context = {"till": till, "form": form, "held": before.counted if before else None}
    return render(request, "billing/tills/opening.html", context, status=status)


@page("billing.till")
def session(request: Request, till_session_id: UUID) -> HttpResponse:
    """A session with all that went through it: to be looked at, and on A4 or a roll of 80 mm to be printed."""
    found = _visible(request, till_session_id)
    audit.viewed(of=found, by=request.user)
    context = {
        "session": found,
        "close": selectors.day_close(found, at=timezone.now()),
        "on_roll": request.GET.get("paper") == "roll",
        "may_see_invoices": request.user.has_perm("billing.view_invoice"),
    }
    return render(request, "billing/tills/session.html", context)


@page("billing.till")
def move(request: Request, till_session_id: UUID) -> HttpResponse:
    found = _visible(request, till_session_id)
    form = MoveForm(_sent(request), currency=found.currency)

    def do() -> None:
        data = form.cleaned_data
        services.move_cash(
            session=found,
            kind=MoveKind(data["kind"]),
            amount=data["amount"],
            reason=data["reason"],
            by=request.user,
            at=timezone.now(),
        )

    if not (status := tried(form, do)):
        messages.success(request, _("Written down."))
        return redirect("billing:till_session", till_session_id=found.pk)
    return render(request, "billing/tills/move.html", {"session": found, "form": form}, status=status)


@page("billing.till")
def count(request: Request, till_session_id: UUID) -> HttpResponse:
    """What is in the till now. What should be is shown afterwards, unless the practice shows it before."""
    found = _visible(request, till_session_id)
    form = CountForm(_sent(request), currency=found.currency)
    status = tried(
        form, lambda: services.count_till(session=found, counted=form.found(), by=request.user, at=timezone.now())
    )
    if not status:
        return redirect("billing:till_closing", till_session_id=found.pk)
    context = {"session": found, "form": form, "close": selectors.day_close(found, at=timezone.now())}
    return render(request, "billing/tills/count.html", context, status=status)


@page("billing.till")
def closing(request: Request, till_session_id: UUID) -> HttpResponse:
    """What the last count says, and a button that closes the till with it."""
    found = _visible(request, till_session_id)
    close = selectors.day_close(found, at=timezone.now())
    last = close.last_count
    if last is None or not found.is_open:
        return redirect("billing:till_session", till_session_id=found.pk)
    form = ClosingForm(_sent(request), differs=bool(last.difference))
    reason = "" if not form.is_bound or not form.is_valid() else form.cleaned_data.get("reason", "")
    status = tried(
        form, lambda: services.close_session(session=found, reason=reason, by=request.user, at=timezone.now())
    )
    if not status:
        messages.success(request, _("%(till)s is closed.") % {"till": found.till.name})
        return redirect("billing:till_session", till_session_id=found.pk)
    is_stale = close.expected is not None and last.expected != close.expected
    context = {"session": found, "form": form, "last": last, "close": close, "is_stale": is_stale}
    return render(request, "billing/tills/closing.html", context, status=status)


def _sent(request: Request) -> QueryDict | None:
    """Return what was sent; it may be nothing: a till that holds what it should is closed by the button alone."""
    return request.POST if request.method == "POST" else None


def _visible(request: Request, till_session_id: UUID) -> TillSession:
    return get_object_or_404(TillSession.objects.visible_to(request.user).for_display(), pk=till_session_id)
