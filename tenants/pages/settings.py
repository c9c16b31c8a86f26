"""Everything that can be set, each with a sentence on what it is."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenancy.requests import Request
from webui.doors import page


@page("access.use_workspace")
@require_safe
def overview(request: Request) -> HttpResponse:
    return render(request, "tenants/settings.html")
