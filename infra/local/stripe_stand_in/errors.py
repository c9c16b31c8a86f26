"""Refusals, in the words and shapes of Stripe."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    def __init__(self, status: int, kind: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **extra}}


def invalid(message: str, **extra: Any) -> StripeError:
    return StripeError(400, "invalid_request_error", message, **extra)


def missing(kind: str, id_: str) -> StripeError:
    message = f"No such {kind.replace('.', '_')}: '{id_}'"
    return StripeError(404, "invalid_request_error", message, code="resource_missing", param="id")
