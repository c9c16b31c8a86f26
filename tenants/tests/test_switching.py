"""From workspace to workspace by one click, for people who work in several."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import Member, Role
from identity.models import User
from tenancy import TenantRef, use, use_platform
from tenants.models import Domain, Membership, Tenant, TenantState
from tests.across_hosts import Browser
from tests.cast import PASSWORD

SWITCH = 'aria-label="Switch to another workspace"'
WAY = re.compile(r'<a class="py-1\.5!" href="([^"]+)"')


def lists(user: User, tenant: TenantRef) -> None:
    with use_platform():
        Membership.objects.get_or_create(user=user, tenant_id=tenant.id, defaults={"created_at": timezone.now()})


def works_at(user: User, tenant: TenantRef) -> None:
    lists(user, tenant)
    with use(tenant):
        Member.objects.create(
            user_id=user.pk, role=Role.RECEPTIONIST, name=user.name, email=user.email, joined_at=timezone.now()
        )


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def ways_on(answer: Any) -> list[str]:
    return list(dict.fromkeys(way.replace("&amp;", "&") for way in WAY.findall(text_of(answer))))


def test_who_works_in_one_place_sees_nothing_of_it(pages: Any, rita: User, clinic: TenantRef) -> None:
    lists(rita, clinic)

    assert SWITCH not in text_of(pages(rita).get("/today/"))


def test_who_works_elsewhere_too_finds_it_in_the_menu(
    pages: Any, rita: User, other: TenantRef, shop: TenantRef
) -> None:
    works_at(rita, other)
    lists(rita, shop)

    answer = pages(rita).get("/today/")

    assert "Paws &amp; Co" in text_of(answer)
    assert "other.localhost" in text_of(answer)
    assert [f"tenant={tenant.id}" in way for tenant, way in zip((other, shop), ways_on(answer), strict=True)] == [
        True
    ] * 2


def test_a_patient_who_works_elsewhere_finds_it_in_the_portal(pages: Any, pia: User, other: TenantRef) -> None:
    assert SWITCH not in text_of(pages(pia).get("/my/"))

    works_at(pia, other)

    assert SWITCH in text_of(pages(pia).get("/my/"))


def test_whose_patient_somebody_is_is_never_listed(pages: Any, pia: User, clinic: TenantRef, other: TenantRef) -> None:
    works_at(pia, other)

    assert "Northside" not in text_of(pages(pia, other).get("/today/"))


@pytest.mark.parametrize("state", [state for state in TenantState if state != TenantState.ACTIVE])
def test_a_workspace_that_is_closed_is_not_offered(
    state: TenantState, pages: Any, rita: User, other: TenantRef
) -> None:
    works_at(rita, other)
    with use_platform():
        Tenant.objects.filter(pk=other.id).update(state=state)

    assert SWITCH not in text_of(pages(rita).get("/today/"))


def test_a_domain_of_their_own_is_the_address_shown(pages: Any, rita: User, other: TenantRef) -> None:
    works_at(rita, other)
    with use_platform():
        Domain.objects.filter(tenant_id=other.id).update(is_primary=False)
        Domain.objects.create(tenant_id=other.id, domain="paws.example.com", look="paws.example.com", is_primary=True)

    assert "paws.example.com" in text_of(pages(rita).get("/today/"))


def test_many_workspaces_cost_one_question_like_none(pages: Any, rita: User, other: TenantRef, shop: TenantRef) -> None:
    browser = pages(rita)

    def queries(path: str, **headers: str) -> int:
        browser.get(path, **headers)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path, **headers).status_code == 200
        return sum("tenants_membership" in query["sql"] for query in captured.captured_queries)

    none = queries("/settings/")
    works_at(rita, other)
    works_at(rita, shop)

    assert (none, queries("/settings/")) == (1, 1)
    assert queries("/patients/", **{"HX-Request": "true"}) == 0
    assert queries("/api/users/me/") == 0


def test_one_click_leads_there_signed_in(own_database: None, clinic: TenantRef, other: TenantRef) -> None:
    with use_platform():
        bo = User.objects.get(email="bo@clinic.example")
    lists(bo, clinic)
    works_at(bo, other)
    visitor = Browser()
    visitor.open("http://clinic.localhost:8000/today/")
    visitor.sign_in("bo@clinic.example", PASSWORD)
    (way,) = ways_on(visitor.answer)

    visitor.open(way)

    assert visitor.host == "other.localhost:8000"
    assert "Paws &amp; Co" in visitor.text
    (back,) = ways_on(visitor.answer)
    assert visitor.open(back).status_code == 200
    assert visitor.host == "clinic.localhost:8000"
