"""Regions and districts: what the forms suggest, and the lists that a workspace loads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from modules.crm.domain.contacts.countries import country_name
from modules.crm.domain.contacts.regions import as_listed
from modules.crm.forms.regions import RegionListForm
from modules.crm.selectors.regions import region_lists, regions_of
from modules.crm.services.regions import districts_in, drop_regions, load_regions
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.register_patient")
def districts(request: Request) -> HttpResponse:
    """Return the districts of a region, for a field that suggests them."""
    regions = regions_of(request.GET.get("country", ""))
    names = regions.get(as_listed(request.GET.get("region", ""), regions), ())
    return render(request, "crm/contacts/suggested.html", {"names": names})


@page("crm.manage_regions")
def lists(request: Request) -> HttpResponse:
    form = RegionListForm(request.POST or None, request.FILES or None)
    status = tried(form, lambda: _load(request, form))
    if not status:
        messages.success(request, _("The forms suggest these from now on."))
        return redirect("crm:region_lists")
    language = get_language() or "en"
    shown = [(each, country_name(each.country, language=language)) for each in region_lists()]
    return render(request, "crm/region_lists.html", {"form": form, "lists": shown}, status=status)


@action("crm.manage_regions")
def drop(request: Request) -> HttpResponse:
    drop_regions(country=request.POST.get("country", ""), by=request.user)
    messages.success(request, _("The forms suggest the usual list again."))
    return redirect("crm:region_lists")


def _load(request: Request, form: RegionListForm) -> None:
    content = form.cleaned_data["file"].read()
    load_regions(
        country=form.cleaned_data["country"], districts=districts_in(content), by=request.user, at=timezone.now()
    )
