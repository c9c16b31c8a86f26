"""Somebody confirmed an e-mail address: open what they reserved, and say where to go on."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from tenants import signup


def open_on_confirmation(*, email_address: Any, **_: Any) -> None:
    signup.open_reserved(owner=email_address.user)


def way_on(user: Any) -> str | None:
    """Return the page where the workspace is seen opening, if one is."""
    tenant = signup.open_reserved(owner=user)
    return reverse("opening", args=[tenant.pk]) if tenant else None
