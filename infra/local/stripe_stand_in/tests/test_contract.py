"""What the stand-in promises, through the official SDK over real HTTP. It proves only what it imitates."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import stripe

from infra.local.stripe_stand_in.delivery import signature
from infra.local.stripe_stand_in.server import StandIn

from .conftest import SECRET, Listener, client_of, open_session


class Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def visit(address: str, card: str | None = None) -> tuple[int, str, str]:
    """Open a payer's page, or send its form; return status, where it leads, and the page."""
    form = urllib.parse.urlencode({"card": card}).encode() if card else None
    try:
        with urllib.request.build_opener(Unfollowed).open(address, form, timeout=5) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers.get("Location", ""), answer.read().decode()


# -- accounts


def test_an_account_may_take_charges_at_once(client: stripe.StripeClient, account: str) -> None:
    found = client.v1.accounts.retrieve(account)

    assert found.charges_enabled is True
    assert found.business_profile.name == "Northside Physio"


def test_a_setup_link_leads_straight_back(client: stripe.StripeClient, account: str) -> None:
    link = client.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": "http://physio.localhost/settings/?a=1&b=2",
            "refresh_url": "http://physio.localhost/again/",
        }
    )

    assert visit(link.url)[:2] == (303, "http://physio.localhost/settings/?a=1&b=2")


def test_an_account_sees_its_own_things_only(client: stripe.StripeClient, account: str, session: Any) -> None:
    other = client.v1.accounts.create({}).id

    with pytest.raises(stripe.InvalidRequestError, match="No such checkout_session"):
        client.v1.checkout.sessions.retrieve(session.id, options={"stripe_account": other})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.retrieve(session.id)
    assert client.v1.checkout.sessions.retrieve(session.id, options={"stripe_account": account}).id == session.id


def test_an_unknown_account_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.PermissionError, match="does not have access to account"):
        client.v1.customers.list(options={"stripe_account": "acct_nobody"})


@pytest.mark.parametrize("key", ["sk_live_1", "pk_test_1", "nonsense"])
def test_only_test_keys_are_taken(stand_in: StandIn, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client_of(stand_in, key).v1.customers.list()


def test_customers_are_made_changed_and_listed_newest_first(client: stripe.StripeClient, account: str) -> None:
    options = {"stripe_account": account}
    made = [client.v1.customers.create({"name": f"P{n}"}, options).id for n in range(3)]
    client.v1.customers.update(made[0], {"email": "p@mail.example"}, options)

    first = client.v1.customers.list({"limit": 2}, options)
    assert [each.id for each in first.data] == [made[2], made[1]]
    assert first.has_more is True
    assert [each.name for each in client.v1.customers.list({"limit": 1}, options).auto_paging_iter()] == [
        "P2",
        "P1",
        "P0",
    ]
    assert client.v1.customers.list({"email": "p@mail.example"}, options).data[0].id == made[0]


# -- checkout


def test_a_session_is_open_until_it_is_paid(client: stripe.StripeClient, account: str, session: Any) -> None:
    assert (session.status, session.payment_status, session.amount_total, session.currency) == (
        "open",
        "unpaid",
        5800,
        "gbp",
    )
    assert (session.client_reference_id, session.metadata["invoice"], session.payment_intent) == ("ours", "41", None)

    status, leads_to, _ = visit(session.url, "pm_card_visa")

    paid = client.v1.checkout.sessions.retrieve(session.id, options={"stripe_account": account})
    intent = client.v1.payment_intents.retrieve(paid.payment_intent, options={"stripe_account": account})
    assert (status, leads_to) == (303, f"http://physio.localhost/pay/t/?done=1&session={session.id}")
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received, intent.currency) == ("succeeded", 5800, "gbp")


def test_the_page_names_amount_merchant_and_purpose(session: Any) -> None:
    status, _, html = visit(session.url)

    assert status == 200
    for words in ("Pay Northside Physio", "£58.00", "Invoice 2026-0041", "Cancel and go back", "Card ending 4242"):
        assert words in html


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("pm_card_chargeDeclined", "Your card was declined."),
        ("pm_card_chargeDeclinedInsufficientFunds", "Your card has insufficient funds."),
    ],
)
def test_a_refused_card_can_be_followed_by_another(
    client: stripe.StripeClient, account: str, session: Any, card: str, words: str
) -> None:
    status, _, html = visit(session.url, card)
    refused = client.v1.checkout.sessions.retrieve(session.id, options={"stripe_account": account})
    assert (status, refused.status, refused.payment_status) == (200, "open", "unpaid")
    assert f'role="alert">{words} Nothing was taken.' in html

    assert visit(session.url, "pm_card_visa")[0] == 303
    assert len(client.v1.payment_intents.list(options={"stripe_account": account}).data) == 1


