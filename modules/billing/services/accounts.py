"""The practice's own account at the payment gateway.

Each step finds what an earlier attempt finished, so it can be broken off anywhere and run again. The gateway is asked
outside of any transaction, under a key that was committed before.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.billing.gateways import gateway
from modules.billing.models import GatewayAccount
from tenancy import current_tenant, use_platform
from webhooks.accounts import connect_account


class CardsNotReady(Conflict):
    """The practice has not finished its sign-up with the gateway."""

    code = "cards-not-ready"


def ensure_account(*, at: datetime) -> GatewayAccount:
    """Make sure that the practice has an account, and that the platform knows whose it is.

    Moves between rooms, so it must not be called inside a transaction. Raises what the gateway raises.
    """
    account = _reserve()
    if not account.account_id:
        account = _open(account)
    if account.connected_at is None:
        _connect(account, at=at)
    return account


def account_for_charges(*, at: datetime) -> str:
    """Return the id of an account that may take charges. Raises `CardsNotReady`, or what the gateway raises."""
    account = ensure_account(at=at)
    if not account.charges_enabled:
        account = refresh_account()
    if not account.charges_enabled:
        raise CardsNotReady(_("Card payment is not set up here yet. Ask us for another way to pay."))
    return account.account_id


def refresh_account() -> GatewayAccount:
    """Ask the gateway whether the account may take charges by now."""
    account = _reserve()
    if account.account_id:
        state = gateway().look_up_account(account_id=account.account_id)
        if state.charges_enabled != account.charges_enabled:
            _note_charges(account, may_charge=state.charges_enabled)
    return account


def link_to_set_up(*, return_url: str, refresh_url: str, at: datetime) -> str:
    """Return where the owner proves who they are to the gateway. Must not be called inside a transaction."""
    account = ensure_account(at=at)
    return gateway().link_to_set_up(account_id=account.account_id, return_url=return_url, refresh_url=refresh_url)


@transaction.atomic
def _note_charges(account: GatewayAccount, *, may_charge: bool) -> None:
    changes = {"charges_enabled": (account.charges_enabled, may_charge)}
    account.charges_enabled = may_charge
    account.save(update_fields=["charges_enabled"])
    audit.record(action="billing.gateway_account.changed", of=account, by=None, changes=changes)


@transaction.atomic
def _reserve() -> GatewayAccount:
    """Keep the key under which the gateway is asked, before it is asked."""
    account, made = GatewayAccount.objects.get_or_create(pk=1)
    if made:
        audit.record(action="billing.gateway_account.begun", of=account, by=None)
    return account


def _open(account: GatewayAccount) -> GatewayAccount:
    tenant = current_tenant()
    state = gateway().open_account(
        name=tenant.name, tenant_id=str(tenant.id), idempotency_key=f"account:{account.idempotency_key}"
    )
    with transaction.atomic():
        locked = GatewayAccount.objects.select_for_update().get(pk=account.pk)
        if not locked.account_id:
            locked.account_id, locked.charges_enabled = state.account_id, state.charges_enabled
            locked.save(update_fields=["account_id", "charges_enabled"])
            changes = audit.created(locked, ["account_id", "charges_enabled"])
            audit.record(action="billing.gateway_account.opened", of=locked, by=None, changes=changes)
    return locked


def _connect(account: GatewayAccount, *, at: datetime) -> None:
    tenant_id = current_tenant().id
    with use_platform():
        connect_account(account_id=account.account_id, tenant_id=tenant_id)
    with transaction.atomic():
        account.connected_at = at
        account.save(update_fields=["connected_at"])
        changes = {"connected_at": (None, at)}
        audit.record(action="billing.gateway_account.connected", of=account, by=None, changes=changes)
