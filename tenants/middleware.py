"""A tenant that is suspended says so, and opens no other door."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render

from httpapi.problems import problem
from tenancy.requests import Request
from tenants.models import TenantState


class StandingMiddleware:
    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        tenant = request.tenant
        if (
            tenant is None
            or tenant.state != TenantState.SUSPENDED
            or request.path_info.startswith(("/static/", "/theme/"))
        ):
            return self.get_response(request)
        if request.path_info.startswith("/api/"):
            return problem(403, code="tenant-suspended", detail="This workspace is suspended. Nothing was changed.")
        response = render(request, "webui/suspended.html", {"tenant": tenant}, status=503)
        response["Retry-After"] = "3600"
        return response
