"""How cookies are named and sent."""

from __future__ import annotations

from typing import Any


def cookie_settings(*, is_https: bool) -> dict[str, Any]:
    """Return Django's settings for cookies. Over https each bears the prefix that binds it to its host (RFC 6265bis).

    A browser takes a `__Host-` cookie from that host alone, and never from one beside or below it: so no tenant's page
    can plant one at another's. Our own are named by `kernel.cookies`.
    """
    prefix = "__Host-" if is_https else ""
    return {
        "COOKIE_PREFIX": prefix,
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_NAME": "__Host-csrf" if is_https else "csrftoken",
        "CSRF_COOKIE_SECURE": is_https,
    }