def test_a_session_is_never_paid_twice(client: stripe.StripeClient, account: str, session: Any) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: visit(session.url, "pm_card_visa"), range(12)))

    assert {status for status, _, _ in answers} == {303}
    assert len(client.v1.charges.list(options={"stripe_account": account}).data) == 1
    assert "This has been paid" in visit(session.url)[2]


def test_an_expired_session_cannot_be_paid(client: stripe.StripeClient, account: str, session: Any) -> None:
    options = {"stripe_account": account}
    assert client.v1.checkout.sessions.expire(session.id, options=options).status == "expired"

    assert "expired" in visit(session.url, "pm_card_visa")[2]
    assert client.v1.charges.list(options=options).data == []
    with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
        client.v1.checkout.sessions.expire(session.id, options=options)


def test_a_paid_session_cannot_be_expired(client: stripe.StripeClient, account: str, session: Any) -> None:
    visit(session.url, "pm_card_visa")

    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
        client.v1.checkout.sessions.expire(session.id, options={"stripe_account": account})


def test_a_session_of_nothing_is_refused(client: stripe.StripeClient, account: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid positive integer"):
        open_session(client, account, amount=0)


# -- intents and refunds


def test_a_declined_intent_is_a_card_error_with_its_code(client: stripe.StripeClient, account: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(
            {"amount": 100, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": True},
            {"stripe_account": account},
        )

    assert refused.value.code == "card_declined"


def test_an_intent_is_confirmed_once(client: stripe.StripeClient, account: str) -> None:
    options = {"stripe_account": account}
    intent = client.v1.payment_intents.create({"amount": 100, "currency": "eur"}, options)
    client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}, options)

    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}, options)
    with pytest.raises(stripe.InvalidRequestError, match="cannot cancel"):
        client.v1.payment_intents.cancel(intent.id, options=options)


# -- idempotency


def test_the_same_key_and_request_get_the_first_answer(client: stripe.StripeClient, account: str) -> None:
    first = open_session(client, account, key="k")
    second = open_session(client, account, key="k")

    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_with_another_request_is_refused(client: stripe.StripeClient, account: str) -> None:
    open_session(client, account, key="k")

    with pytest.raises(stripe.IdempotencyError) as refused:
        open_session(client, account, amount=1, key="k")
    assert refused.value.http_status == 400


def test_keys_of_two_accounts_are_two_keys(client: stripe.StripeClient, account: str) -> None:
    other = client.v1.accounts.create({}).id

    assert open_session(client, account, key="k").id != open_session(client, other, key="k").id


def test_the_same_key_at_the_same_moment_is_told_to_wait(stand_in: StandIn, account: str) -> None:
    stand_in.desk.knobs.set({"slow_answers": 0.3})
    with ThreadPoolExecutor(4) as pool:
        sessions = list(pool.map(lambda _: open_session(client_of(stand_in, retries=8), account, key="k"), range(4)))
        with pytest.raises(stripe.APIError) as refused:
            list(pool.map(lambda _: open_session(client_of(stand_in), account, key="other"), range(2)))

    assert len({session.id for session in sessions}) == 1
    assert refused.value.http_status == 409
    assert refused.value.json_body["error"]["code"] == "idempotency_key_in_use"


def test_a_refused_request_does_not_use_its_key_up(client: stripe.StripeClient, account: str) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        open_session(client, account, amount=0, key="k")

    assert open_session(client, account, key="k").status == "open"


def test_a_lost_answer_is_found_under_its_key(stand_in: StandIn, client: stripe.StripeClient, account: str) -> None:
    stand_in.desk.knobs.set({"lost_answers": 1})
    with pytest.raises(stripe.APIConnectionError):
        open_session(client, account, key="k")

    session = open_session(client, account, key="k")
    assert session.last_response.headers["Idempotent-Replayed"] == "true"


# -- events


def test_a_payment_is_told_signed_with_its_account(listener: Listener, account: str, session: Any) -> None:
    visit(session.url, "pm_card_visa")

    (event,) = listener.wait_for("checkout.session.completed")
    assert (event.account, event.livemode, event.data.object.id) == (account, False, session.id)
    assert event.data.object.payment_status == "paid"
    assert [each.type for each in listener.events()][-4:] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_wrong_secret_or_an_old_signature_does_not_pass() -> None:
    body = b'{"object": "event", "id": "evt_1"}'
    for header in (signature(body, "whsec_wrong"), signature(body, SECRET, at=int(time.time()) - 301)):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, header, SECRET, tolerance=300)


