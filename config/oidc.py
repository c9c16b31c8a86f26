"""From ATRIUM_OIDC_… to allauth's settings."""

from __future__ import annotations

import re
from typing import Any

from config.env import Environment


def oidc_providers(env: Environment) -> dict[str, Any]:
    """Return allauth's settings for the OpenID Connect provider that the environment names; none if it names none.

    Its id is made of its address: whoever was known at one provider is nobody at another, whatever it calls them.
    """
    if not env.oidc_issuer:
        return {}
    provider_id = re.sub(r"[^a-z0-9.]+", "-", env.oidc_issuer.partition("://")[2].lower()).strip("-")
    app = {
        "provider_id": provider_id,
        "name": env.oidc_name,
        "client_id": env.oidc_client_id,
        "secret": env.oidc_client_secret,
        "settings": {"server_url": env.oidc_issuer.rstrip("/")},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
