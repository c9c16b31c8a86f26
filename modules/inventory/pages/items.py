"""The list of what is kept, and what stands on it."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from kernel.modules import is_enabled
from modules.inventory import selectors, services
from modules.inventory.forms import ItemForm, values_of
from modules.inventory.models import Item, ItemQuerySet
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal

PER_PAGE = 50
SHOWN = {"low": ItemQuerySet.running_low, "short": ItemQuerySet.short}


class Chip(NamedTuple):
    """A filter over the list: its words, and the query that asks for it."""

    label: str
    query: str
    is_chosen: bool


@page("inventory.view_items")
def items(request: Request) -> HttpResponse:
    search, show, category = (request.GET.get(name, "") for name in ("q", "show", "category"))
    rows = Item.objects.visible_to(request.user).current().matching(search)
    rows = SHOWN[show](rows) if show in SHOWN else rows
    rows = rows.in_category(category) if category else rows
    context = {
        "items": Paginator(rows.most_urgent_first(), PER_PAGE).get_page(request.GET.get("page")),
        "search": search,
        "show": show,
        "category": category,
        "chips": _chips(request, search, show, category),
        "query": urlencode({"q": search, "show": show, "category": category}),
        "figures": selectors.figures(request.user, currency=request.tenant.currency),
        "has_visits": is_enabled("scheduling"),
        "may_manage": request.user.has_perm("inventory.manage_items"),
    }
    template = "inventory/items.html" + ("#rows" if request.htmx and not request.htmx.boosted else "")
    return render(request, template, context)


@page("inventory.manage_items")
def add(request: Request) -> HttpResponse:
    form = ItemForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            item = services.add_item(details=form.details(), by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("%(name)s is on the list. Say how much of it there is.") % {"name": item.name})
            return redirect("inventory:item", item_id=item.pk)
    return _form_page(request, form)


@page("inventory.manage_items")
def change(request: Request, item_id: UUID) -> HttpResponse:
    item = _on_the_list(request, item_id)
    form = ItemForm(request.POST if request.method == "POST" else None, initial=values_of(item))
    if form.is_bound and form.is_valid():
        try:
            services.change_item(item=item, details=form.details(), by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("inventory:item", item_id=item.pk)
    return _form_page(request, form, item=_on_the_list(request, item_id))


@action("inventory.manage_items")
def end(request: Request, item_id: UUID) -> HttpResponse:
    ended = services.end_item(item=_on_the_list(request, item_id), by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is off the list. Its ledger stays.") % {"name": ended.name})
    return redirect("inventory:items")


def _chips(request: Request, search: str, show: str, category: str) -> list[Chip]:
    """Return the filters: one is chosen, and each keeps what is searched for."""

    def chip(label: str, **query: str) -> Chip:
        wanted = {"show": "", "category": ""} | query
        return Chip(label, urlencode(query | {"q": search}), wanted == {"show": show, "category": category})

    short = [chip(_("Shortages"), show="short")] if is_enabled("scheduling") else []
    named = [chip(name, category=name) for name in selectors.categories(request.user)]
    return [chip(_("All")), chip(_("Low or out"), show="low"), *short, *named]


def _form_page(request: Request, form: ItemForm, *, item: Item | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "inventory/item_form.html", {"form": form, "item": item}, status=status)


def _on_the_list(request: Request, item_id: Any) -> Item:
    return get_object_or_404(Item.objects.visible_to(request.user).current(), pk=item_id)
