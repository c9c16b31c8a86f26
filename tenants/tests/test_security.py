"""A workspace asks its staff for a second step: who has none gets to set one up, and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import Member, Role
from access.second_step import AskedOf
from audit.models import AuditEntry
from identity import tokens
from identity.models import User
from identity.second_step import give_app
from tenancy import TenantRef, catalog, use, use_platform
from tenants.models import Membership, Tenant
from tenants.security import ask_for_second_step
from tests.addresses import api_operations, page_patterns
from tests.cast import PASSWORD
from tests.doors import session_key
from tests.test_permissions import knock, page_address

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PAGE, ENDPOINT, ASKED = "/settings/security/", "/api/security/", "/second-step/"
THRESHOLD = ("/sign-in/", "/sign-in/complete/", "/sign-out/", ASKED)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def asked_of(tenant: TenantRef) -> str:
    with use_platform():
        return str(Tenant.objects.get(pk=tenant.id).second_step_for)


def ask(tenant: TenantRef, of: AskedOf, by: User) -> None:
    ask_for_second_step(tenant=tenant, of=of, by=by)
    catalog.forget()  # nothing commits in a test, so nothing is told


@pytest.fixture
def asked_of_staff(clinic: TenantRef, ana: User) -> TenantRef:
    ask(clinic, AskedOf.STAFF, ana)
    return clinic


@pytest.fixture
def asked_of_managers(clinic: TenantRef, ana: User) -> TenantRef:
    ask(clinic, AskedOf.MANAGERS, ana)
    return clinic


def test_in_a_new_workspace_it_is_asked_of_nobody(clinic: TenantRef, pages: Any, ana: User) -> None:
    assert asked_of(clinic) == AskedOf.NOBODY
    assert pages(ana).get(PAGE).status_code == 200


def test_the_page_tells_who_has_one_and_who_has_not(pages: Any, ana: User, bo: User) -> None:
    give_app(bo, secret=SECRET)

    text = text_of(pages(ana).get(PAGE))

    assert text.count("Password only") == 3
    assert text.count("Second step</span>") == 1
    assert "You have none yourself." in text


def test_an_owner_without_one_asks_it_of_all_and_is_led_to_set_one_up(pages: Any, ana: User, clinic: TenantRef) -> None:
    owner = pages(ana)

    assert owner.post(PAGE, {"asked_of": "staff"})["Location"] == PAGE
    catalog.forget()
    led = owner.get(PAGE)
    assert (led.status_code, led["Location"]) == (302, "/second-step/?next=%2Fsettings%2Fsecurity%2F")
    told = owner.get(led["Location"])
    assert told.status_code == 200
    assert "Northside Physio asks you for a second step" in text_of(told)
    assert f"/accounts/2fa/?workspace={clinic.id}" in text_of(told)

    give_app(ana, secret=SECRET)
    assert owner.get(led["Location"])["Location"] == PAGE
    assert owner.get(PAGE).status_code == 200


def test_what_was_decided_is_in_the_log(pages: Any, ana: User, clinic: TenantRef) -> None:
    pages(ana).post(PAGE, {"asked_of": "managers"})

    with use(clinic):
        entry = AuditEntry.objects.get(action="tenants.security.second_step_changed")
    assert (entry.user_id, entry.changes) == (ana.pk, {"second_step_for": ["nobody", "managers"]})


@pytest.mark.parametrize("chosen", ["", "everybody"])
def test_what_is_no_choice_is_refused(chosen: str, pages: Any, ana: User, clinic: TenantRef) -> None:
    assert pages(ana).post(PAGE, {"asked_of": chosen}).status_code == 422
    assert asked_of(clinic) == AskedOf.NOBODY


def test_whoever_proved_long_ago_who_they_are_proves_it_again_first(pages: Any, ana: User, clinic: TenantRef) -> None:
    owner = pages(ana)
    long_ago = timezone.now() - timedelta(days=1)
    owner.client.cookies[settings.SESSION_COOKIE_NAME] = session_key(ana, clinic, proved_at=long_ago)

    answer = owner.post(PAGE, {"asked_of": "staff"})

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")
    assert asked_of(clinic) == AskedOf.NOBODY


def test_it_is_asked_of_managers_and_of_nobody_else(
    asked_of_managers: TenantRef, pages: Any, ana: User, bo: User, bea: User, rita: User, pia: User
) -> None:
    with use(asked_of_managers):
        Member.objects.filter(user_id=bea.pk).update(role=Role.ADMIN)

    led = {user.email: pages(user).get("/")["Location"].startswith(ASKED) for user in (ana, bo, bea, rita, pia)}

    assert led == {ana.email: True, bo.email: False, bea.email: True, rita.email: False, pia.email: False}


def test_the_portal_is_open_to_patients_whatever_is_asked_of_staff(
    asked_of_staff: TenantRef, pages: Any, api: Any, pia: User
) -> None:
    assert pages(pia).get("/my/").status_code == 200
    assert api(pia).get("/api/users/me/").status_code == 200


def test_no_page_opens_to_who_lacks_one(asked_of_staff: TenantRef, pages: Any, rita: User, ana: User) -> None:
    """Every page there is, also those that anybody may open: there is no way round."""
    for user in (rita, ana):
        browser = pages(user)
        paths = [path for path, _view in page_patterns() if path not in THRESHOLD and not path.startswith("/theme/")]
        ways = {
            path: answer.get("Location", answer.status_code)
            for path in paths
            for answer in (browser.get(page_address(path)), browser.post(page_address(path)))
        }
        assert len(ways) > 80
        assert ways.pop("/api/docs/") == 403
        assert {path: way for path, way in ways.items() if not str(way).startswith(ASKED)} == {}


def test_no_endpoint_answers_who_lacks_one(asked_of_staff: TenantRef, api: Any, ana: User) -> None:
    program = api(ana)

    answers = {f"{method} {path}": knock(program, method, path) for method, path, _view in api_operations()}

    assert len(answers) > 60
    assert {door: status for door, status in answers.items() if status != 403} == {}
    refused = program.get("/api/patients/")
    assert (refused["Content-Type"], refused.json()["code"]) == ("application/problem+json", "second-step-needed")


def test_the_api_by_session_is_closed_too(asked_of_staff: TenantRef, pages: Any, rita: User) -> None:
    refused = pages(rita).get("/api/patients/")

    assert (refused.status_code, refused.json()["code"]) == (403, "second-step-needed")


def test_htmx_is_led_with_the_whole_page(asked_of_staff: TenantRef, pages: Any, rita: User) -> None:
    answer = pages(rita).get("/patients/", **{"HX-Request": "true"})

    assert answer["HX-Redirect"].startswith(ASKED)


def test_no_token_is_given_for_a_password_alone(asked_of_staff: TenantRef, api: Any, rita: User, pia: User) -> None:
    def sign_in(user: User) -> Any:
        return api(None).post("/api/token/", {"username": user.email, "password": PASSWORD})

    refused = sign_in(rita)
    assert (refused.status_code, refused.json()["code"]) == (403, "second-step-needed")
    assert sign_in(pia).status_code == 200


def test_tokens_from_before_open_nothing_and_everything_again_once_there_is_one(
    asked_of_staff: TenantRef, api: Any, rita: User
) -> None:
    program = api(rita)
    assert program.get("/api/patients/").status_code == 403

    give_app(rita, secret=SECRET)

    assert program.get("/api/patients/").status_code == 200


def test_taking_it_away_again_closes_the_doors_again(asked_of_staff: TenantRef, pages: Any, rita: User) -> None:
    give_app(rita, secret=SECRET)
    browser = pages(rita)
    assert browser.get("/patients/").status_code == 200

    with use_platform():
        Authenticator.objects.filter(user_id=rita.pk).delete()

    assert browser.get("/patients/")["Location"].startswith(ASKED)


def test_codes_on_paper_are_no_second_step(asked_of_staff: TenantRef, pages: Any, rita: User) -> None:
    with use_platform():
        Authenticator.objects.create(user=rita, type=Authenticator.Type.RECOVERY_CODES, data={})

    assert pages(rita).get("/patients/")["Location"].startswith(ASKED)


def test_what_one_workspace_asks_holds_there_and_nowhere_else(
    asked_of_staff: TenantRef, pages: Any, cai: User, other: TenantRef
) -> None:
    assert pages(cai, other).get("/settings/").status_code == 200


def test_a_program_does_what_the_page_does(api: Any, ana: User, bo: User, clinic: TenantRef) -> None:
    owner = api(ana)
    assert owner.get(ENDPOINT).json() == {"second_step_for": "nobody", "you_are_missing_one": False}

    changed = owner.put(ENDPOINT, {"second_step_for": "managers"})
    assert (changed.status_code, changed.json()) == (200, {"second_step_for": "managers", "you_are_missing_one": True})
    catalog.forget()
    assert owner.get(ENDPOINT).json()["code"] == "second-step-needed"

    give_app(ana, secret=SECRET)
    people = {row["name"]: row for row in owner.get("/api/security/people/").json()["items"]}
    assert {name: (row["has_second_step"], row["is_asked"]) for name, row in people.items()} == {
        "Ana": (True, True),
        "Bea": (False, False),
        "Bo": (False, False),
        "Rita": (False, False),
    }
    assert owner.put(ENDPOINT, {"second_step_for": "everybody"}).status_code == 422
    assert api(bo).put(ENDPOINT, {"second_step_for": "nobody"}).status_code == 403


def test_a_program_that_proved_it_long_ago_proves_it_again(api: Any, ana: User, clinic: TenantRef) -> None:
    owner = api(ana)
    long_ago = timezone.now() - timedelta(minutes=20)
    pair = tokens.issue_tokens(user=ana, tenant_id=clinic.id, at=long_ago)
    owner.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {pair.access}"

    assert owner.put(ENDPOINT, {"second_step_for": "staff"}).json()["code"] == "proof-needed"


def test_it_costs_nothing_where_it_is_asked_of_nobody_and_one_question_elsewhere(
    clinic: TenantRef, pages: Any, rita: User, ana: User
) -> None:
    browser = pages(rita)
    give_app(rita, secret=SECRET)

    def asked() -> int:
        browser.get("/settings/")
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/settings/").status_code == 200
        return sum("mfa_authenticator" in query["sql"] for query in captured.captured_queries)

    before = asked()
    ask(clinic, AskedOf.STAFF, ana)

    assert (before, asked()) == (0, 1)


def test_the_platform_says_who_asks_and_leads_back(platform_client: Any, ana: User, clinic: TenantRef) -> None:
    platform_client.cookies[settings.SESSION_COOKIE_NAME] = session_key(ana, None)
    address = f"/accounts/2fa/?workspace={clinic.id}"
    with use_platform():
        Membership.objects.get_or_create(user=ana, tenant_id=clinic.id, defaults={"created_at": timezone.now()})

    assert "Northside Physio asks for a second step." in text_of(platform_client.get(address))
    give_app(ana, secret=SECRET)
    assert f"/hand-over/?tenant={clinic.id}" in text_of(platform_client.get("/accounts/2fa/"))


def test_the_platform_names_no_workspace_to_strangers(platform_client: Any, cai: User, clinic: TenantRef) -> None:
    platform_client.cookies[settings.SESSION_COOKIE_NAME] = session_key(cai, None)

    for query in (f"workspace={clinic.id}", "workspace=x", "workspace="):
        answer = platform_client.get(f"/accounts/2fa/?{query}")
        assert answer.status_code == 200
        assert "Northside" not in text_of(answer)
