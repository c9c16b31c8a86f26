"""Pages that only the secret in their address protects."""

from __future__ import annotations

from django.http import HttpResponse


def unlisted(response: HttpResponse) -> HttpResponse:
    """Keep a page that only its link protects out of caches, search engines and other sites' logs."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
