"""Guessing at passwords and codes: how much of it is let happen, by account, by address and by network."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError

from kernel.limits import LockOut, TooMany, key_of
from kernel.modules import Words

HOUR, DAY = 60 * 60, 24 * 60 * 60

# A person who mistypes is always at one account from one network. The others meet who spreads their guesses: over many
# networks, over many accounts, over the addresses of one network.
ACCOUNT_FROM_NETWORK = LockOut(door="sign-in-account-network", free=5)
ACCOUNT = LockOut(door="sign-in-account", free=30, longest_wait=15 * 60)
ADDRESS = LockOut(door="sign-in-address", free=25, forgotten_after=HOUR)
NETWORK = LockOut(door="sign-in-network", free=100, forgotten_after=HOUR)
CODE = LockOut(door="second-step", free=5)

REFUSED = "too-many-tries"
KNOWN_FOR = 60 * DAY


def begin_sign_in(*, email: str, ip: str) -> None:
    """Let a password be tried, and count it as wrong. Raises `TooMany`."""
    network = network_of(ip)
    ADDRESS.begin_try(ip)
    NETWORK.begin_try(network)
    ACCOUNT_FROM_NETWORK.begin_try(f"{email} {network}")
    # Where the account was signed in to before, others' guesses from elsewhere must not keep its owner out.
    if not cache.get(_known(email, network)):
        ACCOUNT.begin_try(email)


def note_signed_in(*, email: str, ip: str) -> None:
    """Uncount the try that was right. What others did from the same address stays counted: it may have been them."""
    network = network_of(ip)
    ADDRESS.take_back(ip)
    NETWORK.take_back(network)
    ACCOUNT_FROM_NETWORK.forget(f"{email} {network}")
    ACCOUNT.take_back(email)
    cache.set(_known(email, network), 1, timeout=KNOWN_FOR)


def forgive(*, email: str, ip: str) -> None:
    """Let somebody try again who chose a new password by the link in their mail."""
    network = network_of(ip)
    ACCOUNT_FROM_NETWORK.forget(f"{email} {network}")
    ACCOUNT.forget(email)
    cache.set(_known(email, network), 1, timeout=KNOWN_FOR)


def begin_code(user: Any) -> None:
    """Let a second step's code be tried, and count it as wrong. Raises `TooMany`."""
    CODE.begin_try(str(user.pk))


def note_code_was_right(user: Any) -> None:
    CODE.forget(str(user.pk))


def form_error(error: TooMany, advice: Words = "") -> ValidationError:
    """Return the refusal as a form shows it. The answer says 429 then, and when to come back."""
    told = {"refusal": str(error), "advice": advice, "retry_after": error.retry_after}
    return ValidationError("%(refusal)s %(advice)s", code=REFUSED, params=told)


def network_of(ip: str) -> str:
    """Return the network that an address is in, as large as one customer of a provider has."""
    with suppress(ValueError):
        address = ipaddress.ip_address(ip)
        return str(ipaddress.ip_network(f"{ip}/{24 if address.version == 4 else 56}", strict=False))
    return ip


def _known(email: str, network: str) -> str:
    return key_of("sign-in-known", f"{email} {network}", "since")
