"""Lines of log that name the request and the tenant by their ids, and never a person.

Messages of exceptions are left out wherever they come from: a database's name the values, which may be somebody's data.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from monitoring.occasions import current_occasion, route_of

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
FRAMES = 12
EXTRAS = ("method", "status", "ms", "queries", "query_ms", "sql")


class OccasionFilter(logging.Filter):
    """Gives each record the ids of what was going on, and takes addresses out: a link may hold a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        occasion = current_occasion()
        record.occasion_id = occasion.id if occasion else ""
        record.tenant_id = str(occasion.tenant.id) if occasion and occasion.tenant else ""
        record.name_of_occasion = occasion.name if occasion else ""
        request = getattr(record, "request", None)
        if request is not None and record.name.startswith("django."):
            record.msg, record.args = f"{_what_happened(record)} at {route_of(request)}", ()
            record.request = None
        return True


def _what_happened(record: logging.LogRecord) -> str:
    """Return what Django says without the address, such as "Not Found" of "Not Found: /pay/…/"."""
    return record.getMessage().partition(":")[0]


class _WithoutMessages(logging.Formatter):
    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        return outline(ei[1]) if ei[1] is not None else ""

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return ""


class Lines(_WithoutMessages):
    """For people who look on: one line, and the outline of an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        extras = " ".join(f"{name}={getattr(record, name)}" for name in EXTRAS if hasattr(record, name))
        first, newline, rest = line.partition("\n")
        return f"{first} {extras}".rstrip() + newline + rest


class JsonLines(_WithoutMessages, JsonFormatter):
    """For machines that gather them: one JSON object a line, with the fields named here and no other."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}{occasion_id}{tenant_id}{name_of_occasion}",
            style="{",
            rename_fields={
                "asctime": "at",
                "levelname": "level",
                "name": "logger",
                "occasion_id": "id",
                "tenant_id": "tenant",
                "name_of_occasion": "route",
            },
        )

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        known = {*EXTRAS, *self.rename_fields.values(), "message", "exc_info"}
        for name in [name for name in log_data if name not in known]:
            del log_data[name]


def outline(error: BaseException) -> str:
    """Describe an error by its kind and where it happened, and what caused it likewise; never by its message."""
    parts, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        parts.append(
            "\n".join([_kind(error), *(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)])
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)  # type: ignore[assignment]
    return "\ncaused by ".join(parts)


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"
