"""The platform's own log: who did what to whom, and that nobody changes it."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from identity.models import User
from tenancy import TenantRef, use, use_owner, use_platform
from tenants.console import platform_log
from tenants.console.models import PlatformEntry
from tests.digits import digits
from tests.password import PASSWORD


def lines(console: Client, query: str = "") -> list[str]:
    return [line.entry.action for line in console.get(f"/operators/log/{query}").context["lines"]]


@pytest.fixture
def noted(oda: User, clinic: TenantRef, shop: TenantRef) -> None:
    with use_platform():
        platform_log.note(action="tenant.suspended", by=oda, tenant_id=clinic.id, reason="Not paid")
        platform_log.note(action="tenant.plan_changed", by=oda, tenant_id=shop.id, details={"plan": ["trial", "solo"]})
        platform_log.note(
            action="job.retried", by=oda, tenant_id=clinic.id, details={"runs": "x"}, reason="=cmd|'/C'!A"
        )


@pytest.mark.usefixtures("noted")
def test_the_log_is_shown_newest_first_and_narrowed(console: Client, clinic: TenantRef) -> None:
    assert lines(console) == ["job.retried", "tenant.plan_changed", "tenant.suspended"]
    assert lines(console, f"?tenant={clinic.id}") == ["job.retried", "tenant.suspended"]
    assert lines(console, "?kind=tenant") == ["tenant.plan_changed", "tenant.suspended"]
    assert lines(console, "?q=not+paid") == ["tenant.suspended"]
    assert lines(console, "?until=2020-01-01") == []
    assert len(lines(console, "?since=2020-01-01")) == 3
    assert len(lines(console, "?tenant=mars&kind=mars&since=2020-99-99")) == 3


def test_the_figures_of_a_line_say_what_they_count(console: Client, oda: User, clinic: TenantRef) -> None:
    with use_platform():
        details = {"ticket": "4817", "minutes": 15}
        platform_log.note(action="support.started", by=oda, tenant_id=clinic.id, details=details)

    assert console.get("/operators/log/").context["lines"][0].values == ["ticket 4817", "15 minutes"]


@pytest.mark.usefixtures("noted")
def test_the_log_goes_out_as_a_table_that_no_spreadsheet_runs(console: Client) -> None:
    answer = console.get("/operators/log/export/?kind=job")

    table = list(csv.DictReader(b"".join(answer).decode().splitlines()))
    assert [(each["who"], each["action"], each["reason"]) for each in table] == [("Oda", "job.retried", "'=cmd|'/C'!A")]


@pytest.mark.usefixtures("noted")
@pytest.mark.parametrize("change", ["UPDATE {} SET reason = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_nobody_changes_the_log(change: str) -> None:
    statement = change.format("public.console_platformentry")
    for place in (use_platform, use_owner):
        with place(), connection.cursor() as cursor, pytest.raises(ProgrammingError), transaction.atomic():
            cursor.execute(statement)
    with use_platform():
        assert PlatformEntry.objects.count() == 3


def test_the_platforms_role_has_no_right_to_change_the_log(clinic: TenantRef) -> None:
    with use_owner(), connection.cursor() as cursor:
        for role in ("atrium_platform", clinic.schema_name):
            rights = [
                right for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE") if _has(cursor, role, right)
            ]
            assert rights == (["SELECT", "INSERT"] if role == "atrium_platform" else [])


def _has(cursor: Any, role: str, right: str) -> bool:
    cursor.execute("SELECT has_table_privilege(%s, 'public.console_platformentry', %s)", [role, right])
    return bool(cursor.fetchone()[0])


def test_an_operators_sign_in_is_noted_and_nobody_elses(platform_client: Client, oda: User, ana: User) -> None:
    for user in (ana, oda):
        platform_client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        platform_client.post("/accounts/2fa/authenticate/", {"code": digits(settings.DEMO_OPERATOR_SECRET)})
        platform_client.cookies.clear()

    with use_platform():
        (entry,) = PlatformEntry.objects.all()
    assert (entry.action, entry.operator_id, entry.who) == ("operator.signed_in", oda.pk, "Oda")
    assert set(entry.origin) >= {"request_id", "ip"}


def test_the_log_is_for_operators_only(platform_client: Client) -> None:
    for path in ("/operators/log/", "/operators/log/export/", "/operators/jobs/"):
        assert platform_client.get(path)["Location"].startswith("/accounts/login/")


def test_the_log_asks_as_often_for_many_lines_as_for_one(
    console: Client, django_assert_num_queries: Any, oda: User, clinic: TenantRef, shop: TenantRef
) -> None:
    with use_platform():
        platform_log.note(action="tenant.suspended", by=oda, tenant_id=clinic.id)
    with django_assert_num_queries(8, exact=False) as one:
        console.get("/operators/log/")
    with use_platform():
        for tenant in (clinic, shop, shop):
            platform_log.note(action="tenant.resumed", by=oda, tenant_id=tenant.id)
    with django_assert_num_queries(len(one)):
        console.get("/operators/log/")


def test_a_tenants_role_cannot_even_read_it(clinic: TenantRef) -> None:
    with use(clinic), pytest.raises(ProgrammingError, match=r"permission denied|does not exist"), transaction.atomic():
        PlatformEntry.objects.count()
