"""Who may show the public page in a frame, and what its answers say of that."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from modules.scheduling.services.online import embedding
from tenancy.requests import Request
from webui.middleware import policy_of_framed_page

HOME, FRAMED_HOME = "/book/", "/book/embed/"


def show(request: Request, template: str, context: dict[str, Any], *, framed: bool, status: int = 200) -> HttpResponse:
    """Render a step. Framed, it may be shown by the sites that the practice named, and by none if it named none."""
    home = FRAMED_HOME if framed else HOME
    response = render(request, template, {"framed": framed, "home": home, **context}, status=status)
    response["Cache-Control"] = "private, no-store"
    origins = embedding.framed_by() if framed else []
    if origins:
        response["Content-Security-Policy"] = policy_of_framed_page(origins)
        response.xframe_options_exempt = True
    return response
