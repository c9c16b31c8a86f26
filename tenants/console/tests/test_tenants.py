"""The console's list of tenants and the page of one, and what a suspension closes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from dramatiq import Message
from dramatiq.broker import MessageProxy

from audit.models import AuditEntry
from identity.models import User
from jobs import relay
from jobs.middleware import RoomMiddleware, TenantAway
from jobs.models import OutboxMessage
from modules.crm.models import Patient
from tenancy import TenantRef, catalog, use, use_cell, use_platform
from tenancy.databases import databases
from tenants import signup
from tenants.console.models import TenantFigures
from tenants.models import Tenant, TenantState
from tenants.tests.test_opening import WISH
from tests.doors import session_key

OPERATORS = "/operators/"


@pytest.fixture
def suspend(console: Client, django_capture_on_commit_callbacks: Any) -> Any:
    """Suspend a tenant from its page. Returns the answer."""

    def suspend(tenant: TenantRef, **changes: str) -> Any:
        fields = {"reason": "Not paid for two months", "subdomain": tenant.subdomain} | changes
        with django_capture_on_commit_callbacks(execute=True):
            return console.post(f"{page_of(tenant)}suspension/", fields)

    return suspend


@pytest.fixture
def resume(console: Client, django_capture_on_commit_callbacks: Any) -> Any:
    def resume(tenant: TenantRef) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return console.post(f"{page_of(tenant)}suspension/end/", {"reason": "Paid"})

    return resume


def page_of(tenant: TenantRef) -> str:
    return f"/operators/tenants/{tenant.id}/"


def state_of(tenant: TenantRef) -> str:
    with use_platform():
        return Tenant.objects.get(pk=tenant.id).state


@pytest.mark.parametrize("path", [OPERATORS, "tenant", "suspension", "end"])
def test_for_anybody_but_operators_there_is_no_console(
    platform_client: Client, ana: User, clinic: TenantRef, path: str
) -> None:
    addresses = {"tenant": page_of(clinic), "suspension": f"{page_of(clinic)}suspension/"}
    address = addresses.get(path, OPERATORS if path == OPERATORS else f"{page_of(clinic)}suspension/end/")

    assert platform_client.post(address)["Location"].startswith("/accounts/login/?next=")
    platform_client.cookies["session"] = session_key(ana, None)

    assert [platform_client.get(address).status_code, platform_client.post(address).status_code] == [404, 404]
    assert state_of(clinic) == TenantState.ACTIVE


def test_the_console_is_no_page_of_a_tenant(pages: Any, oda: User, clinic: TenantRef) -> None:
    assert pages(oda).get(OPERATORS).status_code == 404
    assert pages(oda).get("/patients/").status_code == 403


def names_on(answer: Any) -> list[str]:
    return sorted(tenant.name for tenant in answer.context["page"])


def test_the_list_is_searched_by_name_address_and_owner_and_filtered_by_state(console: Client, suspend: Any) -> None:
    everyone = ["Northside Physio", "Paws & Co", "The Cycle Shed"]
    found = {
        "": everyone,
        "?q=cycle": ["The Cycle Shed"],
        "?q=clinic": ["Northside Physio"],
        "?q=cai@": ["Paws & Co"],
        "?q=nowhere": [],
        "?vertical=vet": ["Paws & Co"],
        "?plan=trial": everyone,
        "?plan=group": [],
        "?module=scheduling": ["Northside Physio", "Paws & Co"],
        "?vertical=mars&plan=mars&module=mars&sort=mars": everyone,
        "?state=active": everyone,
        "?state=suspended": [],
        "?state=mars": everyone,
        "?page=9": everyone,
    }

    assert {query: names_on(console.get(OPERATORS + query)) for query in found} == found


def test_the_list_finds_a_tenant_by_its_id_and_its_schema(console: Client, clinic: TenantRef) -> None:
    for text in (str(clinic.id), clinic.schema_name):
        assert names_on(console.get(OPERATORS, {"q": text})) == ["Northside Physio"]


def test_the_list_is_sorted_as_asked(console: Client, clinic: TenantRef, other: TenantRef, shop: TenantRef) -> None:
    for tenant, dead in ((clinic, 0), (other, 7), (shop, 2)):
        with use_platform():
            figures = {"taken_at": timezone.now(), "people": 9 - dead, "failures": dead, "jobs_dead": dead}
            TenantFigures.objects.create(tenant_id=tenant.id, **figures)

    def order(sort: str) -> list[str]:
        return [tenant.name for tenant in console.get(OPERATORS, {"sort": sort}).context["page"]]

    assert order("name") == ["Northside Physio", "Paws & Co", "The Cycle Shed"]
    assert order("-errors") == ["Paws & Co", "The Cycle Shed", "Northside Physio"]
    assert order("people") == ["Paws & Co", "The Cycle Shed", "Northside Physio"]


def test_the_list_counts_each_state(console: Client, suspend: Any, shop: TenantRef, now: Any) -> None:
    with use_platform():
        signup.reserve_workspace(wish=WISH, at=now)
    suspend(shop)

    answer = console.get(OPERATORS)

    assert [(value, count) for value, _, count, _ in answer.context["chips"]] == [
        ("active", 2),
        ("suspended", 1),
        ("deleting", 0),
        ("opening", 0),
        ("pending", 1),
    ]
    assert answer.context["total"] == 4


def test_the_list_asks_as_often_for_many_as_for_one(console: Client, django_assert_num_queries: Any) -> None:
    console.get(f"{OPERATORS}?q=cycle")
    with django_assert_num_queries(9 + 2 * len(databases()), exact=False) as one:  # each outbox is entered and asked
        console.get(f"{OPERATORS}?q=cycle")
    with django_assert_num_queries(len(one)):
        console.get(OPERATORS)


def test_a_tenants_page_shows_counts_and_nobodys_data(console: Client, clinic: TenantRef, rita: User) -> None:
    from modules.crm.services import ContactDetails, PatientDetails, register_patient

    with use(clinic):
        register_patient(
            contact=ContactDetails(first_name="Zebulon", last_name="Quirk", email="zeb@home.example"),
            patient=PatientDetails(first_name="Zebulon", last_name="Quirk"),
            by=rita,
            at=timezone.now(),
        )
        patients = Patient.objects.count()

    console.post(f"{page_of(clinic)}figures/")
    answer = console.get(page_of(clinic))

    page = answer.content.decode()
    counts = {str(label): count for label, count in answer.context["counts"]}
    assert (counts["Staff"], counts["Patients"]) == (4, patients)
    assert "Zebulon" not in page
    assert "clinic.localhost" in page


def test_a_tenant_that_is_not_open_yet_has_a_page_without_counts(console: Client, now: Any) -> None:
    with use_platform():
        tenant = signup.reserve_workspace(wish=WISH, at=now)

    answer = console.get(f"/operators/tenants/{tenant.pk}/")

    assert (answer.status_code, answer.context["counts"]) == (200, [])
    assert "Not confirmed" in answer.content.decode()


def test_suspending_asks_for_a_reason_and_for_the_address(suspend: Any, clinic: TenantRef) -> None:
    refused = [suspend(clinic, subdomain="shop"), suspend(clinic, reason="")]

    assert [answer.status_code for answer in refused] == [422, 422]
    assert "That is not the address of this tenant." in refused[0].content.decode()
    assert "Not paid for two months" in refused[0].content.decode()
    assert state_of(clinic) == TenantState.ACTIVE


def test_a_suspended_tenants_pages_say_so_and_its_api_refuses(
    suspend: Any, pages: Any, api: Any, clinic: TenantRef, rita: User
) -> None:
    browser, program = pages(rita), api(rita)

    suspend(clinic)

    page = browser.get("/today/")
    assert (page.status_code, page["Retry-After"]) == (503, "3600")
    assert "The workspace of Northside Physio is suspended." in page.content.decode()
    for answer in (program.get("/api/patients/"), api(None).post("/api/token/", {"username": "x", "password": "y"})):
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
        assert answer.json()["code"] == "tenant-suspended"
        assert answer.json()["status"] == 403


def test_its_neighbours_notice_nothing(suspend: Any, pages: Any, clinic: TenantRef, cai: User, other: Any) -> None:
    suspend(clinic)

    assert pages(cai, other).get("/today/").status_code == 200


def test_its_jobs_rest_until_it_is_resumed(
    suspend: Any, resume: Any, clinic: TenantRef, ana: User, mailoutbox: list[Any], run_jobs: Any
) -> None:
    from access import services

    with use(clinic):
        services.invite_member(email="ivy@new.example", name="Ivy", role="receptionist", by=ana, at=timezone.now())
    suspend(clinic)

    with use_cell():
        waiting = OutboxMessage.objects.get(tenant_id=clinic.id, done_at=None)
        assert relay.claim() == []
    message = Message("mail", waiting.actor, (), waiting.arguments, _options(waiting))
    with pytest.raises(TenantAway):
        RoomMiddleware().before_process_message(None, MessageProxy(message))  # type: ignore[arg-type]
    assert mailoutbox == []

    resume(clinic)
    with use_platform():
        assert [claimed.id for claimed in relay.claim()] == [waiting.pk]
    run_jobs()
    assert [mail.to for mail in mailoutbox] == [["ivy@new.example"]]


def _options(waiting: OutboxMessage) -> dict[str, str]:
    return {"outbox_id": str(waiting.pk), "tenant_id": str(waiting.tenant_id)}


def test_resuming_opens_every_door_again_and_both_are_in_the_tenants_own_log(
    suspend: Any, resume: Any, pages: Any, clinic: TenantRef, rita: User, oda: User
) -> None:
    suspend(clinic)
    resume(clinic)

    assert pages(rita).get("/today/").status_code == 200
    with use(clinic):
        suspended, resumed = AuditEntry.objects.filter(action__startswith="tenants.workspace.").order_by("pk")[1:]
    assert (suspended.action, suspended.changes["state"]) == ("tenants.workspace.suspended", ["active", "suspended"])
    assert (resumed.action, resumed.changes["state"]) == ("tenants.workspace.resumed", ["suspended", "active"])
    assert suspended.changes["reason"] == [None, "Not paid for two months"]


def test_what_is_closed_is_not_closed_again_and_what_is_open_is_not_opened(
    suspend: Any, resume: Any, clinic: TenantRef
) -> None:
    assert resume(clinic).status_code == 409
    suspend(clinic)

    assert suspend(clinic).status_code == 409
    assert state_of(clinic) == TenantState.SUSPENDED


def test_a_link_suspends_nobody(console: Client, clinic: TenantRef) -> None:
    """It asks, and says what stops and what stays."""
    answer = console.get(f"{page_of(clinic)}suspension/")

    assert (answer.status_code, state_of(clinic)) == (200, TenantState.ACTIVE)
    assert "What stops at once" in answer.content.decode()


def test_a_suspension_is_known_to_other_processes_at_once(suspend: Any, clinic: TenantRef) -> None:
    assert catalog.find_by_name("clinic") is not None

    suspend(clinic)

    found = catalog.find_by_name("clinic")
    assert found is not None
    assert not found.is_open


def test_a_deletion_asks_for_the_address_counts_down_and_is_undone(
    console: Client, clinic: TenantRef, pages: Any, rita: User
) -> None:
    address = f"{page_of(clinic)}deletion/"
    assert console.post(address, {"reason": "They left", "subdomain": "shop"}).status_code == 422
    assert console.post(address, {"reason": "They left", "subdomain": "clinic"}).status_code == 302
    catalog.forget()

    page = console.get(page_of(clinic)).content.decode()
    assert "To be deleted" in page
    assert "They left" in page
    assert pages(rita).get("/today/").status_code == 503

    assert console.post(f"{address}end/").status_code == 302
    catalog.forget()
    assert pages(rita).get("/today/").status_code == 200
    assert console.post(f"{address}end/").status_code == 409


def test_an_export_is_asked_for_here_and_fetched_by_the_owner_only(console: Client, clinic: TenantRef) -> None:
    address = f"{page_of(clinic)}export/"
    assert console.post(address, {"reason": ""}).status_code == 422
    assert console.post(address, {"reason": "They asked for it"}).status_code == 302
    assert console.post(address, {"reason": "They asked for it"}).status_code == 409

    assert "Last export" in console.get(page_of(clinic)).content.decode()
    with use(clinic):
        told = AuditEntry.objects.get(action="tenants.workspace.export_asked")
    assert told.changes == {"reason": [None, "They asked for it"]}
