"""What stands before every endpoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpResponse
from ninja.errors import HttpError
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from access.membership import visit_of
from httpapi.problems import problem_of
from httpapi.transactions import SAFE_METHODS, one_transaction
from kernel.errors import DomainError, NotAllowed
from tenancy.requests import Request

F = TypeVar("F", bound=Callable[..., Any])

OPEN = ("open: ", "signed in: ")


class SignedIn(AuthBase):
    """A bearer token, or the session of a page on the same host, which then needs its CSRF token too."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: Any) -> Any:
        if not request.user.is_authenticated:
            return None
        if not request.by_token and check_csrf(request):
            raise HttpError(403, "The CSRF token is missing or wrong.")
        return request.user


def endpoint(permission: str) -> Callable[[F], F]:
    """Say which permission an endpoint asks for. `behind_its_door` asks for it, before the body is even read."""

    def mark(operation: F) -> F:
        return cast("F", _marked(operation, permission))

    return mark


def signed_in_endpoint(reason: str) -> Callable[[F], F]:
    """Mark an endpoint that anyone signed in may call, and say why no permission is asked."""

    def mark(operation: F) -> F:
        return cast("F", _marked(operation, f"signed in: {reason}"))

    return mark


def behind_its_door(run: Any) -> Any:
    """Put a ninja operation behind its permission and into one transaction; answer refusals as problems."""
    in_transaction = one_transaction(run)

    @wraps(run)
    def answered(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            _check_permission(run.__self__.view_func, request)
            return in_transaction(request, *args, **kwargs)
        except DomainError as error:
            return problem_of(error)

    return answered


def _check_permission(operation: Any, request: Request) -> None:
    permission: str = operation.permission
    if permission.startswith(OPEN) and visit_of(request.user) and request.method not in SAFE_METHODS:
        raise NotAllowed("Support does not do this. Nothing was changed.")
    if permission.startswith(OPEN) or not request.user.is_authenticated:
        return  # the operation's own `auth` answers those who are not signed in
    if not request.user.has_perm(permission):
        raise NotAllowed("Your role does not allow this.")


def _marked(operation: Any, permission: str) -> Any:
    operation.permission = permission
    return operation
