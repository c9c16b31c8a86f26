"""What stands before every endpoint."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from ninja.errors import HttpError
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from kernel.errors import NotAllowed
from tenancy.requests import Request

F = TypeVar("F", bound=Callable[..., Any])


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
    """Guard an endpoint by a permission, and leave a mark that the conventions test finds."""

    def decorate(operation: Any) -> Any:
        @wraps(operation)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> Any:
            if not request.user.has_perm(permission):
                raise NotAllowed("Your role does not allow this.")
            return operation(request, *args, **kwargs)

        # ninja reads the annotations in this module's names; those of the endpoint's module are resolved here.
        guarded.__signature__ = inspect.signature(operation, eval_str=True)  # type: ignore[attr-defined]
        return _marked(guarded, permission)

    return decorate


def open_endpoint(reason: str) -> Callable[[F], F]:
    """Mark an endpoint that anyone may call, and say why."""

    def decorate(operation: Any) -> Any:
        return _marked(operation, f"open: {reason}")

    return decorate


def signed_in_endpoint(reason: str) -> Callable[[F], F]:
    """Mark an endpoint that anyone signed in may call, and say why no permission is asked."""

    def decorate(operation: Any) -> Any:
        return _marked(operation, f"signed in: {reason}")

    return decorate


def _marked(operation: Any, permission: str) -> Any:
    operation.permission = permission
    return operation