def test_an_event_is_told_again_until_somebody_says_thanks(listener: Listener, session: Any) -> None:
    listener.wait_for("account.updated")
    listener.refusals = 1
    visit(session.url, "pm_card_visa")

    assert len(listener.wait_for("payment_intent.created", times=2)) == 2


@pytest.mark.parametrize("together", [False, True])
def test_an_event_can_be_told_five_times(stand_in: StandIn, listener: Listener, session: Any, together: bool) -> None:
    stand_in.desk.knobs.set({"deliveries": 5, "together": together})
    visit(session.url, "pm_card_visa")

    events = listener.wait_for("checkout.session.completed", times=5)
    assert len({event.id for event in events}) == 1


def test_events_can_be_dropped_delayed_and_sent_again(
    stand_in: StandIn, client: stripe.StripeClient, listener: Listener, account: str, session: Any
) -> None:
    stand_in.desk.knobs.set({"drop": ["*"]})
    visit(session.url, "pm_card_visa")
    kept = client.v1.events.list({"type": "checkout.session.completed"}, {"stripe_account": account}).data
    assert len(kept) == 1
    time.sleep(0.2)
    assert [event.type for event in listener.events()] == ["account.updated"]

    stand_in.desk.knobs.set({"delay": 0.4})
    started = time.monotonic()
    redeliver = f'{{"event": "{kept[0].id}", "times": 2}}'.encode()
    urllib.request.urlopen(f"{stand_in.url}/_stand_in/redeliver", redeliver, timeout=5).close()  # noqa: S310
    assert len(listener.wait_for("checkout.session.completed", times=2)) == 2
    assert time.monotonic() - started > 0.4


def test_events_can_arrive_in_the_wrong_order(stand_in: StandIn, listener: Listener, session: Any) -> None:
    listener.wait_for("account.updated")
    stand_in.desk.knobs.set({"newest_first": True, "delay": 0.2})
    visit(session.url, "pm_card_visa")

    listener.wait_for("payment_intent.created")
    assert [event.type for event in listener.events()][1:] == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_an_endpoint_made_over_the_api_has_a_secret_of_its_own(
    client: stripe.StripeClient, stand_in: StandIn, listener: Listener, session: Any
) -> None:
    wanted = {"url": listener.url, "enabled_events": ["checkout.session.completed"], "connect": True}
    listener.wait_for("account.updated")
    endpoint = client.v1.webhook_endpoints.create(wanted)
    stand_in.desk.webhooks = ""
    listener.heard.clear()
    visit(session.url, "pm_card_visa")

    deadline = time.monotonic() + 5
    while not listener.heard and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [event.type for event in listener.events(endpoint.secret)] == ["checkout.session.completed"]
    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted is True
    assert client.v1.webhook_endpoints.list().data == []


# -- bad days


def test_it_can_be_told_to_fail(stand_in: StandIn, client: stripe.StripeClient) -> None:
    stand_in.desk.knobs.set({"failing_calls": 1})

    with pytest.raises(stripe.APIError) as refused:
        client.v1.customers.list()
    assert refused.value.http_status == 503
    assert client.v1.customers.list().data == []


def test_a_restart_forgets_nothing(tmp_path: Path, listener: Listener) -> None:
    """No goodbye, as after kill -9: whatever was answered, and whatever is to be delivered, is still there."""
    before = StandIn(folder=tmp_path, webhooks=listener.url, secret=SECRET)
    threading.Thread(target=before.server.serve_forever, args=[0.05], daemon=True).start()  # nobody delivers
    account = client_of(before).v1.accounts.create({"business_profile": {"name": "Kept"}}).id
    session = open_session(client_of(before), account, key="k")
    before.server.shutdown()
    before.server.server_close()

    after = StandIn(folder=tmp_path, webhooks=listener.url, secret=SECRET).start()
    try:
        again = open_session(client_of(after), account, key="k")
        found = client_of(after).v1.checkout.sessions.retrieve(session.id, options={"stripe_account": account})
        assert again.id == session.id
        assert found.url == f"{after.url}/c/pay/{session.id}"
        assert visit(found.url, "pm_card_visa")[0] == 303
        listener.wait_for("account.updated")
        listener.wait_for("checkout.session.completed")
    finally:
        after.stop()
        before.desk.store.close()


def test_an_address_that_leads_nowhere_says_so(stand_in: StandIn, client: stripe.StripeClient) -> None:
    assert visit(f"{stand_in.url}/c/pay/cs_test_nothing")[0] == 404
    assert visit(f"{stand_in.url}/elsewhere")[0] == 404
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        client.v1.products.list()
