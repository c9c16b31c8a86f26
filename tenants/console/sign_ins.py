"""An operator signed in: that is for the platform's log."""

from __future__ import annotations

from typing import Any

from tenancy import use_platform
from tenants.console import platform_log


def note_operator(*, user: Any, **_: Any) -> None:
    if user.is_operator:
        with use_platform():
            platform_log.note(action="operator.signed_in", by=user)
