"""Long answers that are JSON already: a schema would read each of their rows twice more before it is written."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse


def json_answer(body: Any) -> HttpResponse:
    """Answer with `body` as it is. The operation names its schema for the documentation; tests compare the two."""
    return HttpResponse(orjson.dumps(body), content_type="application/json")
