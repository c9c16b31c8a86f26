"""The four ways a request can fail on purpose. Anything else is a bug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class DomainError(Exception):
    """An anticipated failure. `str(error)` is a sentence fit for the person who meets it."""

    status: ClassVar[int]
    code: ClassVar[str]

    def __init__(self, detail: str, *, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(detail)
        self.fields = dict(fields or {})

    def extra(self) -> dict[str, object]:
        """Return further members for the problem document (RFC 9457 §3.2), such as other free times."""
        return {}


class Invalid(DomainError):
    """What was asked for makes no sense as it stands."""

    status = 422
    code = "invalid"


class NotAllowed(DomainError):
    """The person may see the thing, but not do this with it."""

    status = 403
    code = "not-allowed"


class NotFound(DomainError):
    """There is no such thing, or none that this person may know of."""

    status = 404
    code = "not-found"


class Conflict(DomainError):
    """It made sense, but someone or something else got there first."""

    status = 409
    code = "conflict"
