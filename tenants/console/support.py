"""Support sessions: an operator looks on at a tenant, for a while, for a reason, and the tenant's owner sees it.

The owner is told when one is asked for or begins, allows what goes beyond looking, and can end it at any moment.
Nothing here may be called inside of a transaction: the session is the platform's, the log and the mails are the
tenant's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from access.models import Member, Role
from identity.secrets import digest, new_secret
from jobs.outbox import later
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from notify.sending import send
from tenancy import use, use_platform
from tenants.console import platform_log
from tenants.console.models import SupportEnd, SupportPass, SupportPolicy, SupportSession, SupportState
from tenants.models import Tenant, TenantState

ROLES = (Role.OWNER, Role.ADMIN, Role.RECEPTIONIST)
LONGEST = 60  # minutes
PASS_GOOD_FOR = timedelta(seconds=60)
WAIT_FOR_WRITES = "10s"


class NotToBeVisited(Conflict):
    """Only a tenant that is open has somebody who could see what support does."""

    code = "support-not-possible"


class AlreadyAsked(Conflict):
    """The operator has a session here that has not ended."""

    code = "support-already-asked"


class NotOffered(Invalid):
    code = "support-not-offered"


class Answered(Conflict):
    """The request was answered, taken back, or has lapsed."""

    code = "support-answered"


class NotGoing(Conflict):
    """It has ended, or never began."""

    code = "support-not-going"


class PassNotGood(NotAllowed):
    """The code is unknown, used, too old, or meant for another tenant or browser. Which of these is not told."""

    code = "support-pass-not-good"


def request_session(
    *,
    tenant: Tenant,
    by: Any,
    role: str,
    reason: str,
    ticket: str,
    minutes: int,
    writes: bool = False,
    notes: bool = False,
    at: datetime,
) -> SupportSession:
    """Ask to look on at a tenant. Whoever only wants to look need not wait, unless the owner wants to be asked.

    Raises `NotOffered`, `NotToBeVisited` or `AlreadyAsked`.
    """
    _check_offered(role, minutes)
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if locked.state != TenantState.ACTIVE:
            raise NotToBeVisited(_("This tenant is not open, so nobody enters it."))
        if any(each.state(at) in LIVE for each in SupportSession.objects.filter(tenant=locked, operator=by)):
            raise AlreadyAsked(_("You have a session here already. Go on with that one, or end it first."))
        asks_first = SupportPolicy.objects.filter(pk=locked.pk, ask_first=True).exists()
        needs_nobody = not (writes or notes or asks_first)
        session = SupportSession.objects.create(
            tenant=locked,
            operator=by,
            role=role,
            reason=reason,
            ticket=ticket,
            minutes=minutes,
            wants_writes=writes,
            wants_notes=notes,
            requested_at=at,
            answered_at=at if needs_nobody else None,
            is_approved=needs_nobody,
        )
        _note("requested", session, by=by, reason=reason, ticket=ticket, minutes=minutes)
    wanted = {"role": (None, role), "minutes": (None, minutes), "changes": (None, writes), "notes": (None, notes)}
    changes = {"reason": (None, reason), "ticket": (None, ticket)} | wanted
    _tell(session, "requested", by=by, changes=changes, mail_at=None if needs_nobody else at)
    return session


LIVE = (SupportState.WAITING, SupportState.READY, SupportState.GOING)


def answer_session(
    *, session: SupportSession, by: Any, approve: bool, writes: bool = False, notes: bool = False, at: datetime
) -> SupportSession:
    """Let a request in, perhaps with less than it asks for, or deny it. For the tenant's owner. Raises `Answered`."""
    with use_platform(), transaction.atomic():
        locked = _locked(session)
        if locked.state(at) != SupportState.WAITING:
            raise Answered(_("This request was answered already, or is too old."))
        locked.answered_at, locked.answered_by_id, locked.is_approved = at, by.pk, approve
        locked.may_write = approve and writes and locked.wants_writes
        locked.may_read_notes = approve and notes and locked.wants_notes
        locked.save()
        _note("answered", locked, by=None, approved=approve, may_write=locked.may_write, notes=locked.may_read_notes)
    allowed = {"changes": (None, locked.may_write), "notes": (None, locked.may_read_notes)} if approve else {}
    _tell(locked, "answered", by=by, changes={"approved": (None, approve)} | allowed)
    return locked


def give_pass(*, session: SupportSession, by: Any, state: str, at: datetime) -> str:
    """Return a code with which this browser of the operator's may enter the tenant, once. Raises `NotGoing`."""
    if session.operator_id != by.pk or session.state(at) not in (SupportState.READY, SupportState.GOING):
        raise NotGoing(_("This session is not open: it has ended, or nobody has allowed it yet."))
    code = new_secret()
    with use_platform():
        SupportPass.objects.create(
            code_digest=digest(code), session=session, state_digest=digest(state), expires_at=at + PASS_GOOD_FOR
        )
    return code


