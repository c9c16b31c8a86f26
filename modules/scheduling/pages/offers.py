"""An offered time, behind the secret link of its mail: take it, say no, or leave the list. Nobody signs in."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit import recording as audit
from kernel import limits
from kernel.errors import DomainError
from modules.scheduling import services
from modules.scheduling.models import Offer
from modules.scheduling.services.waiting.offering import find_offer
from tenancy.requests import Request
from webui.doors import open_page
from webui.unlisted import unlisted

LOOKS, SECONDS = 120, 60
KEY = "the secret in its address is the key: it shows this one offer"


@open_page(KEY)
def offer(request: Request, secret: str) -> HttpResponse:
    """Show the time and what became of it. Looking changes nothing: mail programs look, too."""
    return _show(request, _behind(request, secret), secret)


@open_page(KEY)
@require_POST
def acceptance(request: Request, secret: str) -> HttpResponse:
    found = _behind(request, secret)
    return _answer(request, found, secret, services.accept_offer)


@open_page(KEY)
@require_POST
def refusal(request: Request, secret: str) -> HttpResponse:
    return _answer(request, _behind(request, secret), secret, services.decline_offer)


@open_page(KEY)
@require_POST
def leaving(request: Request, secret: str) -> HttpResponse:
    return _answer(request, _behind(request, secret), secret, services.decline_offer, leave=True)


def _answer(request: Request, found: Offer, secret: str, do: Any, **how: Any) -> HttpResponse:
    try:
        do(offer=found, by=None, at=timezone.now(), **how)
    except DomainError as error:
        found = Offer.objects.for_display().get(pk=found.pk)
        return _show(request, found, secret, problem=error)
    return unlisted(redirect("scheduling:offer", secret=secret))


def _show(request: Request, found: Offer, secret: str, *, problem: DomainError | None = None) -> HttpResponse:
    audit.viewed(of=found, by=None, how="viewed_by_link")
    now, visit = timezone.now(), found.booked or found.appointment
    context = {
        "offer": found,
        "visit": visit,
        "location": found.appointment.location,
        "can_be_answered": found.is_held and found.expires_at > now,
        "earlier": found.entry.appointment if found.is_held else None,
        "has_left": found.entry.state == "WITHDRAWN",
        "secret": secret,
        "problem": problem,
    }
    return unlisted(render(request, "scheduling/offer.html", context, status=problem.status if problem else 200))


def _behind(request: Request, secret: str) -> Offer:
    limits.count("offer-link", request.ip, at_most=LOOKS, seconds=SECONDS)
    found = find_offer(secret=secret)
    if found is None:
        raise Http404
    return found
