"""The one API of a tenant, at /api/. Every module adds its router; nothing here knows which."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.renderers import BaseRenderer

from httpapi.doors import SignedIn, behind_its_door
from httpapi.endpoints import members, roles, tokens, users
from httpapi.problems import handle_problems
from kernel.mount import mount_api


class FastRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=str)


DESCRIPTION = """
Times are RFC 3339 with an offset. Money is a decimal string beside its ISO 4217 currency. Lists that grow answer
`{"items": […], "count": n}` and take `limit` and `offset`; short ones come whole. Errors are problem documents
(RFC 9457) with a stable `code`, and `errors` by field. Every POST that creates something takes an `Idempotency-Key`.
"""

api = NinjaAPI(
    title="Atrium",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,  # the documentation page is ours: webui.documentation
    auth=SignedIn(),
    renderer=FastRenderer(),
)
handle_problems(api)
api.add_decorator(behind_its_door, mode="view")
api.add_router("/token", tokens.router, tags=["token"])
api.add_router("/users", users.router, tags=["users"])
api.add_router("/members", members.router, tags=["members"])
api.add_router("/roles", roles.router, tags=["roles"])
mount_api(api)
