"""Where somebody is signed in, and ending that."""

from __future__ import annotations

from uuid import UUID

from identity.models import Session
from tenancy import use_platform


def end_sign_in(sign_in: UUID) -> None:
    """End a sign-in wherever it led: the session on the platform's host, and those entered from it."""
    with use_platform():
        Session.objects.filter(sign_in=sign_in).delete()


def end_sessions_at(*, user_id: UUID, tenant_id: UUID) -> None:
    """End somebody's sessions at one tenant, wherever they are signed in to it."""
    with use_platform():
        Session.objects.filter(user_id=user_id, tenant_id=tenant_id).delete()
