"""An owner signs up: an account and a reserved name, then, once the e-mail is confirmed, a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.db.models.functions import Least, Now
from django.utils.translation import gettext as _

from identity.accounts import check_password_strength, make_account
from identity.models import User
from jobs.models import OutboxMessage
from jobs.outbox import later
from kernel.errors import Conflict, Invalid
from kernel.modules import installed_modules
from kernel.money import is_currency
from tenants import names
from tenants.models import UNOPENED, SpareSchema, Tenant, TenantQuerySet, TenantState
from tenants.verticals import VERTICALS

RESERVED_FOR = timedelta(days=2)  # a name that nobody confirms is free again after this
UNOPENED_FOR = timedelta(days=14)  # so is one whose opening failed for good, and nobody asked for it again


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What an owner fills in."""

    name: str
    vertical: str
    subdomain: str
    time_zone: str
    currency: str
    language: str
    owner_name: str
    email: str
    password: str
    brand_hue: int = 222


class AlreadyHasAccount(Conflict):
    """The address has an account. Whoever signs up is not told: its mailbox is."""

    code = "account-exists"

    def __init__(self, asked_with: str) -> None:
        super().__init__(_("This e-mail already has an account."))
        self.asked_with = asked_with


class NotOffered(Invalid):
    code = "not-offered"


@transaction.atomic
def sign_up(*, wish: SignUp, instead_of: UUID | None, at: datetime) -> Tenant:
    """Reserve what is asked for. Who asks again before confirming gets the same name, and what they changed.

    Where the address has an account already, the same is reserved for that account's owner, who opens it once they
    have signed in, or lets it run out; so nothing here tells whether there was one. `instead_of` was reserved in this
    browser a moment ago, perhaps with a mistyped address: it is withdrawn. Raises what `reserve_workspace` raises but
    for `AlreadyHasAccount`, and then nothing has changed.
    """
    unconfirmed = find_unconfirmed(wish)
    if unconfirmed is None and instead_of is not None:
        _withdraw(Tenant.objects.filter(pk=instead_of, state=TenantState.PENDING))
    if unconfirmed is None:
        try:
            return reserve_workspace(wish=wish, at=at)
        except AlreadyHasAccount as error:
            unconfirmed = find_unconfirmed(wish)  # by the other half of a double click
            if unconfirmed is None:
                owner = User.objects.get(email__iexact=wish.email)
                return reserve_for(owner=owner, wish=wish, asked_with=error.asked_with, at=at)
    return _change_wish(unconfirmed, wish)


def find_unconfirmed(wish: SignUp) -> Tenant | None:
    """Return the reservation that this very sign-up made earlier, if it did and nobody has confirmed it yet."""
    theirs = Tenant.objects.filter(state=TenantState.PENDING, owner__email__iexact=wish.email)
    tenant = theirs.filter(domains__domain=wish.subdomain).select_related("owner").first()
    return tenant if tenant and check_password(wish.password, tenant.asked_with) else None


def made_its_account(tenant: Tenant) -> bool:
    """Test whether the account came about by this very sign-up, and nobody has confirmed or changed it since."""
    is_same = bool(tenant.asked_with) and tenant.owner.password == tenant.asked_with
    return is_same and not EmailAddress.objects.filter(user=tenant.owner, verified=True).exists()


@transaction.atomic
def reserve_workspace(*, wish: SignUp, at: datetime) -> Tenant:
    """Make the owner's account and reserve the name, both or neither.

    Raises what `names.check_name` raises, `NotOffered`, `PasswordTooWeak`, or `AlreadyHasAccount`.
    """
    _check_choices(wish)
    check_password_strength(wish.password, email=wish.email, name=wish.owner_name)
    hashed = make_password(wish.password)
    try:
        with transaction.atomic():
            address = make_account(email=wish.email, password_hash=hashed, name=wish.owner_name)
    except IntegrityError:
        raise AlreadyHasAccount(hashed) from None
    return reserve_for(owner=address.user, wish=wish, asked_with=hashed, at=at)


@transaction.atomic
def reserve_for(*, owner: User, wish: Any, at: datetime, asked_with: str = "") -> Tenant:
    """Reserve a name for somebody who has an account. Raises what `names.check_name` raises, or `NotOffered`."""
    _check_choices(wish)
    tenant = Tenant(owner=owner, created_at=at, asked_with=asked_with)
    _fill_in(tenant, wish)
    tenant.save()
    names.take_name(tenant=tenant, name=wish.subdomain, is_primary=True)
    return tenant


