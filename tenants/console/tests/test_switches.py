"""Modules switched on and off by an operator: from the console, and back, with nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from jobs.outbox import later
from modules.billing.tasks import mark_overdue
from modules.scheduling.models import Location
from notify.models import Message, MessageState
from notify.sending import send
from tenancy import TenantRef, catalog, use, use_platform
from tenants.console import switches
from tenants.console.models import PlatformEntry
from tenants.models import Tenant
from tests.together import all_at_once


def row(tenant: TenantRef) -> Tenant:
    with use_platform():
        return Tenant.objects.get(pk=tenant.id)


def turn(console: Client, tenant: TenantRef, label: str, way: str, **fields: str) -> Any:
    catalog.forget()
    answer = console.post(f"/operators/tenants/{tenant.id}/modules/{label}/{way}/", {"reason": "They asked"} | fields)
    catalog.forget()
    return answer


def test_a_module_is_switched_off_with_a_reason_and_its_doors_close(
    console: Client, clinic: TenantRef, pages: Any, api: Any, ana: User
) -> None:
    assert turn(console, clinic, "billing", "off").status_code == 302

    assert pages(ana).get("/invoices/").status_code == 404
    assert api(ana).get("/api/billing/invoices/").status_code == 404
    assert "/invoices/" not in pages(ana).get("/patients/").content.decode()
    with use(clinic):
        told = AuditEntry.objects.get(action="tenants.module.switched_off")
    assert told.changes == {"module": [None, "billing"], "on": [True, False], "reason": [None, "They asked"]}
    with use_platform():
        noted = PlatformEntry.objects.get(action="tenant.module_off")
    assert (noted.who, noted.reason, noted.details) == ("Oda", "They asked", {"modules": ["billing"]})


def test_on_again_it_is_as_it_was_and_is_not_furnished_twice(
    console: Client, clinic: TenantRef, pages: Any, ana: User
) -> None:
    with use(clinic):
        before = Location.objects.count()
    turn(console, clinic, "scheduling", "off")
    turn(console, clinic, "scheduling", "on")

    assert pages(ana).get("/calendar/").status_code == 200
    with use(clinic):
        assert Location.objects.count() == before


def test_a_module_that_was_never_on_is_furnished_once(console: Client, shop: TenantRef, pages: Any, sam: User) -> None:
    turn(console, shop, "scheduling", "on")
    turn(console, shop, "scheduling", "off")
    turn(console, shop, "scheduling", "on")

    assert pages(sam, shop).get("/calendar/").status_code == 200
    with use(shop):
        assert Location.objects.count() == 1


def test_what_others_cannot_do_without_stays_on(console: Client, clinic: TenantRef) -> None:
    answer = turn(console, clinic, "crm", "off")

    assert answer.status_code == 409
    assert "Calendar and Invoices and payments cannot do without it." in answer.content.decode()
    assert "They asked" in answer.content.decode()
    assert "crm" in row(clinic).modules


def test_what_a_module_requires_comes_on_with_it(console: Client, shop: TenantRef) -> None:
    turn(console, shop, "billing", "off")
    turn(console, shop, "crm", "off")

    turn(console, shop, "scheduling", "on")

    assert row(shop).modules == ["crm", "scheduling", "inventory"]


def test_switching_asks_for_a_reason_and_never_turns_the_other_way(console: Client, clinic: TenantRef) -> None:
    """Two operators have the same page open: the second press changes nothing."""
    assert turn(console, clinic, "billing", "off", reason="").status_code == 422
    assert turn(console, clinic, "billing", "off").status_code == 302
    assert turn(console, clinic, "billing", "off").status_code == 409
    assert turn(console, clinic, "mars", "off").status_code == 404
    assert "billing" not in row(clinic).modules


def test_jobs_of_a_module_that_is_off_are_let_go(console: Client, clinic: TenantRef, run_jobs: Any, oda: User) -> None:
    heard = []
    with use(clinic):
        later(mark_overdue)
        send(
            cause="x", composer="modules.billing.messages.compose_invoice", about={"invoice_id": "1"}, at=timezone.now()
        )
    turn(console, clinic, "billing", "off")
    original = mark_overdue.fn
    mark_overdue.fn = lambda **_: heard.append("ran")
    try:
        run_jobs()
    finally:
        mark_overdue.fn = original

    assert heard == []
    with use(clinic):
        assert Message.objects.get(cause="x").state == MessageState.DROPPED


def test_a_module_that_is_off_gives_nobody_a_permission(console: Client, clinic: TenantRef, ana: User) -> None:
    turn(console, clinic, "billing", "off")

    with use(catalog.find_by_id(clinic.id)):  # type: ignore[arg-type]
        assert not ana.has_perm("billing.view_payment")
        assert ana.has_perm("crm.view_patient")


@pytest.mark.usefixtures("own_database")
def test_two_operators_who_press_the_same_switch_furnish_once() -> None:
    from tests.cast import tenant_called

    shop = tenant_called("shop")
    with use_platform():
        oda = User.objects.get(email="oda@atrium.example")

    def press() -> str:
        try:
            switches.switch_on(tenant=row(shop), label="scheduling", by=oda, reason="They asked", at=timezone.now())
        except switches.SwitchedAlready:
            return "already"
        return "on"

    answers = all_at_once([press, press])

    assert sorted(answers) == ["already", "on"]
    with use(shop):
        assert Location.objects.count() == 1
        assert AuditEntry.objects.filter(action=switches.ON).count() == 1
