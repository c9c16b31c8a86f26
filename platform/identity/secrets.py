"""Secrets that are handed out once and kept only as digests."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """Return 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored in a secret's stead. It is random already, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
