"""What stands before every page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from httpapi.transactions import NotByReading, one_transaction
from identity.second_step import require_second_step
from kernel.errors import NotAllowed
from tenancy.requests import Request

USE_PORTAL, USE_WORKSPACE = "access.use_portal", "access.use_workspace"
F = TypeVar("F", bound=Callable[..., Any])


def page(permission: str) -> Callable[[F], F]:
    """Put a page behind a permission and into one transaction. Who is not signed in is sent to do so."""
    return lambda view: _door(view, permission, lambda request: _check(request, permission))


def action(permission: str) -> Callable[[F], F]:
    """Like `page`, for what a button does: asked for by POST, and by a link or a reload never."""

    def check(request: Request) -> None:
        _check(request, permission)
        if request.method != "POST":
            raise NotByReading

    return lambda view: _door(view, permission, check)


def signed_in_page(reason: str) -> Callable[[F], F]:
    """A page for anyone who is signed in; say why no permission is asked."""
    return lambda view: _door(view, f"signed in: {reason}", lambda request: None)


def open_page(reason: str) -> Callable[[F], F]:
    """A page for anybody; say why."""
    return lambda view: _door(view, f"open: {reason}", None)


def operators_page(view: F) -> F:
    """A page of the operators' console, for operators with a second step. For anybody else there is no such page."""

    def check(request: Request) -> None:
        if not request.user.is_operator:
            raise Http404
        require_second_step(request.user)

    return cast("F", _door(view, "operators", check))


def _door(view: Any, permission: str, check: Callable[[Request], None] | None) -> Any:
    in_transaction = one_transaction(view)

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if check is not None:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            check(request)
        response = in_transaction(request, *args, **kwargs)
        if request.user.is_authenticated:
            # Nobody finds a stranger's record by pressing Back on a shared computer.
            patch_cache_control(response, private=True, no_store=True)
        return response

    guarded.permission = permission  # type: ignore[attr-defined]
    return guarded


def _check(request: Request, permission: str) -> None:
    """Patients hold some of the same permissions, for their own rows: these they see on the portal, not at the desk."""
    at = USE_PORTAL if permission == USE_PORTAL else USE_WORKSPACE
    if not (request.user.has_perm(permission) and request.user.has_perm(at)):
        raise NotAllowed(_("Your role does not open this page. An owner or administrator can change that."))


def _to_sign_in(request: Request) -> HttpResponse:
    address = "/sign-in/" if request.tenant else "/accounts/login/"
    target = f"{address}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)
