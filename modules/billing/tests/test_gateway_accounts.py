"""The account of a practice at the payment gateway: one, known to the platform, and led to where it is set up."""

from __future__ import annotations

from datetime import datetime

import pytest

from modules.billing.gateways.port import GatewayDown
from modules.billing.models import GatewayAccount
from modules.billing.services import (
    ensure_account,
    link_to_set_up,
    open_checkout_for,
)
from modules.billing.services.accounts import CardsNotReady
from modules.billing.tasks import reconcile as reconcile_job
from modules.billing.tests.conftest import Stripe
from tenancy import TenantRef, use_platform
from webhooks.accounts import tenant_behind


def test_the_practice_has_one_account_and_the_platform_knows_whose(
    stripe: Stripe, in_clinic: TenantRef, now: datetime
) -> None:
    ensure_account(at=now)
    account = ensure_account(at=now)

    (made,) = stripe.stand_in.desk.store.all("", "account")
    assert (made["id"], made["business_profile"]["name"]) == (account.account_id, "Northside Physio")
    with use_platform():
        owner = tenant_behind(account.account_id)
    assert owner is not None
    assert owner.id == in_clinic.id


def test_a_lost_answer_makes_no_second_account(stripe: Stripe, in_clinic: TenantRef, now: datetime) -> None:
    stripe.knobs.set({"lost_answers": 2})  # the library asks twice
    with pytest.raises(GatewayDown):
        ensure_account(at=now)

    ensure_account(at=now)
    assert len(stripe.stand_in.desk.store.all("", "account")) == 1


def test_a_new_workspace_gets_its_account_by_the_clock(stripe: Stripe, in_clinic: TenantRef) -> None:
    reconcile_job()

    assert GatewayAccount.objects.get().connected_at is not None


def test_an_account_that_may_not_charge_yet_opens_no_page(stripe: Stripe, token: str, now: datetime) -> None:
    account = ensure_account(at=now)
    store = stripe.stand_in.desk.store
    stored = store.get("", "account", account.account_id)
    store.save(stored | {"charges_enabled": False})
    GatewayAccount.objects.update(charges_enabled=False)

    with pytest.raises(CardsNotReady):
        open_checkout_for(token=token, at=now)

    store.save(stored)
    assert open_checkout_for(token=token, at=now)
    assert GatewayAccount.objects.get().charges_enabled


def test_the_owner_is_led_to_where_the_account_is_set_up(stripe: Stripe, in_clinic: TenantRef, now: datetime) -> None:
    url = link_to_set_up(return_url="http://clinic.localhost/b/", refresh_url="http://clinic.localhost/a/", at=now)

    assert url.startswith(stripe.stand_in.url)
