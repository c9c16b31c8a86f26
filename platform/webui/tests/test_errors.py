"""What people, htmx and programs are told when something is refused or broken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory

from httpapi.problems import problem
from identity.models import User
from kernel.errors import Conflict
from kernel.limits import TooMany
from tests.doors import host_of
from webui import errors
from webui.middleware import ProblemPageMiddleware


def answer_of(
    path: str, *, raised: Exception | None = None, answered: HttpResponse | None = None, **headers: str
) -> Any:
    """Return what the middleware makes of a view that raises or answers so."""
    request: Any = RequestFactory().get(path, headers=headers)
    request.tenant, request.user, request.htmx = None, None, bool(headers.get("hx_request"))
    if raised is None:
        return ProblemPageMiddleware(lambda _: answered or HttpResponse())(request)
    return ProblemPageMiddleware(lambda _: HttpResponse()).process_exception(request, raised)


def test_a_refusal_becomes_a_page_with_its_own_sentence() -> None:
    answer = answer_of("/visits/", raised=Conflict("09:30 was just taken. Nothing has been booked."))

    assert answer.status_code == 409
    assert b"09:30 was just taken. Nothing has been booked." in answer.content


def test_a_refusal_becomes_a_message_for_htmx_and_leaves_the_page_as_it_is() -> None:
    answer = answer_of("/visits/", raised=Conflict("09:30 was just taken."), hx_request="true")

    assert (answer.status_code, answer["HX-Reswap"], answer.content) == (409, "none", b"")
    assert json.loads(answer["HX-Trigger"]) == {"toast": {"text": "09:30 was just taken.", "error": True}}


def test_who_knocks_too_often_is_told_when_to_come_back() -> None:
    assert answer_of("/start/", raised=TooMany(retry_after=40))["Retry-After"] == "40"


def test_refusals_of_the_api_are_left_to_the_api() -> None:
    assert answer_of("/api/patients", raised=Conflict("Taken.")) is None


def test_an_address_for_forms_that_is_opened_says_so() -> None:
    answer = answer_of("/sign-out/", answered=HttpResponse(status=405, headers={"Allow": "POST"}))

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert b"That does not work here" in answer.content


def test_an_error_that_has_a_body_is_left_as_it_is() -> None:
    answer = answer_of("/api/patients", answered=problem(405, code="x", detail="As the API says it."))

    assert b"As the API says it." in answer.content


@pytest.mark.parametrize("path", ["/nothing/here/", "/api/nothing-here"])
def test_what_is_not_there_is_a_404(pages: Any, path: str) -> None:
    assert pages(None).get(path).status_code == 404


def test_what_is_not_there_below_api_is_a_problem_document(pages: Any) -> None:
    answer = pages(None).get("/api/nothing-here")

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not-found"


def test_a_form_without_its_token_is_refused_in_words(clinic: Any) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"host": host_of(clinic)})

    answer = browser.post("/sign-out/")

    assert answer.status_code == 403
    assert b"That form is out of date" in answer.content


def test_the_last_page_needs_neither_database_nor_tenant_nor_user() -> None:
    answer = errors.server_error(RequestFactory().get("/today/"))

    assert answer.status_code == 500
    assert b"Something broke on our side" in answer.content


def test_even_without_its_template_the_last_page_says_something(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> str:
        raise OSError(name)

    monkeypatch.setattr(errors, "render_to_string", broken)

    assert b"Something broke on our side" in errors.server_error(RequestFactory().get("/today/")).content


def test_a_bug_below_api_is_a_problem_document() -> None:
    answer = errors.server_error(RequestFactory().get("/api/patients"))

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")


def test_a_page_that_a_role_may_not_open_names_who_can_change_that(pages: Any, pia: User) -> None:
    answer = pages(pia).get("/patients/new/")

    assert answer.status_code == 403
    assert b"An owner or administrator can change that" in answer.content


def test_a_host_that_is_nobodys_gets_the_same_answer_whatever_its_name(db: None) -> None:
    answers = {Client(headers={"host": f"{name}.{settings.PLATFORM_HOST}"}).get("/").content for name in ("a1b", "zz9")}

    assert answers == {b"Not found\n"}
