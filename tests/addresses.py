"""Every door there is: the API's operations, and the pages of a tenant's host."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

OURS = ("access", "audit", "httpapi", "identity", "modules", "tenants", "webui")


@cache
def openapi_document() -> Any:
    from httpapi.api import api

    return api.get_openapi_schema()


@cache
def api_operations() -> list[tuple[str, str, Any]]:
    """Return (method, path, view) for each operation, the path with `{names}` for what varies."""
    return [
        (method.upper(), path, _view_behind(method.upper(), path))
        for path, methods in openapi_document()["paths"].items()
        for method in methods
    ]


def _view_behind(method: str, path: str) -> Any:
    concrete = re.sub(r"\{[^}]+\}", "00000000-0000-7000-8000-000000000000", path)
    match = get_resolver("config.urls").resolve(concrete)
    path_view = inspect.getclosurevars(match.func).nonlocals["self"]
    operation = next(op for op in path_view.operations if method in op.methods)
    return operation.view_func


@cache
def page_patterns() -> list[tuple[str, Any]]:
    """Return (path, view) for each page of a tenant's host."""
    return list(patterns_below(get_resolver("config.urls"), "/"))


def patterns_below(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, view) for each of our own pages below a resolver; the API's are not among them."""
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if path != "/api/":
                yield from patterns_below(pattern, path)
        elif isinstance(pattern, URLPattern) and pattern.callback.__module__.startswith(OURS):
            yield path, pattern.callback
