"""What is around every page: the menu, the colour, the policy, the words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse

from identity.models import User
from tenancy import TenantRef
from webui import theme
from webui.middleware import ContentSecurityPolicyMiddleware


def links_of(page: Any, label: str) -> list[str]:
    """Return the addresses in the navigation of this name."""
    _, _, rest = page.content.decode().partition(f'aria-label="{label}"')
    return re.findall(r'href="([^"]+)"', rest.partition("</nav>")[0])


def test_the_menu_holds_what_the_role_may_open(pages: Any, rita: User, ana: User) -> None:
    assert "/settings/" not in links_of(pages(rita).get("/today/"), "Manage")
    assert "/settings/" in links_of(pages(ana).get("/today/"), "Manage")


def test_the_settings_list_what_the_role_may_set(pages: Any, rita: User, ana: User) -> None:
    assert 'href="/settings/calendar/"' in pages(ana).get("/settings/").content.decode()
    assert 'href="/settings/calendar/"' not in pages(rita).get("/settings/").content.decode()


def test_the_menu_shows_where_one_is_below_a_section_too(pages: Any, rita: User) -> None:
    page = pages(rita).get("/patients/new/").content.decode()

    assert set(re.findall(r'href="([^"]+)" aria-current="page"', page.replace(' data-keys="g p"', ""))) == {
        "/patients/"
    }


def test_each_vertical_has_its_own_words(pages: Any, cora: User, other: TenantRef, rita: User) -> None:
    assert b">Animals</span>" in pages(cora, other).get("/patients/").content
    assert b">Patients</span>" in pages(rita).get("/patients/").content


def test_every_page_forbids_what_is_not_ours(pages: Any) -> None:
    policy = pages(None).get("/nothing/")["Content-Security-Policy"]

    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def form_action(request: Any) -> str:
    middleware = ContentSecurityPolicyMiddleware(lambda request: HttpResponse())
    policy = middleware(request)["Content-Security-Policy"]
    return next(part for part in policy.split("; ") if part.startswith("form-action"))


def test_forms_of_a_tenant_lead_to_itself_to_the_platform_and_to_where_one_pays(
    settings: Any, clinic: TenantRef, rf: Any
) -> None:
    """And to no other tenant: whoever could put a form on a page would otherwise be sent what is typed there."""
    settings.PLATFORM_URL, settings.STRIPE_API_BASE = "https://atrium.example", ""
    request = rf.get("/")
    request.tenant = clinic

    assert form_action(request) == (
        "form-action 'self' https://atrium.example https://checkout.stripe.com https://connect.stripe.com"
    )


def test_forms_of_the_platform_lead_to_itself_and_to_the_tenants_below_it(settings: Any, rf: Any) -> None:
    settings.PLATFORM_URL = "https://atrium.example"
    request = rf.get("/")
    request.tenant = None

    assert form_action(request) == "form-action 'self' https://*.atrium.example"


@pytest.mark.parametrize(("hue", "snapped"), [(222, 222), (8, 7), (20, 7), (30, 43), (42, 43), (43, 43), (365, 5)])
def test_a_brand_cannot_look_like_danger(clinic: TenantRef, hue: int, snapped: int) -> None:
    import dataclasses

    assert theme.url_for(dataclasses.replace(clinic, brand_hue=hue)) == f"/theme/{snapped}-90.css"


def test_a_brand_is_neither_grey_nor_glaring(clinic: TenantRef) -> None:
    import dataclasses

    assert theme.url_for(dataclasses.replace(clinic, brand_chroma=0.5)) == "/theme/222-120.css"
    assert theme.url_for(dataclasses.replace(clinic, brand_chroma=0.0)) == "/theme/222-20.css"


def test_a_theme_is_cached_for_good(pages: Any) -> None:
    answer = pages(None).get("/theme/222-90.css")

    assert answer.content == b":root{--brand-h:222;--brand-c:0.09}\n"
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize("name", ["20-90", "222-900", "400-90"])
def test_a_theme_that_we_would_not_make_is_not_there(pages: Any, name: str) -> None:
    assert pages(None).get(f"/theme/{name}.css").status_code == 404


def test_who_chose_dark_gets_the_next_page_dark(pages: Any, rita: User) -> None:
    browser = pages(rita)
    browser.client.cookies["theme"] = "dark"

    assert b'data-theme="dark"' in browser.get("/patients/").content


def test_a_made_up_theme_is_ignored(pages: Any, rita: User) -> None:
    browser = pages(rita)
    browser.client.cookies["theme"] = '"><script>'

    assert b"data-theme=" not in browser.get("/patients/").content