def enter(*, code: str, tenant_id: UUID, state: str, at: datetime) -> SupportSession:
    """Take the pass and begin the session, or go on with it. Raises `PassNotGood` or `NotGoing`."""
    with use_platform(), transaction.atomic():
        good = SupportPass.objects.filter(code_digest=digest(code), state_digest=digest(state), used_at=None)
        taken = good.filter(expires_at__gt=at, session__tenant_id=tenant_id).select_for_update().first()
        if taken is None:
            raise PassNotGood(_("That took too long, or was opened elsewhere. Enter once more from the console."))
        taken.used_at = at
        taken.save(update_fields=["used_at"])
        session = _locked(taken.session)
        if session.state(at) == SupportState.GOING:
            return session
        if session.state(at) != SupportState.READY:
            raise NotGoing(_("This session is not open: it has ended, or nobody has allowed it yet."))
        session.started_at, session.expires_at = at, at + timedelta(minutes=session.minutes)
        session.save(update_fields=["started_at", "expires_at"])
        _note("started", session, by=session.operator, ticket=session.ticket, minutes=session.minutes)
        from tenants.console.tasks import end_support_session

        later(end_support_session, at=session.expires_at, session_id=str(session.pk))
    changes = {"reason": (None, session.reason), "ticket": (None, session.ticket), "role": (None, session.role)}
    _tell(session, "started", by=session.operator, changes=changes, mail_at=at)
    return session


def end_session(*, session: SupportSession, how: SupportEnd, by: Any, at: datetime) -> bool:
    """End a session, or take its request back. Once this returns, nothing more is written by it.

    Return False if it had ended by itself or another hand. `by` is the owner, the operator, or None for the clock.
    """
    with use_platform(), transaction.atomic():
        locked = _locked(session)
        if locked.ended_at is not None or (how != SupportEnd.TIME and locked.state(at) not in LIVE):
            return False
        locked.ended_at, locked.ended_how = at, how
        locked.save(update_fields=["ended_at", "ended_how"])
        _note("ended", locked, by=by, how=how.value)
    _wait_for_writes(locked.pk)
    _tell(locked, "ended", by=by, changes={"how": (None, how.value)})
    return True


def end_what_ran_out(*, session_id: UUID, at: datetime) -> None:
    """Write down that a session ended by itself. It was closed from that moment on; this is for the logs."""
    session = SupportSession.objects.select_related("operator").filter(pk=session_id).first()
    if session is not None and session.expires_at is not None and session.ended_at is None and session.expires_at <= at:
        end_session(session=session, how=SupportEnd.TIME, by=None, at=session.expires_at)


def set_policy(*, tenant: Tenant, ask_first: bool, by: Any) -> None:
    """Say whether the owner wants to be asked before support looks on."""
    with use_platform(), transaction.atomic():
        SupportPolicy.objects.update_or_create(pk=tenant.pk, defaults={"ask_first": ask_first})
        platform_log.note(action="support.policy", by=None, tenant_id=tenant.pk, details={"ask_first": ask_first})
    changes = {"ask_first": (None, ask_first)}
    platform_log.tell_tenant(action="tenants.support.policy_changed", tenant=tenant, by=by, changes=changes)


def going(*, session_id: UUID, tenant_id: UUID, at: datetime) -> SupportSession | None:
    """Return the session if it goes on at this moment, at this tenant, for somebody who is still an operator."""
    with use_platform():
        found = SupportSession.objects.select_related("operator").filter(pk=session_id, tenant_id=tenant_id).first()
    if found is None or found.state(at) != SupportState.GOING:
        return None
    return found if found.operator.is_active and found.operator.is_operator else None


def sessions_of(tenant_id: UUID) -> Any:
    return SupportSession.objects.select_related("operator").filter(tenant_id=tenant_id).order_by("-requested_at")


def lock_of(session_id: UUID) -> str:
    return f"support {session_id}"


def _check_offered(role: str, minutes: int) -> None:
    if role not in ROLES:
        raise NotOffered(_("Support does not look on as that."), fields={"role": [_("Choose another role.")]})
    if not 1 <= minutes <= LONGEST:
        told = _("At most %(minutes)d minutes.") % {"minutes": LONGEST}
        raise NotOffered(told, fields={"minutes": [told]})


def _locked(session: SupportSession) -> SupportSession:
    return lock_row(SupportSession.objects.select_related("operator"), session.pk)


def _wait_for_writes(session_id: UUID) -> None:
    """Let a request that was writing when the session ended finish first; what comes later finds it ended."""
    try:
        with use_platform(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_FOR_WRITES}'")
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock_of(session_id)])
    except OperationalError:  # it is over for everything that comes; one slow request is not worth an error
        return


def _note(what: str, session: SupportSession, *, by: Any, reason: str = "", **details: Any) -> None:
    action, details = f"support.{what}", {"session": str(session.pk)} | details
    platform_log.note(action=action, by=by, tenant_id=session.tenant_id, reason=reason, details=details)


def _tell(session: SupportSession, what: str, *, by: Any, changes: Any, mail_at: datetime | None = None) -> None:
    """Write it into the tenant's own log and, if a time is given, to its owners."""
    with use_platform():
        tenant = Tenant.objects.with_rooms().get(pk=session.tenant_id)
    platform_log.tell_tenant(action=f"tenants.support.{what}", tenant=tenant, by=by, changes=changes)
    if mail_at is None:
        return
    about: dict[str, Any] = {
        "what": what,
        "who": str(session.operator),
        "reason": session.reason,
        "ticket": session.ticket,
    }
    about |= {"minutes": session.minutes, "writes": session.wants_writes, "notes": session.wants_notes}
    with use(tenant.ref()), transaction.atomic():
        for owner in Member.objects.current().filter(role=Role.OWNER):
            send(
                cause=f"tenants.support_{what}:{session.pk}:{owner.pk}",
                composer="tenants.console.messages.compose_support",
                about=about | {"member_id": str(owner.pk)},
                at=mail_at,
            )
