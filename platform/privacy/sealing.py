"""Seal a text so that it opens with one tenant's key only, and in one place only.

AES-256-GCM (NIST SP 800-38D). What is sealed is bound to its tenant, table, column and row: moved anywhere else, by an
operator's hand or by a fault, it does not open.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "sealed:1:"  # the number is of the form, not of the key
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


def seal(text: str, *, key: bytes, place: Place) -> str:
    return PREFIX + lock(text.encode(), key=key, place=bytes(place))


def unseal(sealed: str, *, key: bytes, place: Place) -> str:
    """Return the text. Raises `SealBroken`."""
    return unlock(sealed.removeprefix(PREFIX), key=key, place=bytes(place)).decode()


def is_sealed(text: str) -> bool:
    return text.startswith(PREFIX)


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
