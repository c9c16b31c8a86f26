"""What stands before every endpoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from kernel.errors import NotAllowed

F = TypeVar("F", bound=Callable[..., Any])


class SignedIn(AuthBase):
    """A bearer token, or the session of a page on the same host, which then needs its CSRF token too."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Any:
        if not request.user.is_authenticated:
            return None
        if not request.by_token and check_csrf(request):  # type: ignore[attr-defined]
            raise HttpError(403, "The CSRF token is missing or wrong.")
        return request.user


def endpoint(permission: str) -> Callable[[F], F]:
    """Guard an endpoint by a permission, and leave a mark that the conventions test finds."""

    def decorate(operation: F) -> F:
        @wraps(operation)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.has_perm(permission):  # type: ignore[union-attr]
                raise NotAllowed("Your role does not allow this.")
            return operation(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def open_endpoint(reason: str) -> Callable[[F], F]:
    """Mark an endpoint that anyone may call, and say why."""

    def decorate(operation: F) -> F:
        operation.permission = f"open: {reason}"  # type: ignore[attr-defined]
        return operation

    return decorate


def signed_in_endpoint(reason: str) -> Callable[[F], F]:
    """Mark an endpoint that anyone signed in may call, and say why no permission is asked."""

    def decorate(operation: F) -> F:
        operation.permission = f"signed in: {reason}"  # type: ignore[attr-defined]
        return operation

    return decorate
