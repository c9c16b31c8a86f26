"""Carry a person who signed in on the platform's host over to a tenant's host.

The tenant's host keeps a random `state` in a cookie of its own and sends the person to sign in. They come back with a
code that is good once, for a minute, at that tenant, in that browser. So no cookie is ever shared between hosts, and a
code that leaks is worth nothing elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from identity.models import HandOver, User
from identity.secrets import digest, new_secret
from identity.sessions import SessionStore
from kernel.errors import NotAllowed
from tenancy import use_platform

GOOD_FOR = timedelta(seconds=60)


class CodeNotGood(NotAllowed):
    """The code is unknown, used, too old, or for another tenant or browser. Which of these is not told."""

    code = "hand-over-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComesFrom:
    """The session on the platform's host that somebody is handed over from."""

    session_key: str
    sign_in: UUID | None
    proved_at: datetime | None


def give_code(*, user: User, tenant_id: UUID, state: str, comes_from: ComesFrom, at: datetime) -> str:
    """Return a code with which this browser may enter the tenant as `user`."""
    code = new_secret()
    with use_platform():
        HandOver.objects.create(
            code_digest=digest(code),
            user=user,
            tenant_id=tenant_id,
            state_digest=digest(state),
            session_key=comes_from.session_key,
            sign_in=comes_from.sign_in,
            proved_at=comes_from.proved_at,
            expires_at=at + GOOD_FOR,
        )
    return code


def take_code(*, code: str, tenant_id: UUID, state: str, at: datetime) -> HandOver:
    """Return the hand-over that `code` stands for, with its user, once. Raises `CodeNotGood`."""
    with use_platform():
        taken = HandOver.objects.filter(
            code_digest=digest(code), tenant_id=tenant_id, state_digest=digest(state), expires_at__gt=at, used_at=None
        ).update(used_at=at)
        if not taken:
            raise CodeNotGood("That sign-in took too long or was opened elsewhere. Sign in once more.")
        return HandOver.objects.select_related("user").get(code_digest=digest(code))


def is_kept(session_key: str) -> bool:
    """Test whether this session of the platform's host is to outlive the browser's window."""
    return not SessionStore(session_key).get_expire_at_browser_close()


def forget_old_codes(*, at: datetime) -> None:
    HandOver.objects.filter(expires_at__lt=at - timedelta(days=1)).delete()
