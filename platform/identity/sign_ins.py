"""Where somebody is signed in, which programs act for them, and ending either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Max, Min

from identity.devices import in_plain_words
from identity.models import RefreshToken, Session
from tenancy import use_platform


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One browser that somebody signed in with. `tenant_ids` has None for the platform's own host."""

    id: UUID
    tenant_ids: tuple[UUID | None, ...]
    since: datetime
    last_seen_at: datetime
    ip: str
    device: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Tokens that were asked for once and have been renewed since."""

    family: UUID
    tenant_id: UUID
    since: datetime
    last_seen_at: datetime
    ip: str
    device: str


def sign_ins_of(*, user_id: UUID, here: UUID | None, at: datetime) -> list[SignIn]:
    """Return where somebody is signed in, this browser (`here`) first, then the most recently seen."""
    with use_platform():
        rows = list(
            Session.objects.filter(user_id=user_id, expire_date__gt=at).exclude(sign_in=None).order_by("sign_in")
        )
    found = [_sign_in(id_, list(group), here) for id_, group in groupby(rows, key=lambda row: row.sign_in) if id_]
    return sorted(found, key=lambda each: (not each.is_here, -each.last_seen_at.timestamp()))


def programs_of(*, user_id: UUID, at: datetime) -> list[Program]:
    """Return the programs that can still act for somebody, the most recently seen first."""
    with use_platform():
        mine = RefreshToken.objects.filter(user_id=user_id, expires_at__gt=at)
        spans = {
            family: (first, last)
            for family, first, last in mine.values_list("family").annotate(Min("created_at"), Max("created_at"))
        }
        newest = list(mine.order_by("family", "-created_at").distinct("family"))
    found = [
        Program(
            family=token.family,
            tenant_id=token.tenant_id,
            since=spans[token.family][0],
            last_seen_at=spans[token.family][1],
            ip=token.ip,
            device=in_plain_words(token.user_agent),
        )
        for token in newest
    ]
    return sorted(found, key=lambda each: each.last_seen_at, reverse=True)


def end_sign_in(sign_in: UUID) -> None:
    """End a sign-in wherever it led: the session on the platform's host, and those entered from it."""
    with use_platform():
        Session.objects.filter(sign_in=sign_in).delete()


def end_own_sign_in(*, user_id: UUID, sign_in: UUID) -> bool:
    """End one of somebody's own. Return False if it is none of theirs, or over."""
    with use_platform():
        ended, _each = Session.objects.filter(user_id=user_id, sign_in=sign_in).delete()
    return ended > 0


def end_other_sign_ins(*, user_id: UUID, here: UUID | None) -> None:
    """End all of somebody's but the one they are asking from."""
    with use_platform():
        Session.objects.filter(user_id=user_id).exclude(sign_in=here).delete()


def end_program(*, user_id: UUID, family: UUID) -> bool:
    """Withdraw the tokens of one of somebody's programs. Return False if it is none of theirs."""
    with use_platform():
        ended, _each = RefreshToken.objects.filter(user_id=user_id, family=family).delete()
    return ended > 0


def end_sessions_at(*, user_id: UUID, tenant_id: UUID) -> None:
    """End somebody's sessions at one tenant, wherever they are signed in to it."""
    with use_platform():
        Session.objects.filter(user_id=user_id, tenant_id=tenant_id).delete()


def _sign_in(id_: UUID, rows: Iterable[Session], here: UUID | None) -> SignIn:
    rows = sorted(rows, key=lambda row: row.last_seen_at or row.created_at)
    latest = rows[-1]
    hosts = sorted({row.tenant_id for row in rows}, key=lambda tenant_id: (tenant_id is not None, str(tenant_id)))
    return SignIn(
        id=id_,
        tenant_ids=tuple(hosts),
        since=min(row.created_at for row in rows),
        last_seen_at=latest.last_seen_at or latest.created_at,
        ip=latest.ip,
        device=in_plain_words(latest.user_agent),
        is_here=id_ == here,
    )
