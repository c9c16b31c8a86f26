"""From EMAIL_URL to Django's mail settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from config.env import Environment


def mail_settings(env: Environment) -> dict[str, Any]:
    """Return Django's settings for `smtp://user:password@host:port/?tls=1` or `smtps://…`.

    Without EMAIL_URL, mail is written to files that the demo shows at /outbox/.
    """
    if not env.email_url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": env.outbox_folder or "/nonexistent",
        }
    parts = urlsplit(env.email_url)
    query = parse_qs(parts.query)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and query.get("tls", ["0"])[0] == "1",
        "EMAIL_TIMEOUT": 20,
    }
