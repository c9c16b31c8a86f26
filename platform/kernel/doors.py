"""Every door says who may open it. One that anybody may open says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def open_door(reason: str) -> Callable[[F], F]:
    """Mark a view that asks for no permission. The conventions test finds every view without a mark."""

    def decorate(view: Any) -> Any:
        view.permission = f"open: {reason}"
        return view

    return decorate
