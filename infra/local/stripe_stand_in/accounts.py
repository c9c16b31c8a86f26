"""Connected accounts, their customers, and the endpoints that listen."""

from __future__ import annotations

import secrets
import time
from urllib.parse import quote

from infra.local.stripe_stand_in.errors import StripeError, missing
from infra.local.stripe_stand_in.events import Desk
from infra.local.stripe_stand_in.store import Json
from infra.local.stripe_stand_in.wire import Params, required

CUSTOMER_FIELDS = ("email", "name", "phone", "description", "metadata", "address")


def make_account(desk: Desk, account: str, params: Params) -> Json:
    """Make an account that may take charges at once: nobody proves who they are to a stand-in."""
    made = desk.store.make(
        "",
        "acct",
        "account",
        type=params.get("type", "none"),
        country=params.get("country"),
        email=params.get("email"),
        business_profile=params.get("business_profile", {}),
        controller=params.get("controller", {}),
        metadata=params.get("metadata", {}),
        default_currency=params.get("default_currency"),
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
    )
    desk.emit(made["id"], "account.updated", made)
    return made


def check_account(desk: Desk, account: str, key: str) -> None:
    """Raise what Stripe says of a `Stripe-Account` header that names nobody of ours."""
    if not account:
        return
    try:
        desk.store.get("", "account", account)
    except StripeError:
        message = (
            f"The provided key '{key[:8]}***' does not have access to account '{account}' "
            "(or that account does not exist). Application access may have been revoked."
        )
        raise StripeError(403, "invalid_request_error", message, code="account_invalid") from None


def make_link(desk: Desk, account: str, params: Params) -> Json:
    """Return a link to the page where an account proves who it is. Ours has nothing to ask and leads straight back."""
    desk.store.get("", "account", str(required(params, "account")))
    back = quote(str(required(params, "return_url")), safe="")
    now = int(time.time())
    return {
        "object": "account_link",
        "created": now,
        "expires_at": now + 300,
        "url": f"{desk.base}/setup/{params['account']}?return_url={back}",
    }


def make_customer(desk: Desk, account: str, params: Params) -> Json:
    fields = dict.fromkeys(("email", "name", "phone", "description"))
    customer = desk.store.make(account, "cus", "customer", **(fields | _customer_fields(params)))
    desk.emit(account, "customer.created", customer)
    return customer


def change_customer(desk: Desk, account: str, customer: Json, params: Params) -> Json:
    customer |= _customer_fields(params)
    desk.store.save(customer)
    desk.emit(account, "customer.updated", customer)
    return customer


def make_endpoint(desk: Desk, account: str, params: Params) -> Json:
    """Have events told to another address, under a secret of its own that is shown this once."""
    secret = "whsec_" + secrets.token_hex(16)
    endpoint = desk.store.make(
        account,
        "we",
        "webhook_endpoint",
        url=required(params, "url"),
        enabled_events=required(params, "enabled_events"),
        status="enabled",
        _connect=params.get("connect") == "true",
        _secret=secret,
    )
    return endpoint | {"secret": secret}


def remove_endpoint(desk: Desk, account: str, endpoint_id: str) -> Json:
    desk.store.get(account, "webhook_endpoint", endpoint_id)
    if not desk.store.remove(account, endpoint_id):
        raise missing("webhook_endpoint", endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def _customer_fields(params: Params) -> Json:
    return {name: params[name] for name in CUSTOMER_FIELDS if name in params}
