"""What visits used that the ledger did not have."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.inventory import services
from modules.inventory.models import Item, Shortage
from modules.scheduling import public as scheduling
from tenancy.requests import Request
from webui.doors import action, page

PER_PAGE = 50


@page("inventory.view_items")
def shortages(request: Request) -> HttpResponse:
    return _show(request)


@action("inventory.change_stock")
def resolution(request: Request, shortage_id: UUID) -> HttpResponse:
    """Take off the shelf now what a visit used then."""
    shelf = Item.objects.visible_to(request.user)
    shortage = get_object_or_404(Shortage.objects.filter(item__in=shelf).select_related("item"), pk=shortage_id)
    try:
        services.resolve_shortage(shortage=shortage, by=request.user, at=timezone.now())
    except DomainError as error:
        return _show(request, problem=error)
    messages.success(request, _("%(item)s: taken off the shelf.") % {"item": shortage.item.name})
    return redirect("inventory:shortages")


def _show(request: Request, *, problem: DomainError | None = None) -> HttpResponse:
    shelf = Item.objects.visible_to(request.user)
    rows = Shortage.objects.open().filter(item__in=shelf).select_related("item").order_by("-noted_at", "pk")
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    visits = scheduling.find_visits(_visits_of(shown), seen_by=request.user) if shown else {}
    audit.listed(what=Shortage, subjects=[visit.patient_id for visit in visits.values()], by=request.user)
    context = {
        "shortages": shown,
        "entries": [(row, visits.get(row.appointment_id) if row.appointment_id else None) for row in shown],
        "problem": problem,
        "may_change": request.user.has_perm("inventory.change_stock"),
    }
    return render(request, "inventory/shortages.html", context, status=problem.status if problem else 200)


def _visits_of(shortages: Iterable[Shortage]) -> list[UUID]:
    return [row.appointment_id for row in shortages if row.appointment_id]
