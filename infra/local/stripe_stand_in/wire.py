"""Stripe's form encoding: `line_items[0][price_data][currency]=gbp` is a nested structure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from infra.local.stripe_stand_in.errors import invalid

Params = dict[str, Any]


def decode(text: str) -> Params:
    return unflatten(parse_qsl(text, keep_blank_values=True))


def unflatten(pairs: Iterable[tuple[str, str]]) -> Params:
    """Turn `a[b][0][c]=1` into `{"a": {"b": [{"c": "1"}]}}`."""
    root: Params = {}
    for path, value in pairs:
        *folders, name = re.findall(r"[^\[\]]+", path) + ([""] if path.endswith("[]") else [])
        node = root
        for folder in folders:
            node = node.setdefault(folder, {})
        node[name or str(len(node))] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(node: Any) -> Any:
    """Make lists of what is numbered."""
    if not isinstance(node, dict):
        return node
    inner = {name: _lists(value) for name, value in node.items()}
    return [inner[name] for name in sorted(inner, key=int)] if inner and all(n.isdigit() for n in inner) else inner


def required(params: Params, name: str) -> Any:
    if params.get(name) in (None, ""):
        raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return params[name]


def integer(params: Params, name: str, *, default: int | None = None, at_least: int = 1) -> int:
    """Return a whole number, or raise what Stripe says of anything else."""
    text = params.get(name, default)
    try:
        number = int(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise invalid(f"Invalid integer: {text}", param=name) from None
    if number < at_least:
        raise invalid("Invalid positive integer", param=name)
    return number
