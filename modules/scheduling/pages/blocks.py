"""Leave, breaks, closures and maintenance; practitioners see and set their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import DomainError, NotAllowed
from modules.scheduling.forms.blocks import REPEATS, BlockForm, block_values
from modules.scheduling.models import Appointment, Block, Practitioner
from modules.scheduling.services.practice import blocking
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal

SHOWN = 100


@page("scheduling.block_time")
def blocks(request: Request) -> HttpResponse:
    form = BlockForm(request.POST or None, own=_own(request))
    if request.method == "POST" and form.is_valid():
        try:
            block = blocking.block_time(wish=form.wish(), by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Blocked. Visits that are booked then are listed here."))
            return redirect("scheduling:block", block_id=block.pk)
    context = {"form": form, "blocks": _listed(request), "past": "past" in request.GET}
    return render(request, "scheduling/blocks.html", context, status=422 if form.is_bound else 200)


@page("scheduling.block_time")
def block(request: Request, block_id: UUID) -> HttpResponse:
    """One block: the visits that it falls on, and other times for it."""
    known = _block(request, block_id)
    form = BlockForm(request.POST or None, block=known, own=known.practitioner, initial=block_values(known))
    if request.method == "POST" and form.is_valid():
        try:
            blocking.change_block(block=known, wish=form.wish(), by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("scheduling:block", block_id=known.pk)
        known = _block(request, block_id)
    visits = [] if known.ended_at else blocking.visits_within(block=known, seen_by=request.user, at=timezone.now())
    audit.listed(what=Appointment, subjects=[visit.patient_id for visit in visits], by=request.user)
    context = {"blocked": known, "form": form, "visits": visits, "repeats": _repeats(known)}
    return render(request, "scheduling/block.html", context, status=422 if form.is_bound else 200)


@action("scheduling.block_time")
def call_off(request: Request, block_id: UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    blocking.call_off(block=_block(request, block_id), reason=reason, by=request.user, at=timezone.now())
    messages.success(request, _("Called off. The time can be booked again."))
    return redirect("scheduling:blocks")


def _own(request: Request) -> Practitioner | None:
    """Return whose time may be blocked by somebody who may block their own only. Raises `NotAllowed` if nobody's."""
    if reach_of(request.user, "scheduling.block_time") is Reach.ALL:
        return None
    own = Practitioner.objects.current().filter(user_id=request.user.pk).first()
    if own is None:
        raise NotAllowed(_("You have no calendar of your own here."))
    return own


def _block(request: Request, block_id: UUID) -> Block:
    return get_object_or_404(Block.objects.visible_to(request.user).with_targets(), pk=block_id)


def _listed(request: Request) -> list[dict[str, Any]]:
    rows = Block.objects.visible_to(request.user).with_targets()
    if "past" in request.GET:
        rows = rows.order_by("-first_day", "pk")
    else:
        rows = rows.current().exclude(runs_until__lt=timezone.now().date()).order_by("first_day", "pk")
    return [{"block": row, "repeats": _repeats(row)} for row in rows[:SHOWN]]


def _repeats(block: Block) -> str:
    rule = block.rule.partition(";UNTIL=")[0]
    return str(REPEATS.get(rule, rule)) if rule else ""
