"""The list of people: searched, narrowed, and the searches that are kept."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import selectors, services
from modules.crm.forms.narrowing import OTHERS, KeepForm, NarrowingForm
from modules.crm.models import MOST, Patient, SavedSearch
from modules.crm.pages.seen import flagged
from tenancy.requests import Request
from webui.doors import action, page

PER_PAGE = 50


@page("crm.view_patient")
def patients(request: Request) -> HttpResponse:
    form, search = narrowing_of(request), request.GET.get("q", "").strip()
    rows = selectors.narrowed(form.values, by=request.user, at=timezone.now())
    shown = Paginator(rows.paged_by(search, seen_by=request.user), PER_PAGE).get_page(request.GET.get("page"))
    audit.listed(what=Patient, subjects=[patient.pk for patient in shown], by=request.user)
    sees_all = reach_of(request.user, "crm.view_patient") is Reach.ALL
    may_share = request.user.has_perm("crm.share_search")
    context = {
        "patients": shown,
        "search": search,
        "form": form,
        "keep": KeepForm(initial={"query": form.query}, may_share=may_share),
        "saved": SavedSearch.objects.of(request.user),
        "may_share": may_share,
        "may_open": not sees_all and request.user.has_perm("crm.open_in_emergency"),
        "may_export": request.user.has_perm("crm.export_people"),
        "may_import": request.user.has_perm("crm.import_people"),
        "may_merge": request.user.has_perm("crm.merge_patients"),
        "found_most": bool(search) and shown.paginator.count >= MOST,
    }
    context |= flagged(request, shown)
    template = "crm/patients.html" + ("#rows" if request.htmx and not request.htmx.boosted else "")
    return render(request, template, context)


@action("crm.view_patient")
def keep(request: Request) -> HttpResponse:
    """Keep what the list is narrowed to by a name."""
    form = KeepForm(request.POST, may_share=request.user.has_perm("crm.share_search"))
    query = request.POST.get("query", "")
    if not form.is_valid():
        messages.error(request, _("A name of at most 60 characters is needed."))
        return redirect(_address(query))
    try:
        services.save_search(**form.kept(), by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The search is kept."))
    return redirect(_address(query))


@action("crm.view_patient")
def remove(request: Request, search_id: UUID) -> HttpResponse:
    services.remove_search(search_id=search_id, by=request.user)
    messages.success(request, _("The search is removed."))
    return redirect("crm:patients")


def narrowing_of(request: Request) -> NarrowingForm:
    """Return the form; without a field until somebody narrows, for there is much to ask about what they may choose."""
    is_open = "filters" in request.GET or bool({*request.GET} - {*OTHERS})
    facets = selectors.facets_for(request.user) if is_open else {}
    return NarrowingForm(request.GET, facets=facets, by=request.user)


def _address(query: str) -> str:
    return f"{reverse('crm:patients')}?{QueryDict(query).urlencode()}"
