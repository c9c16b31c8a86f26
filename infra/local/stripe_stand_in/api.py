"""Stripe's API: who may call, which call it is, and one effect per idempotency key."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from infra.local.stripe_stand_in import accounts, payments, sessions
from infra.local.stripe_stand_in.errors import StripeError, invalid
from infra.local.stripe_stand_in.events import Desk
from infra.local.stripe_stand_in.store import Json
from infra.local.stripe_stand_in.wire import Params, integer

TEST_KEYS = ("sk_test_", "rk_test_")
FILTERS = ("customer", "payment_intent", "charge", "email", "status", "type")
KINDS = {
    "accounts": "account",
    "customers": "customer",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "checkout/sessions": "checkout.session",
    "events": "event",
    "webhook_endpoints": "webhook_endpoint",
}
ID = re.compile(r"(?:acct|cus|pi|ch|re|cs_test|evt|we)_\w+")


class Call(NamedTuple):
    """A request, read."""

    method: str
    path: str
    params: Params
    account: str
    idempotency_key: str


class Reply(NamedTuple):
    status: int
    body: Json
    is_replayed: bool = False


Make = Callable[[Desk, str, Params], Json]
Act = Callable[[Desk, str, str, Params], Json]

MAKE: Mapping[str, Make] = {
    "accounts": accounts.make_account,
    "account_links": accounts.make_link,
    "customers": accounts.make_customer,
    "payment_intents": payments.make_intent,
    "refunds": payments.make_refund,
    "checkout/sessions": sessions.make_session,
    "webhook_endpoints": accounts.make_endpoint,
}


def _intent(desk: Desk, account: str, id_: str) -> Json:
    return desk.store.get(account, "payment_intent", id_)


def _customer(desk: Desk, account: str, id_: str) -> Json:
    return desk.store.get(account, "customer", id_)


ACT: Mapping[tuple[str, str], Act] = {
    ("customers", ""): lambda desk, account, id_, params: accounts.change_customer(
        desk, account, _customer(desk, account, id_), params
    ),
    ("payment_intents", "confirm"): lambda desk, account, id_, params: payments.confirm_intent(
        desk, account, _intent(desk, account, id_), params
    ),
    ("payment_intents", "cancel"): lambda desk, account, id_, _: payments.cancel_intent(
        desk, account, _intent(desk, account, id_)
    ),
    ("checkout/sessions", "expire"): lambda desk, account, id_, _: sessions.expire_session(desk, account, id_),
}


def answer(desk: Desk, call: Call, key: str) -> Reply:
    """Answer one call. Raises `StripeError`."""
    if not key.startswith(TEST_KEYS):
        raise StripeError(401, "invalid_request_error", "Invalid API Key provided: the stand-in takes test keys only.")
    if desk.knobs.use_up("failing_calls"):
        raise StripeError(503, "api_error", "The stand-in was told to fail.")
    accounts.check_account(desk, call.account, key)
    if call.method == "POST" and call.idempotency_key:
        return _once(desk, call)
    time.sleep(desk.knobs.slow_answers)
    return _do(desk, call)


def _once(desk: Desk, call: Call) -> Reply:
    """Do what the key was not used for yet; else give the first answer, or refuse."""
    known = desk.store.claim_key(call.account, call.idempotency_key, _fingerprint(call))
    if known is None:
        try:
            time.sleep(desk.knobs.slow_answers)
            return _do(desk, call)
        except BaseException:
            desk.store.free_key(call.account, call.idempotency_key)
            raise
    if known.fingerprint != _fingerprint(call):
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{call.idempotency_key}' if you meant to execute a different request."
        )
        raise StripeError(400, "idempotency_error", message)
    if known.status is None:
        message = "There is currently another in-progress request using this Idempotent Key."
        raise StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")
    return Reply(known.status, known.body, is_replayed=True)


def _do(desk: Desk, call: Call) -> Reply:
    """Do it and keep the answer, both or neither. A card that is refused is an answer, too, and leaves its traces."""
    with desk.store.change():
        try:
            reply = Reply(200, _dispatch(desk, call))
        except StripeError as error:
            if error.status != 402:
                raise
            reply = Reply(402, error.body)
        if call.method == "POST" and call.idempotency_key:
            desk.store.keep_answer(call.account, call.idempotency_key, *reply[:2])
    return reply


def _dispatch(desk: Desk, call: Call) -> Json:
    """Find what the address means: `/v1/{collection}[/{id}[/{verb}]]`."""
    resource, id_, verb = _parts(call.path)
    match call.method, id_:
        case "POST", "" if resource in MAKE:
            return desk.shown(MAKE[resource](desk, call.account, call.params))
        case "GET", "" if resource in KINDS:
            return _list(desk, call, KINDS[resource])
        case "GET", _ if resource in KINDS and not verb:
            return desk.shown(_get(desk, call.account, KINDS[resource], id_))
        case "POST", _ if (resource, verb) in ACT:
            return desk.shown(ACT[resource, verb](desk, call.account, id_, call.params))
        case "DELETE", _ if resource == "webhook_endpoints":
            return accounts.remove_endpoint(desk, call.account, id_)
    message = f"Unrecognized request URL ({call.method}: {call.path})."
    raise StripeError(404, "invalid_request_error", message)


def _parts(path: str) -> tuple[str, str, str]:
    """Split `/v1/checkout/sessions/cs_test_1/expire` into resource, id and verb."""
    words = path.strip("/").split("/")[1:]
    place = next((number for number, word in enumerate(words) if ID.fullmatch(word)), len(words))
    id_, verb, *_ = [*words[place:], "", ""]
    return "/".join(words[:place]), id_, verb


def _get(desk: Desk, account: str, kind: str, id_: str) -> Json:
    if kind == "checkout.session":
        return sessions.find_session(desk, account, id_)
    # The platform reads its accounts by name; an account reads itself through the header.
    return desk.store.get("" if kind == "account" else account, kind, id_)


def _list(desk: Desk, call: Call, kind: str) -> Json:
    """List newest first, by cursor."""
    limit = min(integer(call.params, "limit", default=10), 100)
    rows = [row for row in desk.store.all(call.account, kind) if _fits(row, call.params)]
    if after := call.params.get("starting_after"):
        ids = [row["id"] for row in rows]
        if after not in ids:
            raise invalid(f"No such {kind}: '{after}'", param="starting_after")
        rows = rows[ids.index(after) + 1 :]
    page = [desk.shown(row) for row in rows[:limit]]
    return {"object": "list", "data": page, "has_more": len(rows) > limit, "url": call.path}


def _fits(row: Json, params: Params) -> bool:
    created = params.get("created")
    since = int(created.get("gte", 0)) if isinstance(created, dict) else 0
    types = params.get("types")
    return (
        all(row.get(name) == params[name] for name in FILTERS if name in params)
        and (not types or row.get("type") in types)
        and row["created"] >= since
    )


def _fingerprint(call: Call) -> str:
    return hashlib.sha256(json.dumps([call.path, call.params], sort_keys=True).encode()).hexdigest()
