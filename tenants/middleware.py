"""The threshold of a tenant: who gets no further, and where else they could go."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from access import second_step
from access.membership import visit_of
from httpapi.problems import problem, problem_of
from identity.second_step import SecondStepNeeded
from tenancy.requests import Request
from tenants.life.deleting import deletion_of
from tenants.models import BEHIND, TenantState
from tenants.switching import workspaces_elsewhere


class Closed(NamedTuple):
    """What is said at a closed door: to a program with `status` and `code`, to a person with a page."""

    status: int
    code: str
    detail: str
    template: str
    retry_after: int


CLOSED = {
    TenantState.SUSPENDED.value: Closed(
        403, "tenant-suspended", "This workspace is suspended. Nothing was changed.", "webui/suspended.html", 3600
    ),
    TenantState.DELETING.value: Closed(
        403, "tenant-deleting", "This workspace is to be deleted. Nothing was changed.", "life/deleting.html", 24 * 3600
    ),
    TenantState.RESTORING.value: Closed(
        503, "tenant-being-restored", "This workspace is being put back to a backup.", "life/restoring.html", 300
    ),
    BEHIND: Closed(
        503, "tenant-being-updated", "This workspace is being updated. Nothing was changed.", "webui/behind.html", 60
    ),
}


class StandingMiddleware:
    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        closed = CLOSED.get(request.tenant.state) if request.tenant else None
        if closed is None or request.path_info.startswith(("/static/", "/theme/")):
            return self.get_response(request)
        response = _told(request, closed)
        response["Retry-After"] = str(closed.retry_after)
        return response


class ElsewhereMiddleware:
    """Finds the other workspaces of who opens a whole page. Stands before the room: they are the platform's to know."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if _shows_the_menu(request):
            request.elsewhere = workspaces_elsewhere(user=request.user, here=request.tenant.id)
        return self.get_response(request)


def _shows_the_menu(request: Request) -> bool:
    is_page = request.tenant is not None and not request.path_info.startswith(("/api/", "/theme/"))
    is_whole = not request.htmx or request.htmx.boosted
    return is_page and is_whole and request.user.is_authenticated and not visit_of(request.user)


class SecondStepMiddleware:
    """Stands right inside the room: who has to have a second step and has none gets no further than being told so.

    Whatever the door behind: pages, files, the API by session or token. Only the ways in and out stay open.
    """

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if request.tenant is None or request.path_info.startswith(WAYS_IN_AND_OUT):
            return self.get_response(request)
        if not second_step.is_missing(request.user, request.tenant):
            return self.get_response(request)
        if request.path_info.startswith("/api/"):
            return problem_of(SecondStepNeeded())
        came_from = request.get_full_path() if request.method in ("GET", "HEAD") and not request.htmx else "/"
        told = f"/second-step/?{urlencode({'next': came_from})}"
        return HttpResponseClientRedirect(told) if request.htmx else redirect(told)


WAYS_IN_AND_OUT = ("/sign-in/", "/sign-out/", "/second-step/", "/theme/")


def _told(request: Request, closed: Closed) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return problem(closed.status, code=closed.code, detail=closed.detail)
    is_leaving = request.tenant.state == TenantState.DELETING
    context = {"tenant": request.tenant, "deletion": deletion_of(request.tenant.id) if is_leaving else None}
    return render(request, closed.template, context, status=503)
