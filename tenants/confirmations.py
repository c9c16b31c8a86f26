"""Somebody confirmed an e-mail address: open what they reserved, and say where to go on."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.urls import reverse

from tenants import signup


def open_on_confirmation(*, email_address: Any, **_: Any) -> None:
    if _is_their_first(email_address.user):
        signup.open_reserved(owner=email_address.user)


def way_on(user: Any) -> str | None:
    """Return the page where the workspace is seen opening, if one is."""
    tenant = signup.open_reserved(owner=user) if _is_their_first(user) else None
    return reverse("opening", args=[tenant.pk]) if tenant else None


def _is_their_first(user: Any) -> bool:
    """Test whether confirming makes the account usable. Later addresses open nothing: others may have reserved it."""
    return EmailAddress.objects.filter(user=user, verified=True).count() == 1
