"""The page that documents the API."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from tests.addresses import api_operations
from webui.documentation import all_operations, type_of


def test_anybody_reads_what_the_api_can_do(pages: Any) -> None:
    text = unescape(pages(None).get("/api/docs/").content.decode())

    missing = [path for _, path, _ in api_operations() if path not in text]
    assert missing == []
    assert "Page_AppointmentOut_" in text


def test_every_operation_says_what_it_does_and_answers() -> None:
    nameless = [f"{each.method} {each.path}" for each in all_operations() if not each.summary or not each.answers]
    assert nameless == []


def test_the_openapi_document_is_where_programs_look_for_it(pages: Any) -> None:
    answer = pages(None).get("/api/openapi.json")

    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "format": "uuid"}, "uuid"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/SlotOut"}}, "list of SlotOut"),
        ({"enum": ["CASH", "CARD"], "type": "string"}, "one of CASH, CARD"),
        ({}, "anything"),
    ],
)
def test_a_type_is_said_in_a_few_words(schema: dict[str, Any], words: str) -> None:
    assert type_of(schema) == words
