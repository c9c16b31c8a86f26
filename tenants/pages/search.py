"""The search everywhere: a page of its own, and what the palette of every page shows."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tenancy.requests import Request
from tenants.searching import find_everywhere
from webui.doors import USE_WORKSPACE, page


@page(USE_WORKSPACE)
@require_safe
def search(request: Request) -> HttpResponse:
    text = request.GET.get("q", "")
    finds = find_everywhere(text, by=request.user, at=timezone.now())
    template = "tenants/search.html" + ("#found" if request.htmx and not request.htmx.boosted else "")
    return render(request, template, {"finds": finds, "search": text.strip()})
