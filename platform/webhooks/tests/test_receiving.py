"""Stripe's events: checked, kept once, told on."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from infra.local.stripe_stand_in.delivery import signature
from jobs.models import OutboxMessage
from kernel import events
from tenancy import TenantRef, use_platform
from webhooks.accounts import connect_account
from webhooks.endpoints import LARGEST_BODY, receive_stripe_event
from webhooks.events import StripeObjectChanged
from webhooks.models import StripeEvent

SECRET = "whsec_atrium_demo"
ACCOUNT = "acct_clinic"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, clinic: TenantRef) -> list[tuple[str, str, Any]]:
    """The clinic's account is known; what is told to whom is collected here instead of in the outbox."""
    heard: list[tuple[str, str, Any]] = []
    subscription = events.Subscription("billing", "test.hear")
    monkeypatch.setitem(events._subscriptions, StripeObjectChanged, [subscription])
    monkeypatch.setattr(
        events, "_carriers", [lambda event, _, tenant: heard.append((event.type, event.object_id, tenant.id))]
    )
    with use_platform():
        connect_account(account_id=ACCOUNT, tenant_id=clinic.id)
    return heard


def event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "account": ACCOUNT,
        "livemode": False,
        "data": {"object": {"id": "cs_1", "object": "checkout.session"}},
    } | changes


def deliver(payload: Any, *, secret: str = SECRET, at: int | None = None, header: str | None = None) -> Any:
    from django.test import RequestFactory

    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = signature(body, secret, at=at) if header is None else header
    request = RequestFactory().post(
        "/webhooks/stripe/", body, content_type="application/json", headers={"stripe-signature": signed}
    )
    with use_platform():
        return receive_stripe_event(request)


def kept() -> list[tuple[str, Any]]:
    with use_platform():
        return list(StripeEvent.objects.values_list("id", "tenant_id"))


def test_an_event_is_kept_and_its_tenant_is_told(told: list[Any], clinic: TenantRef) -> None:
    answer = deliver(event())

    assert (answer.status_code, json.loads(answer.content)) == (200, {"received": True, "is_new": True})
    assert kept() == [("evt_1", clinic.id)]
    assert told == [("checkout.session.completed", "cs_1", clinic.id)]


def test_an_event_delivered_five_times_is_told_once(told: list[Any]) -> None:
    answers = [deliver(event()) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert len(told) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "whsec_wrong"},
        {"at": int(time.time()) - 301},
        {"header": ""},
        {"header": "t=1,v1=00"},
        {"header": "nonsense"},
    ],
    ids=["wrong secret", "too old", "no header", "wrong digest", "no signature at all"],
)
def test_what_stripe_did_not_sign_is_refused(told: list[Any], how: dict[str, Any]) -> None:
    answer = deliver(event(), **how)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert json.loads(answer.content)["code"] == "signature-not-good"
    assert (kept(), told) == ([], [])


@pytest.mark.parametrize("body", [b"not json", b"[]", b"{}", b'{"id": "evt_1"}', b"\xff\xfe"])
def test_what_is_signed_and_is_no_event_is_refused(told: list[Any], body: bytes) -> None:
    assert deliver(body).status_code == 400
    assert kept() == []


@pytest.mark.parametrize("changes", [{"account": "acct_unknown"}, {"account": None}, {"livemode": True}])
def test_nobodys_events_are_parked_and_not_dropped(told: list[Any], changes: dict[str, Any]) -> None:
    assert deliver(event(**changes)).status_code == 200

    assert kept() == [("evt_1", None)]
    assert told == []


def test_while_the_secret_is_changed_both_are_good(told: list[Any], settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = "whsec_new, whsec_old"

    answers = [deliver(event(id=f"evt_{secret}"), secret=secret) for secret in ("whsec_new", "whsec_old")]
    assert {answer.status_code for answer in answers} == {200}


def test_a_huge_body_is_not_even_read(told: list[Any]) -> None:
    assert deliver(b" " * (LARGEST_BODY + 1)).status_code == 413


def test_only_a_post_is_answered(told: list[Any]) -> None:
    from django.test import RequestFactory

    assert receive_stripe_event(RequestFactory().get("/webhooks/stripe/")).status_code == 405


def test_an_account_stays_with_the_tenant_it_was_made_for(told: list[Any], other: TenantRef, clinic: TenantRef) -> None:
    with use_platform():
        connect_account(account_id=ACCOUNT, tenant_id=other.id)
    deliver(event())

    assert kept() == [("evt_1", clinic.id)]


def test_the_news_goes_into_the_outbox_of_its_tenant_only(clinic: TenantRef, db: None) -> None:
    with use_platform():
        connect_account(account_id=ACCOUNT, tenant_id=clinic.id)
        before = set(OutboxMessage.objects.values_list("pk", flat=True))
    deliver(event())

    with use_platform():
        caused = OutboxMessage.objects.exclude(pk__in=before)
        assert {message.tenant_id for message in caused} <= {clinic.id}
        assert "cs_1" in str([message.arguments for message in caused]) or not caused


def test_the_door_is_found_where_stripe_looks_for_it(platform_client: Client) -> None:
    assert platform_client.post("/webhooks/stripe/", b"{}", content_type="application/json").status_code == 400
