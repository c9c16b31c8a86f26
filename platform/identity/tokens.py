"""Tokens for programs: a short-lived access token (JWT, RFC 7519) and a refresh token that is used once.

Both are bound to the tenant they were asked on. A refresh token that comes back a second time was stolen at one end or
the other, so its whole family is withdrawn (RFC 9700 §4.14.2). With its family an access token ends at once, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists
from django.utils.crypto import salted_hmac

from identity.models import RefreshToken, User
from identity.secrets import digest, new_secret
from kernel.errors import DomainError
from kernel.ids import new_id
from tenancy import use_platform

ACCESS_FOR = timedelta(minutes=30)
REFRESH_FOR = timedelta(days=14)
ALGORITHM = "HS256"


class TokenNotGood(DomainError):
    """The token is unknown, used, withdrawn, too old, or for another tenant."""

    status = 401
    code = "token-not-good"


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Access:
    """What a good access token says. `proved_at` is when the password was given that its family began with."""

    user: User
    proved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """The program at the other end, as far as it can be told: for the list that its person sees."""

    ip: str = ""
    user_agent: str = ""


UNKNOWN = Caller()


def issue_tokens(*, user: User, tenant_id: UUID, at: datetime, caller: Caller = UNKNOWN) -> Tokens:
    """Return the first pair of a new family, for somebody who has just proved who they are."""
    first = RefreshToken(user=user, tenant_id=tenant_id, family=new_id(), proved_at=at)
    return _issue(first, at=at, caller=caller)


def renew_tokens(*, refresh: str, tenant_id: UUID, at: datetime, caller: Caller = UNKNOWN) -> Tokens:
    """Exchange a refresh token for a new pair. Raises `TokenNotGood`, and withdraws the family of a used one."""
    with use_platform(), transaction.atomic():
        used = RefreshToken.objects.filter(
            digest=digest(refresh), tenant_id=tenant_id, expires_at__gt=at, used_at=None, user__is_active=True
        ).update(used_at=at)
        known = RefreshToken.objects.filter(digest=digest(refresh), tenant_id=tenant_id).select_related("user").first()
        if used and known is not None:
            next_one = RefreshToken(
                user=known.user, tenant_id=tenant_id, family=known.family, proved_at=known.proved_at
            )
            return _issue(next_one, at=at, caller=caller)
    if known is not None:
        withdraw_family(known.family)
    raise TokenNotGood("This refresh token is no longer good. Ask for a new pair.")


def withdraw_family(family: UUID) -> None:
    with use_platform():
        RefreshToken.objects.filter(family=family).delete()


def withdraw_tokens(*, user_id: UUID, tenant_id: UUID | None = None) -> None:
    """End a person's refresh tokens, at one tenant or everywhere."""
    where: dict[str, Any] = {"user_id": user_id} | ({"tenant_id": tenant_id} if tenant_id else {})
    with use_platform():
        RefreshToken.objects.filter(**where).delete()


def forget_old_tokens(*, at: datetime) -> None:
    """Delete what has run out. A used token is kept until then: whoever brings it again is found out."""
    with use_platform():
        RefreshToken.objects.filter(expires_at__lt=at).delete()


def read_access(*, access: str, tenant_id: UUID) -> Access:
    """Return what an access token says at this tenant, and whose it is. Raises `TokenNotGood`."""
    try:
        claims = jwt.decode(access, _key(), algorithms=[ALGORITHM], options={"require": ["exp", "sub", "family"]})
    except jwt.InvalidTokenError:
        raise TokenNotGood("This access token is not good, or no longer.") from None
    if claims.get("tenant") != str(tenant_id):
        raise TokenNotGood("This access token was not issued here.")
    with use_platform():
        is_known = Exists(RefreshToken.objects.filter(family=claims["family"]))
        user = User.objects.filter(is_known, pk=claims["sub"], is_active=True).first()
    if user is None or claims.get("stamp") != _stamp(user):
        raise TokenNotGood("This access token is no longer good.")
    proved = claims.get("auth_time")
    return Access(user=user, proved_at=datetime.fromtimestamp(proved, UTC) if proved else None)


def _issue(token: RefreshToken, *, at: datetime, caller: Caller) -> Tokens:
    refresh = new_secret()
    token.digest, token.created_at, token.expires_at = digest(refresh), at, at + REFRESH_FOR
    token.ip, token.user_agent = caller.ip[:45], caller.user_agent[:200]
    with use_platform():
        token.save(force_insert=True)
    claims = {
        "sub": str(token.user_id),
        "tenant": str(token.tenant_id),
        "family": str(token.family),
        "stamp": _stamp(token.user),
        "iat": at,
        "exp": at + ACCESS_FOR,
    }
    if token.proved_at is not None:
        claims["auth_time"] = int(token.proved_at.timestamp())
    return Tokens(access=jwt.encode(claims, _key(), algorithm=ALGORITHM), refresh=refresh)


def _stamp(user: User) -> str:
    """Return a mark that changes with the password, so that changing it ends every token."""
    return str(user.get_session_auth_hash())[:16]


def _key() -> bytes:
    return salted_hmac("identity.tokens", "access", algorithm="sha256", secret=settings.SECRET_KEY).digest()
