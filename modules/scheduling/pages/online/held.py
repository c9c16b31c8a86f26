"""The time is kept: type the code from the mail, or confirm by its link."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from kernel.errors import DomainError
from modules.scheduling.gateways.deposits import deposit_due
from modules.scheduling.models import Hold
from modules.scheduling.pages.online.frames import show
from modules.scheduling.services.online import holds, pace
from modules.scheduling.services.visits import telling
from tenancy.requests import Request
from webui.doors import open_page

WHY_OPEN = "its address is a secret; whoever has it has to show, too, that they read the mail"


@csrf_exempt  # as the step before it
@open_page(WHY_OPEN)
def held(request: Request, secret: str, *, framed: bool = False) -> HttpResponse:
    hold = _behind(request, secret)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            pace.count_code(secret=secret, ip=request.ip)
            holds.confirm_hold(hold=hold, secret=secret, code=request.POST.get("code", ""), at=timezone.now())
            return redirect(request.path)
        except DomainError as error:
            problem = error
    return _show(request, hold, secret, problem, framed=framed)


@csrf_exempt
@open_page(WHY_OPEN)
def another_code(request: Request, secret: str, *, framed: bool = False) -> HttpResponse:
    """Have another code mailed; the one before it is good for nothing then."""
    hold = _behind(request, secret)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            pace.count_mail(hold_id=hold.pk)
            telling.about_hold(hold, at=timezone.now())
        except DomainError as error:
            problem = error
    return _show(request, hold, secret, problem, framed=framed, was_sent=request.method == "POST" and problem is None)


def _show(
    request: Request, hold: Hold, secret: str, problem: DomainError | None, *, framed: bool, was_sent: bool = False
) -> HttpResponse:
    hold = holds.find_hold(secret=secret) or hold
    booker = holds.booker_of(hold)
    with timezone.override(hold.location.zone):
        context: dict[str, Any] = {
            "hold": hold,
            "appointment": hold.appointment,
            "deposit": deposit_due(hold.appointment) if hold.appointment else None,
            "is_open": hold.is_open(timezone.now()),
            "by_mail": holds.came_by_mail(hold, secret=secret),
            "email": _masked(booker.newcomer.email) if booker else "",
            "problem": problem,
            "was_sent": was_sent,
            "secret": secret,
        }
        status = problem.status if problem else 200
        return show(request, "scheduling/online/held.html", context, framed=framed, status=status)


def _behind(request: Request, secret: str) -> Hold:
    hold = holds.find_hold(secret=secret)
    if hold is None:
        pace.count_guessed_hold(ip=request.ip)
        raise Http404(_("There is no such page."))
    return hold


def _masked(email: str) -> str:
    """Return as much of an address as its owner knows again: whoever finds the page open learns little more."""
    name, _at, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"
