"""A request that is sent twice has its effect once, and the second time the same answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client as Browser

from httpapi.models import KeptAnswer
from httpapi.transactions import KEEP_FOR, forget_old_answers
from identity.models import User
from modules.crm.models import Patient
from tenancy import TenantRef, use
from tests.doors import host_of, session_key

NEW = {"who": "new", "first_name": "Paul", "last_name": "Novak"}
KEYED = NEW | {"idempotency_key": "k1"}
FORM = "/patients/new/"


def test_a_form_that_is_sent_twice_is_answered_alike_and_done_once(
    pages: Any, rita: User, in_clinic: TenantRef
) -> None:
    desk = pages(rita)

    first, second = (desk.post(FORM, KEYED) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert (first["Location"], first.content) == (second["Location"], second.content)
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert Patient.objects.count() == 1


def test_a_key_that_comes_back_with_another_form_is_refused(pages: Any, rita: User, in_clinic: TenantRef) -> None:
    desk = pages(rita)
    desk.post(FORM, KEYED)

    answer = desk.post(FORM, KEYED | {"last_name": "Nowak"})

    assert answer.status_code == 422
    assert list(Patient.objects.values_list("last_name", flat=True)) == ["Novak"]


@pytest.mark.parametrize("fields", [{}, {"csrfmiddlewaretoken": "x"}])
def test_a_key_may_come_with_a_form_that_says_nothing(pages: Any, rita: User, fields: dict[str, str]) -> None:
    assert pages(rita).post(FORM, fields, **{"Idempotency-Key": "k1"}).status_code == 422


def test_a_key_tells_forms_apart_by_the_files_they_bring(pages: Any, rita: User, in_clinic: TenantRef) -> None:
    desk = pages(rita)

    def send(content: bytes) -> int:
        return int(desk.post(FORM, KEYED | {"picture": ContentFile(content, "picture.png")}).status_code)

    assert [send(b"one"), send(b"one"), send(b"two")] == [302, 302, 422]
    assert Patient.objects.count() == 1


def test_a_key_that_comes_back_at_another_address_is_refused(pages: Any, ana: User, in_clinic: TenantRef) -> None:
    owner = pages(ana)
    owner.post(FORM, KEYED)

    assert owner.post("/stock/new/", KEYED).status_code == 422


def test_without_a_key_two_forms_are_two_wishes(pages: Any, rita: User, in_clinic: TenantRef) -> None:
    for _ in range(2):
        pages(rita).post(FORM, NEW)

    assert Patient.objects.count() == 2


def test_a_refused_form_is_sent_again_under_its_key_once_it_is_mended(
    pages: Any, rita: User, in_clinic: TenantRef
) -> None:
    desk = pages(rita)
    refused = desk.post(FORM, KEYED | {"first_name": ""})

    mended = desk.post(FORM, KEYED)

    assert (refused.status_code, mended.status_code) == (422, 302)
    assert Patient.objects.count() == 1


def test_the_same_form_on_a_page_that_was_drawn_again_is_the_same_form(
    rita: User, clinic: TenantRef, in_clinic: TenantRef
) -> None:
    """Each drawing of a page has another CSRF token for the same secret."""
    browser = Browser(enforce_csrf_checks=True, headers={"host": host_of(clinic)})
    browser.cookies["session"] = session_key(rita, clinic)

    drawn = [browser.get(FORM).context["csrf_token"] for _ in range(2)]
    answers = [browser.post(FORM, KEYED | {"csrfmiddlewaretoken": str(token)}) for token in drawn]

    assert str(drawn[0]) != str(drawn[1])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Patient.objects.count() == 1


def test_a_key_is_ones_own(pages: Any, rita: User, ana: User, in_clinic: TenantRef) -> None:
    """Nobody is told what another got, nor kept from using the same word."""
    answers = [pages(user).post(FORM, KEYED) for user in (rita, ana)]

    assert answers[0]["Location"] != answers[1]["Location"]
    assert Patient.objects.count() == 2


def test_a_key_is_its_tenants_own(api: Any, rita: User, cai: User, clinic: TenantRef, other: TenantRef) -> None:
    answers = [
        api(user, tenant).post("/api/patients/", {"first_name": "Paul"}, key="k1")
        for user, tenant in ((rita, clinic), (cai, other))
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    for tenant in (clinic, other):
        with use(tenant):
            assert KeptAnswer.objects.filter(key="k1").count() == Patient.objects.count() == 1


@pytest.mark.parametrize("key", ["x" * 201, "y" * 10_000])
def test_a_key_that_is_too_long_is_refused(key: str, pages: Any, api: Any, rita: User, in_clinic: TenantRef) -> None:
    assert pages(rita).post(FORM, NEW | {"idempotency_key": key}).status_code == 422
    answer = api(rita).post("/api/patients/", {"first_name": "Paul"}, key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert not Patient.objects.exists()


def test_the_api_answers_a_reused_key_with_a_problem(api: Any, rita: User, in_clinic: TenantRef) -> None:
    program = api(rita)
    program.post("/api/patients/", {"first_name": "Paul"}, key="k1")

    answer = program.post("/api/patients/", {"first_name": "Petra"}, key="k1")

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "idempotency-key-reused"


def test_answers_are_forgotten_after_two_days(in_clinic: TenantRef) -> None:
    now = datetime(2031, 3, 3, tzinfo=UTC)
    for key, age in (("old", KEEP_FOR + timedelta(seconds=1)), ("new", KEEP_FOR - timedelta(seconds=1))):
        KeptAnswer.objects.create(key=key, fingerprint="", created_at=now - age)

    forget_old_answers(at=now)

    assert [answer.key for answer in KeptAnswer.objects.all()] == ["new"]