@transaction.atomic
def open_reserved(*, owner: User, tenant_id: UUID | None = None) -> Tenant | None:
    """Have the workspace opened that this person reserved, now that their e-mail is confirmed; or try again now, if its
    opening came to nothing.

    Return it, or None if they reserved none (or not this one).
    """
    unopened = Tenant.objects.select_for_update().filter(owner=owner, state__in=UNOPENED)
    unopened = unopened.filter(pk=tenant_id) if tenant_id else unopened
    tenant = unopened.filter(state=TenantState.PENDING).first() or unopened.first()
    if tenant is not None and not _is_hurried(tenant):
        from tenants.tasks import open_workspace

        tenant.state, tenant.asked_with = TenantState.OPENING, ""
        tenant.opening_job = later(open_workspace, tenant_id=str(tenant.pk))
        tenant.save(update_fields=["state", "asked_with", "opening_job"])
    return tenant


def _is_hurried(tenant: Tenant) -> bool:
    """Have a job that would open the tenant later do so now. Return whether there is one."""
    if tenant.opening_job is None:
        return False
    waiting = OutboxMessage.objects.filter(pk=tenant.opening_job, done_at=None, dead_at=None)
    return waiting.update(available_at=Least("available_at", Now())) > 0


@transaction.atomic
def sweep_unconfirmed(*, at: datetime) -> int:
    """Free the names that were reserved and never confirmed. Return how many."""
    return _withdraw(Tenant.objects.filter(state=TenantState.PENDING, created_at__lt=at - RESERVED_FOR))


@transaction.atomic
def sweep_unopened(*, at: datetime) -> int:
    """Free the names of workspaces whose opening was given up long ago and not asked for again. Return how many."""
    opening = Tenant.objects.select_for_update(skip_locked=True).filter(state=TenantState.OPENING)
    given_up = OutboxMessage.objects.filter(dead_at__lt=at - UNOPENED_FOR).values("pk")
    stuck = list(opening.filter(opening_job__in=given_up))
    for tenant in stuck:
        SpareSchema.objects.create(schema_name=tenant.schema_name, blueprint=None)  # to be thrown away
        tenant.delete()
    return len(stuck)


def _withdraw(reservations: TenantQuerySet) -> int:
    """Free the names, and remove the accounts that were made for them and never used."""
    # Locked: one that is being confirmed this moment is no mere reservation any more.
    withdrawn = list(reservations.select_for_update().values_list("pk", "owner_id", "asked_with"))
    Tenant.objects.filter(pk__in=[pk for pk, _owner, _hash in withdrawn]).delete()
    made = User.objects.filter(pk__in=[owner_id for _pk, owner_id, _hash in withdrawn])
    made = made.filter(password__in=[hashed for _pk, _owner, hashed in withdrawn if hashed])
    unused = made.filter(last_login=None).exclude(emailaddress__verified=True)
    unused.exclude(pk__in=Tenant.objects.values("owner_id")).delete()
    return len(withdrawn)


def _change_wish(tenant: Tenant, wish: SignUp) -> Tenant:
    _check_choices(wish)
    _fill_in(tenant, wish)
    tenant.save()
    if made_its_account(tenant):
        tenant.owner.name = wish.owner_name
        tenant.owner.save(update_fields=["name"])
    return tenant


def _fill_in(tenant: Tenant, wish: Any) -> None:
    tenant.name, tenant.vertical, tenant.modules = wish.name, wish.vertical, _modules_for(wish.vertical)
    tenant.time_zone, tenant.currency, tenant.language = wish.time_zone, wish.currency, wish.language
    tenant.brand_hue = wish.brand_hue


def _modules_for(vertical: str) -> list[str]:
    """Return what the vertical starts with, of what this deployment sells."""
    sold = {module.label for module in installed_modules()}
    return [label for label in VERTICALS[vertical].modules if label in sold]


def _check_choices(wish: Any) -> None:
    wrong = {
        "vertical": wish.vertical not in VERTICALS,
        "time_zone": wish.time_zone not in available_timezones(),
        "currency": not is_currency(wish.currency),
        "language": wish.language not in dict(settings.LANGUAGES),
    }
    fields = {field: [_("This is not offered.")] for field, is_wrong in wrong.items() if is_wrong}
    if fields:
        raise NotOffered(_("Some choices are not offered: %(which)s.") % {"which": ", ".join(fields)}, fields=fields)
