"""One item: what there is of it, every move of it, and what moves it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from kernel.modules import is_enabled
from kernel.numbers import plain
from modules.inventory import selectors, services
from modules.inventory.domain.stock import Kind
from modules.inventory.forms import CountForm, MaterialForm, MoveForm
from modules.inventory.models import Item, StockMove
from modules.scheduling import public as scheduling
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal

PER_PAGE = 25


@page("inventory.view_items")
def item(request: Request, item_id: UUID) -> HttpResponse:
    return _show(request, _visible(request, item_id))


@action("inventory.take_stock")
def move(request: Request, item_id: UUID) -> HttpResponse:
    found = _visible(request, item_id)
    form = MoveForm(request.POST, may_receive=request.user.has_perm("inventory.change_stock"))
    if form.is_valid():
        kind, quantity, reason = (form.cleaned_data[name] for name in ("kind", "quantity", "reason"))
        try:
            moved = services.move_stock(
                item=found, kind=Kind(kind), quantity=quantity, reason=reason, by=request.user, at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Written down. On hand now: %(left)s.") % {"left": _amount(moved.item)})
            return redirect("inventory:item", item_id=found.pk)
    return _show(request, found, move_form=form, status=422)


@action("inventory.change_stock")
def count(request: Request, item_id: UUID) -> HttpResponse:
    found = _visible(request, item_id)
    form = CountForm(request.POST)
    if form.is_valid():
        counted, reason = form.cleaned_data["counted"], form.cleaned_data["reason"]
        try:
            moved = services.count_stock(item=found, counted=counted, reason=reason, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _told_by_count(moved))
            return redirect("inventory:item", item_id=found.pk)
    return _show(request, found, count_form=form, status=422)


@action("inventory.manage_items")
def material(request: Request, item_id: UUID) -> HttpResponse:
    """Say how much of the item each visit of a service uses; 0 for nothing any more."""
    found = get_object_or_404(Item.objects.visible_to(request.user).current(), pk=item_id)
    form = MaterialForm(request.POST, services=scheduling.services_offered())
    if form.is_valid():
        service_id, quantity = UUID(form.cleaned_data["service"]), form.cleaned_data["quantity"]
        try:
            services.set_material(service_id=service_id, item=found, quantity=quantity, by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved. Visits use it up from now on."))
            return redirect("inventory:item", item_id=found.pk)
    return _show(request, found, material_form=form, status=422)


def _show(request: Request, found: Item, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Show an item; a form that was refused comes along and opens its dialog again."""
    user, has_visits = request.user, is_enabled("scheduling")
    moves = Paginator(selectors.ledger_of(found), PER_PAGE).get_page(request.GET.get("page"))
    may_change, may_manage = user.has_perm("inventory.change_stock"), user.has_perm("inventory.manage_items")
    context = {
        "item": found,
        "moves": moves,
        "entries": _with_visits(moves, seen_by=user),
        "has_visits": has_visits,
        "used_by": selectors.services_using(found) if has_visits else [],
        "shortages": found.shortages.open().count() if has_visits else 0,
        "may_take": user.has_perm("inventory.take_stock"),
        "may_change": may_change,
        "may_manage": may_manage and found.ended_at is None,
        "move_form": MoveForm(may_receive=may_change),
        "count_form": CountForm(),
        "material_form": MaterialForm(services=scheduling.services_offered()) if may_manage and has_visits else None,
    }
    return render(request, "inventory/item.html", context | forms, status=status)


def _with_visits(moves: Page[StockMove], *, seen_by: Any) -> list[tuple[StockMove, scheduling.Visit | None]]:
    """Put each move beside the visit it was made for, where this person may see that visit."""
    ids = [move.cause_id for move in moves if move.cause_type == selectors.APPOINTMENT and move.cause_id]
    visits = scheduling.find_visits(ids, seen_by=seen_by) if ids else {}
    audit.listed(what=StockMove, subjects=[visit.patient_id for visit in visits.values()], by=seen_by)
    return [(move, visits.get(move.cause_id)) for move in moves]  # type: ignore[arg-type]


def _told_by_count(moved: StockMove | None) -> str:
    if moved is None:
        return _("Counted: the ledger was right.")
    told = {"count": plain(moved.quantity), "left": _amount(moved.item)}
    if moved.delta < 0:
        return _("Counted: %(left)s, %(count)s fewer than the ledger said.") % told
    return _("Counted: %(left)s, %(count)s more than the ledger said.") % told


def _amount(moved: Item) -> str:
    return f"{plain(moved.on_hand)} {moved.unit}"


def _visible(request: Request, item_id: UUID) -> Item:
    return get_object_or_404(Item.objects.visible_to(request.user), pk=item_id)
