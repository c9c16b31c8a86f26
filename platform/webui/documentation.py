"""The API's documentation, read from its OpenAPI document: a plain page, so that it needs no script and no exception
to the Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from tenancy.requests import Request
from webui.doors import open_page

TONES = {"GET": "info", "POST": "good", "PUT": "warn", "PATCH": "warn", "DELETE": "bad"}


class Field(NamedTuple):
    name: str
    type: str
    required: bool
    place: str = ""  # of a parameter: path, query, header


class Answer(NamedTuple):
    status: str
    type: str
    fields: list[Field]


class Operation(NamedTuple):
    id: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    is_open: bool
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]

    @property
    def tone(self) -> str:
        return TONES[self.method]


@open_page("what the API can do is no secret; what it says needs a token")
def api_docs(request: Request) -> HttpResponse:
    shown = {"groups": _groups(), "about": _document()["info"], "operations": _operations_in(get_language())}
    return render(request, "webui/api_docs.html", shown)


@cache
def _operations_in(language: str) -> SafeString:
    """Return what is said of each operation in the language in use: the same for everybody, and long to render."""
    return render_to_string("webui/api_operations.html", {"groups": _groups()})


def _groups() -> list[tuple[str, list[Operation]]]:
    return [(tag, list(operations)) for tag, operations in groupby(all_operations(), key=lambda each: each.tag)]


@lru_cache(maxsize=1)
def all_operations() -> list[Operation]:
    """Return what the API does, in the order of its tags and paths."""
    found = [
        _operation(method.upper(), path, operation)
        for path, methods in _document()["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(found, key=lambda each: (each.tag, each.path, each.method))


@lru_cache(maxsize=1)
def _document() -> Any:
    from httpapi.api import api

    return api.get_openapi_schema()


def _operation(method: str, path: str, operation: Any) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    return Operation(
        id=operation["operationId"],
        tag=operation.get("tags", [""])[0],
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        is_open="security" not in operation,
        parameters=[_parameter(each) for each in operation.get("parameters", [])],
        body=[field for each in content.values() for field in _fields(each["schema"])],
        answers=list(_answers(operation)),
    )


def _parameter(parameter: Any) -> Field:
    return Field(
        parameter["name"], type_of(parameter["schema"]), parameter.get("required", False), place=parameter["in"]
    )


def _answers(operation: Any) -> Iterator[Answer]:
    for status, answer in operation["responses"].items():
        for media_type, each in (answer.get("content") or {"": {}}).items():
            schema = each.get("schema", {})
            shown = type_of(schema) if schema else media_type or answer.get("description", "")
            yield Answer(str(status), shown, _fields(schema))


def _fields(schema: Any) -> list[Field]:
    """Return the fields of an object. A page of things shows the fields of one of them."""
    known = _resolved(schema)
    properties = known.get("properties", {})
    if set(properties) == {"items", "count"}:
        return _fields(properties["items"]["items"])
    needed = known.get("required", [])
    return [Field(name, type_of(each), name in needed) for name, each in properties.items()]


def type_of(schema: Any) -> str:
    """Return a schema in a few words: "uuid", "string or null", "list of AppointmentOut", "one of CASH, CARD"."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if options := schema.get("anyOf") or schema.get("allOf"):
        return " or ".join(dict.fromkeys(type_of(option) for option in options))
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _resolved(schema: Any) -> Any:
    name = schema.get("$ref", "").rpartition("/")[2]
    return _document()["components"]["schemas"][name] if name else schema
