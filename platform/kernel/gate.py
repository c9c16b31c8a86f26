"""Closes every door of a module that the tenant has not switched on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from kernel.modules import installed_modules, is_enabled


class ModuleGate:
    """Answers 404 for the pages and endpoints of a module that is off, as if it did not exist."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.pages = {module.label for module in installed_modules() if module.pages}
        self.endpoints = {
            prefix: module.label for module in installed_modules() if module.api for prefix in module.api_prefixes
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        label = self._module_behind(request)
        if label is not None and not is_enabled(label):
            raise Http404

    def _module_behind(self, request: HttpRequest) -> str | None:
        match = request.resolver_match
        if match is not None and match.namespaces and match.namespaces[0] in self.pages:
            return match.namespaces[0]
        first, *rest = request.path_info.strip("/").split("/")
        return self.endpoints.get(rest[0]) if first == "api" and rest else None
