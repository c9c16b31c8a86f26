"""Off means off: no pages, no endpoints, no menu, no events, no jobs. On again, everything is as it was."""

from __future__ import annotations

from typing import Any

import pytest

from identity.models import User
from jobs.handling import handle
from kernel.modules import installed_modules
from tenancy import TenantRef, catalog, use_platform
from tenants.models import Tenant
from tests.addresses import api_operations, page_patterns
from tests.test_permissions import NOBODY, concrete, page_address

MODULES = [module.label for module in installed_modules()]


def switch(tenant: TenantRef, modules: list[str]) -> None:
    with use_platform():
        Tenant.objects.filter(pk=tenant.id).update(modules=modules)
    catalog.forget()


def endpoints_of(label: str) -> list[tuple[str, str]]:
    (prefixes,) = [module.api_prefixes for module in installed_modules() if module.label == label]
    addresses = tuple(f"/api/{prefix}/" for prefix in prefixes)
    return [(method, concrete(path)) for method, path, _ in api_operations() if path.startswith(addresses)]


def pages_of(label: str) -> list[str]:
    return [page_address(path) for path, view in page_patterns() if view.__module__.startswith(f"modules.{label}.")]


@pytest.mark.parametrize("label", MODULES)
def test_a_module_that_is_off_has_no_doors(label: str, clinic: TenantRef, api: Any, pages: Any, ana: User) -> None:
    owner, browser = api(ana), pages(ana)
    everything = sorted(clinic.modules)
    switch(clinic, [other for other in everything if other != label])

    assert {owner.client.generic(method, path).status_code for method, path in endpoints_of(label)} == {404}
    assert {browser.get(path).status_code for path in pages_of(label)} <= {404}

    switch(clinic, everything)
    assert 404 not in {
        owner.get(path).status_code for method, path in endpoints_of(label) if NOBODY not in path and method == "GET"
    }


def test_a_module_that_is_off_hears_nothing(clinic: TenantRef, in_clinic: TenantRef, monkeypatch: Any) -> None:
    heard: list[Any] = []
    monkeypatch.setattr("modules.scheduling.handlers.make_practitioner", heard.append)
    payload = {"member_id": NOBODY, "user_id": NOBODY, "role": "practitioner"}
    news = {
        "event": "access.events.MemberJoined",
        "payload": payload,
        "handler": "modules.scheduling.handlers.make_practitioner",
        "module": "scheduling",
    }

    handle(**news)
    assert len(heard) == 1

    from dataclasses import replace

    from tenancy import use

    with use(replace(clinic, modules=frozenset({"crm"}))):
        handle(**news)
    assert len(heard) == 1
