"""Where each module's doors are: pages at the addresses its urls.py names, endpoints below /api/<label>/."""

from __future__ import annotations

from typing import Any

from django.urls import URLResolver, include, path

from kernel.modules import installed_modules


def page_urls() -> list[URLResolver]:
    """Return the URL patterns of every installed module that has pages, in a namespace named after the module."""
    return [
        path("", include((module.load(f"{module.pages}.urlpatterns"), module.label)))
        for module in installed_modules()
        if module.pages
    ]


def mount_api(api: Any) -> None:
    """Add the router of every installed module to a NinjaAPI."""
    for module in installed_modules():
        if module.api:
            api.add_router(f"/{module.api_prefix}", module.load(module.api), tags=[module.label])
