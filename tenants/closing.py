"""Somebody closes their account: they are out at once and everywhere; what practices keep about them stays theirs.

Where somebody is a patient stands in no list, so every room is asked. A job does so, and removes the account at last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from access.departures import end_membership
from access.models import Member, Role
from identity import mails
from identity.models import RefreshToken, Session, User
from jobs.outbox import later
from jobs.relay import prolong_lease
from kernel.errors import Conflict
from tenancy import TenantRef, catalog, use, use_platform
from tenancy.addresses import platform_url
from tenants.console.models import SupportSession
from tenants.models import Tenant, TenantState


class StillNeeded(Conflict):
    """Somebody else has to take over first, or a workspace has to go."""

    code = "account-still-needed"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an account cannot be closed yet, and where that is mended."""

    sentence: str
    link: str = ""
    label: str = ""


def hindrances(user: User) -> list[Hindrance]:
    """Return what stands in the way of closing this account. Call outside of a transaction."""
    found = [_of_operators()] if _is_operators(user) else []
    with use_platform():
        theirs = Tenant.objects.filter(Q(owner=user) | Q(memberships__user=user)).distinct().order_by("name")
        rows = list(theirs.with_rooms().exclude(state=TenantState.PENDING))
    return found + [hindrance for row in rows if (hindrance := _hindrance_of(row, user))]


def close_account(*, user: User, at: datetime) -> None:
    """End somebody's work everywhere, sign them out of everything, and have the account removed.

    A mail to them says so. Raises `StillNeeded`; then nothing has changed. Raises `LastOwner` if the other owner of a
    workspace left this very moment; then they may have left other workspaces. Call outside of a transaction.
    """
    if standing := hindrances(user):
        raise StillNeeded(" ".join(each.sentence for each in standing))
    with use_platform():
        worked_in = list(Tenant.objects.filter(memberships__user=user).with_rooms())
        owned = list(Tenant.objects.filter(owner=user).exclude(state=TenantState.PENDING).with_rooms())
    for row in {row.pk: row for row in [*owned, *worked_in]}.values():
        _leave(row.ref(), user, by=user, at=at)
    for row in owned:
        _hand_over(row)
    _shut(user)


def finish_closing(*, user_id: UUID, at: datetime) -> None:
    """End what a closed account still has in any room, and remove it. It may be broken off and done again."""
    with use_platform():
        user = User.objects.filter(pk=user_id, is_active=False).first()
        rooms = [row.ref() for row in Tenant.objects.inhabited().with_rooms()]
    if user is None:
        return
    for room in rooms:
        _leave(room, user, by=user, at=at)
        prolong_lease()
    with use_platform(), transaction.atomic():
        Tenant.objects.filter(owner=user, state=TenantState.PENDING).delete()  # by a sign-up meanwhile
        User.objects.filter(pk=user_id).delete()


def _leave(tenant: TenantRef, user: User, *, by: Any, at: datetime) -> None:
    with use(tenant):
        members = list(Member.objects.of_user(user.pk))
    for member in members:
        end_membership(tenant=tenant, member=member, by=by, at=at)


def _hand_over(row: Tenant) -> None:
    """Have another of its owners be the one whom the platform writes to."""
    with use(row.ref()):
        heir = Member.objects.current().filter(role=Role.OWNER).order_by("joined_at", "pk").first()
    if heir is not None and heir.user_id is not None:
        with use_platform(), transaction.atomic():
            Tenant.objects.filter(pk=row.pk).update(owner_id=heir.user_id)
            catalog.changed()


def _shut(user: User) -> None:
    """Close every door on the platform, say so by mail, and leave the rest to a job."""
    from tenants.tasks import finish_closing

    with use_platform(), transaction.atomic():
        Tenant.objects.filter(owner=user, state=TenantState.PENDING).delete()  # reserved, and never confirmed
        User.objects.filter(pk=user.pk).update(is_active=False)
        Session.objects.filter(user_id=user.pk).delete()
        RefreshToken.objects.filter(user_id=user.pk).delete()
        Authenticator.objects.filter(user_id=user.pk).delete()
        mails.post(_farewell(user))
        later(finish_closing, user_id=str(user.pk))


def _farewell(user: User) -> EmailMultiAlternatives:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        context = {"name": user.first_name, "tenant": {"name": "Atrium", "language": translation.get_language()}}
        subject = _("Your account at Atrium is closed")
        text = render_to_string("mail/tenants/account_closed.txt", context)
        html = render_to_string("mail/tenants/account_closed.html", context)
    mail = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email])
    mail.attach_alternative(html, "text/html")
    return mail


def _is_operators(user: User) -> bool:
    with use_platform():
        return user.is_operator or SupportSession.objects.filter(operator=user).exists()


def _of_operators() -> Hindrance:
    return Hindrance(_("This account operates Atrium, or did: what it did for support is kept under its name."))


def _hindrance_of(row: Tenant, user: User) -> Hindrance | None:
    if row.state == TenantState.DELETING and row.owner_id == user.pk:
        told = _("%(name)s is still to be erased. This account goes with it, if it has no other workspace.")
        return Hindrance(told % {"name": row.name}, platform_url("/workspaces/"), _("My workspaces"))
    if not row.is_built:
        told = _("%(name)s is just being opened, put back or erased. Try again when that is done.")
        return Hindrance(told % {"name": row.name}, platform_url("/workspaces/"), _("My workspaces"))
    with use(row.ref()):
        owners = set(Member.objects.current().filter(role=Role.OWNER).values_list("user_id", flat=True))
    if owners - {user.pk, None} or (user.pk not in owners and row.owner_id != user.pk):
        return None
    told = _("You are the only owner of %(name)s. Make somebody else an owner, or have the workspace deleted.")
    way = platform_url("/hand-over/?" + urlencode({"tenant": row.pk, "next": "/settings/team/"}))
    return Hindrance(told % {"name": row.name}, way, _("To its team"))
