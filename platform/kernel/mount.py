"""Where each module's doors are: pages at the addresses its urls.py names, endpoints below /api/<label>/."""

from __future__ import annotations

from typing import Any

from django.urls import URLResolver, include, path
from django.utils.module_loading import import_string

from kernel.branching import branched
from kernel.modules import installed_modules

_workspace_routers: dict[str, str] = {}


def add_workspace_api(prefix: str, router: str) -> None:
    """Put endpoints below /api/<prefix>/ that belong to no module. `router` is the dotted path of a ninja router.

    Call while the apps are made ready.
    """
    _workspace_routers[prefix] = router


def page_urls() -> list[URLResolver]:
    """Return the URL patterns of every installed module that has pages, in a namespace named after the module."""
    return [
        path("", include((branched(module.load(f"{module.pages}.urlpatterns")), module.label)))
        for module in installed_modules()
        if module.pages
    ]


def mount_api(api: Any) -> None:
    """Add the routers that belong to the workspace, and those of every installed module, to a NinjaAPI."""
    for prefix, router in _workspace_routers.items():
        api.add_router(f"/{prefix}", import_string(router), tags=[prefix])
    for module in installed_modules():
        if module.api:
            api.add_router(f"/{module.api_prefix}", module.load(module.api), tags=[module.label])
        for prefix, router in module.api_also.items():
            api.add_router(f"/{prefix}", module.load(router), tags=[module.label])
