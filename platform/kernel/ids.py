"""Identifiers that leave a tenant: time-ordered, unguessable, never counters."""

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7): new rows land next to each other in the index."""
    return uuid_utils.compat.uuid7()


def moment_of(text: str) -> datetime:
    """Return when the id that `text` ends with was made, to the millisecond."""
    return datetime.fromtimestamp((UUID(text[-36:]).int >> 80) / 1000, tz=UTC)


def is_id(text: str) -> bool:
    """Test whether this is how an id is written."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
