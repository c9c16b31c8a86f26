"""Seal a text so that it opens with one tenant's key only, and in one place only.

AES-256-GCM (NIST SP 800-38D). What is sealed is bound to its tenant, table, column and row: moved anywhere else, by an
operator's hand or by a fault, it does not open.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "sealed:1:"  # with a tenant's first key, which has no name
PREFIX_NAMED = "sealed:2:"  # with a key whose name follows
NONCE = 12  # bytes; random, so one key is good for 2^32 texts


class SealBroken(RuntimeError):
    """What is sealed was changed, moved to another place, or sealed with another key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text belongs."""

    tenant_id: UUID
    table: str
    column: str
    row: Any

    def __bytes__(self) -> bytes:
        return f"{self.tenant_id}|{self.table}|{self.column}|{self.row}".encode()


class Key(NamedTuple):
    """What texts are sealed with, and the name by which they say so; a tenant's first key has none."""

    secret: bytes
    name: str = ""

    @property
    def prefix(self) -> str:
        """What every text that this key sealed begins with."""
        return f"{PREFIX_NAMED}{self.name}:" if self.name else PREFIX


def seal(text: str, *, key: Key, place: Place) -> str:
    return key.prefix + lock(text.encode(), key=key.secret, place=bytes(place))


def unseal(sealed: str, *, key: Key, place: Place) -> str:
    """Return the text. Raises `SealBroken`."""
    if not sealed.startswith(key.prefix):
        raise SealBroken("This was sealed with another key.")
    return unlock(sealed.removeprefix(key.prefix), key=key.secret, place=bytes(place)).decode()


def is_sealed(text: str) -> bool:
    return text.startswith((PREFIX, PREFIX_NAMED))


def name_of_key(sealed: str) -> str:
    """Return the name of the key that a text was sealed with."""
    return sealed.removeprefix(PREFIX_NAMED).partition(":")[0] if sealed.startswith(PREFIX_NAMED) else ""


def lock(content: bytes, *, key: bytes, place: bytes) -> str:
    nonce = os.urandom(NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, content, place)).decode()


def unlock(locked: str, *, key: bytes, place: bytes) -> bytes:
    """Return what was locked. Raises `SealBroken`."""
    try:
        raw = base64.b64decode(locked, validate=True)
        return AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], place)
    except (InvalidTag, ValueError):
        raise SealBroken("This does not open: it was changed, moved, or sealed with another key.") from None
