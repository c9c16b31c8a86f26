"""The promise to clients is a file: a change of the API is a diff that somebody reads."""

from __future__ import annotations

import json
from pathlib import Path

SNAPSHOT = Path(__file__).parent / "openapi.json"


def test_the_api_is_the_one_that_was_promised() -> None:
    """Rewrite the file with `python3 manage.py openapi` once the change is meant."""
    from httpapi.api import api

    current = json.loads(json.dumps(api.get_openapi_schema(), default=str))

    assert current == json.loads(SNAPSHOT.read_text())
