"""The cookies that we set ourselves, each bound to the host it comes from."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse


def full_name(name: str) -> str:
    """Return what a cookie is called here: over https, with the prefix that keeps other hosts from setting it."""
    return f"{settings.COOKIE_PREFIX}{name}"


def remember(response: HttpResponse, name: str, value: str, *, seconds: int) -> None:
    """Have the browser keep a value for this host alone, where no script reads it."""
    secure = bool(settings.COOKIE_PREFIX)
    response.set_cookie(full_name(name), value, max_age=seconds, httponly=True, secure=secure, samesite="Lax")


def forget(response: HttpResponse, name: str) -> None:
    response.delete_cookie(full_name(name), samesite="Lax")
