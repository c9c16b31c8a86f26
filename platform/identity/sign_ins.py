"""Where somebody is signed in, and ending that."""

from __future__ import annotations

from uuid import UUID

from identity.models import Session
from tenancy import use_platform


def end_sign_in(sign_in: UUID) -> None:
    """End a sign-in wherever it led: the session on the platform's host, and those entered from it."""
    with use_platform():
        Session.objects.filter(sign_in=sign_in).delete()
