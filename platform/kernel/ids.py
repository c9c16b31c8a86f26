"""Identifiers that leave a tenant: time-ordered, unguessable, never counters."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7): new rows land next to each other in the index."""
    return uuid_utils.compat.uuid7()


def is_id(text: str) -> bool:
    """Test whether this is how an id is written."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
