"""Take people on, give them a role, let them go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from access.events import MemberJoined, MemberLeft
from access.membership import forget_membership
from access.models import INVITED_ROLES, Member, Role
from audit import recording as audit
from identity.secrets import digest, new_secret
from jobs.outbox import later
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.events import publish
from notify.sending import send

GOOD_FOR = timedelta(days=14)


class NotInvitable(Invalid):
    """The role is not one that is given by invitation."""

    code = "role-not-invitable"


class AlreadyMember(Conflict):
    """Somebody with this address works here, or has been asked."""

    code = "already-member"


class InvitationNotGood(NotAllowed):
    """The link is unknown, used, withdrawn, too old, or meant for another address."""

    code = "invitation-not-good"


class OwnersOnly(NotAllowed):
    """Who owns the workspace is for its owners to say, and not for administrators."""

    code = "owners-only"


class LastOwner(Conflict):
    """A workspace always has an owner."""

    code = "last-owner"


@transaction.atomic
def invite_member(*, email: str, name: str, role: str, by: Any, at: datetime) -> Member:
    """Ask somebody by e-mail to work here in a role. Raises `NotInvitable` or `AlreadyMember`."""
    if role not in INVITED_ROLES:
        raise NotInvitable(_("This role is not given by invitation."), fields={"role": [_("Choose another role.")]})
    email = email.strip().lower()
    if Member.objects.current().staff().filter(email__iexact=email).exists():
        raise AlreadyMember(_("Somebody with this address works here already."))
    try:
        with transaction.atomic():
            member = Member.objects.create(
                email=email,
                name=name,
                role=role,
                invited_at=at,
                invited_by_id=by.pk,
                invitation_expires_at=at + GOOD_FOR,
            )
    except IntegrityError:
        raise AlreadyMember(_("Somebody with this address has been invited already.")) from None
    audit.record(
        action="access.member.invited", of=member, by=by, changes=audit.created(member, ["email", "name", "role"])
    )
    _mail(member, at=at)
    return member


@transaction.atomic
def invite_again(*, member: Member, by: Any, at: datetime) -> Member:
    """Send a new link; the old one no longer works. Raises `AlreadyMember` if it was accepted."""
    if member.joined_at is not None:
        raise AlreadyMember(_("They have joined already."))
    before = audit.snapshot(member, ["invited_at", "invitation_expires_at"])
    member.invited_at, member.invitation_expires_at = at, at + GOOD_FOR
    member.save(update_fields=["invited_at", "invitation_expires_at"])
    audit.record(action="access.member.invited_again", of=member, by=by, changes=audit.difference(before, member))
    _mail(member, at=at)
    return member


def new_invitation_secret(member: Member) -> str:
    """Return the secret of a fresh link for `member`. Called when the mail is written: only its digest is kept."""
    secret = new_secret()
    member.invitation_digest = digest(secret)
    member.save(update_fields=["invitation_digest"])
    return secret


def find_invitation(secret: str, *, at: datetime) -> Member:
    """Return the member whose link this is. Raises `InvitationNotGood`."""
    member = Member.objects.invited().filter(invitation_digest=digest(secret), invitation_expires_at__gt=at).first()
    if member is None:
        raise InvitationNotGood(_("This invitation is no longer good. Ask for a new one."))
    return member


@transaction.atomic
def accept_invitation(*, secret: str, user: Any, verified_emails: list[str], at: datetime) -> Member:
    """Let an invited person in, under the account whose verified address was invited.

    Somebody who is a patient here becomes staff and keeps their record. Raises `InvitationNotGood`.
    """
    member = find_invitation(secret, at=at)
    if member.email.lower() not in [email.lower() for email in verified_emails]:
        raise InvitationNotGood(_("This invitation was sent to another e-mail address."))
    for earlier in Member.objects.of_user(user.pk).exclude(pk=member.pk):
        earlier.ended_at = at
        earlier.save(update_fields=["ended_at"])
        audit.record(action="access.member.ended", of=earlier, by=user, changes={"ended_at": (None, at)})
    before = audit.snapshot(member, ["name", "user_id", "joined_at"])
    member.user_id, member.joined_at, member.invitation_digest = user.pk, at, ""
    member.name = user.name or member.name
    member.save()
    forget_membership(user)
    changes = audit.difference(before, member) | {"role": (None, member.role)}
    audit.record(action="access.member.joined", of=member, by=user, changes=changes)
    publish(MemberJoined(member_id=member.pk, user_id=user.pk, role=member.role))
    return member


@transaction.atomic
def change_role(*, member: Member, role: str, by: Any) -> Member:
    """Give a colleague another role. Raises `NotInvitable`, `OwnersOnly` or `LastOwner`."""
    if role not in [*INVITED_ROLES, Role.OWNER]:
        raise NotInvitable(_("That is not a role of staff."))
    if Role.OWNER in (member.role, role):
        _check_is_owner(by)
    if member.role == Role.OWNER and role != Role.OWNER:
        _check_another_owner(member)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    audit.record(action="access.member.role_changed", of=member, by=by, changes={"role": (before, role)})
    return member


@transaction.atomic
def end_membership(*, member: Member, by: Any, at: datetime) -> None:
    """Let somebody go, or withdraw an invitation: from the next request on, nothing here opens to them.

    Raises `OwnersOnly` or `LastOwner`.
    """
    if member.role == Role.OWNER:
        _check_is_owner(by)
        _check_another_owner(member)
    member.ended_at, member.invitation_digest = at, ""
    member.save(update_fields=["ended_at", "invitation_digest"])
    audit.record(action="access.member.ended", of=member, by=by, changes={"ended_at": (None, at)})
    if member.user_id is not None:
        publish(MemberLeft(member_id=member.pk, user_id=member.user_id))
        from access.tasks import close_doors

        later(close_doors, user_id=str(member.user_id))


def _check_is_owner(user: Any) -> None:
    if not Member.objects.of_user(user.pk).filter(role=Role.OWNER).exists():
        raise OwnersOnly(_("Only an owner can make somebody an owner, or change or end what an owner may."))


def _check_another_owner(member: Member) -> None:
    # All owners are locked, in one order, so that two who go at the same moment do not leave none.
    owners = Member.objects.current().filter(role=Role.OWNER).order_by("pk").select_for_update()
    if [owner for owner in owners if owner.pk != member.pk] == []:
        raise LastOwner(_("They are the only owner. Make somebody else an owner first."))


def _mail(member: Member, *, at: datetime) -> None:
    send(
        cause=f"access.invited:{member.pk}:{at:%Y%m%d%H%M%S%f}",
        composer="access.messages.compose_invitation",
        about={"member_id": str(member.pk)},
        at=at,
    )
