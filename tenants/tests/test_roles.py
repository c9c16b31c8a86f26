"""The page of roles: owners change, administrators look, and everybody is told why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from access.models import Member, Role, RoleChange
from identity.models import User
from tenancy import TenantRef, use
from tests.doors import session_key

RIGHT = "/settings/roles/right/?role=practitioner&permission=crm.view_patient"
BACK = "/settings/roles/right/preset/?role=practitioner&permission=crm.view_patient"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def adam(in_clinic: TenantRef, bea: User) -> User:
    """Bea, had she been made an administrator."""
    Member.objects.filter(user_id=bea.pk).update(role=Role.ADMIN)
    return bea


def test_an_owner_sees_what_a_role_may_how_far_and_why(pages: Any, ana: User) -> None:
    text = text_of(pages(ana).get("/settings/roles/", {"role": "practitioner"}))

    assert "A practitioner reaches the records of patients under their care and no others." in text
    assert "In their care" in text
    assert "Only the desk and administrators finalise payments." in text


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_its_page(role: str, pages: Any, ana: User) -> None:
    assert pages(ana).get("/settings/roles/", {"role": role}).status_code == 200


def test_a_role_that_is_none_is_not_there(pages: Any, ana: User) -> None:
    assert pages(ana).get("/settings/roles/", {"role": "king"}).status_code == 404
    assert pages(ana).get("/settings/roles/right/?role=king&permission=crm.view_note").status_code == 404
    assert pages(ana).get("/settings/roles/right/").status_code == 404


def test_an_owner_gives_a_role_more_and_the_next_page_shows_it(
    pages: Any, api: Any, ana: User, bo: User, clinic: TenantRef
) -> None:
    before = api(bo).get("/api/users/me/").json()["permissions"]["crm.view_patient"]

    answer = pages(ana).post(RIGHT, {"reach": "all", "reason": "We are two and stand in for each other."})

    assert (answer.status_code, answer["Location"]) == (302, "/settings/roles/?role=practitioner")
    assert (before, api(bo).get("/api/users/me/").json()["permissions"]["crm.view_patient"]) == ("care", "all")
    text = text_of(pages(ana).get(answer["Location"]))
    assert "We are two and stand in for each other." in text
    assert "Changed" in text


def test_the_preset_comes_back_with_a_reason(pages: Any, api: Any, ana: User, bo: User) -> None:
    pages(ana).post(RIGHT, {"reach": "all", "reason": "We are two."})

    refused = pages(ana).post(BACK, {"back-reason": ""})
    assert refused.status_code == 422
    assert "Back to the preset" in text_of(refused)

    assert pages(ana).post(BACK, {"back-reason": "We are ten."}).status_code == 302
    assert api(bo).get("/api/users/me/").json()["permissions"]["crm.view_patient"] == "care"
    assert pages(ana).post(BACK, {"back-reason": "Again."}).status_code == 409


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"reach": "all"}, 422, "This field is required."),
        ({"reach": "self", "reason": "Why not."}, 422, "Select a valid choice."),
        ({"reach": "", "reason": "Why not."}, 422, "This field is required."),
        ({"reach": "care", "reason": "Why not."}, 409, "That is how it is already."),
        ({"reach": "all", "reason": "x" * 301}, 422, "at most 300 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_and_kept(
    fields: dict[str, str], status: int, sentence: str, pages: Any, ana: User, clinic: TenantRef
) -> None:
    answer = pages(ana).post(RIGHT, fields)

    assert answer.status_code == status
    assert sentence in text_of(answer)
    assert fields.get("reason", "") in text_of(answer)
    with use(clinic):
        assert not RoleChange.objects.exists()


def test_a_fixed_right_has_no_form_and_posting_anyway_is_refused(pages: Any, ana: User, clinic: TenantRef) -> None:
    address = "/settings/roles/right/?role=receptionist&permission=crm.view_note"

    assert "never sees clinical notes" in text_of(pages(ana).get(address))
    assert pages(ana).post(address, {"reach": "all", "reason": "Please."}).status_code == 422
    with use(clinic):
        assert not RoleChange.objects.exists()


def test_an_administrator_looks_and_changes_nothing(pages: Any, api: Any, adam: User) -> None:
    overview = pages(adam).get("/settings/roles/")

    assert overview.status_code == 200
    assert "/settings/roles/right/" not in text_of(overview)
    assert pages(adam).post(RIGHT, {"reach": "all", "reason": "Please."}).status_code == 403
    body = {"reach": "all", "reason": "Please."}
    assert api(adam).put("/api/roles/practitioner/crm.view_patient/", body).status_code == 403


def test_whoever_is_neither_does_not_even_look(pages: Any, bo: User, rita: User, pia: User) -> None:
    assert [pages(user).get("/settings/roles/").status_code for user in (bo, rita, pia)] == [403, 403, 403]


def test_a_right_taken_from_administrators_closes_their_door(pages: Any, ana: User, adam: User) -> None:
    address = "/settings/roles/right/?role=admin&permission=access.view_roles"
    pages(ana).post(address, {"reach": "none", "reason": "Owners only."})

    assert pages(adam).get("/settings/roles/").status_code == 403


def test_a_program_does_what_the_page_does(api: Any, ana: User, bo: User) -> None:
    owner = api(ana)

    changed = owner.put("/api/roles/practitioner/crm.view_patient/", {"reach": "all", "reason": "We are two."})
    assert (changed.status_code, changed.json()["reach"], changed.json()["is_changed"]) == (200, "all", True)
    refused = owner.put("/api/roles/receptionist/crm.view_note/", {"reach": "all", "reason": "Please."})
    assert (refused.status_code, refused.json()["code"]) == (409, "right-fixed")
    assert owner.put("/api/roles/king/crm.view_note/", {"reach": "all", "reason": "No."}).status_code == 404
    assert owner.put("/api/roles/owner/crm.view_note/", {"reach": "none", "reason": " "}).status_code == 422

    listed = {role["role"]: role["rights"] for role in owner.get("/api/roles/").json()["items"]}
    right = next(right for right in listed["practitioner"] if right["permission"] == "crm.view_patient")
    assert (right["reach"], right["why"], right["preset_reach"]) == ("all", "We are two.", "care")
    assert right["choices"] == ["all", "care", "none"]

    back = owner.post("/api/roles/practitioner/crm.view_patient/preset/", {"reason": "We are ten."})
    assert (back.status_code, back.json()["reach"], back.json()["is_changed"]) == (200, "care", False)
    assert [row["reach"] for row in owner.get("/api/roles/changes/").json()["items"]] == ["preset", "all"]


def test_whoever_proved_long_ago_who_they_are_proves_it_again_first(pages: Any, ana: User, clinic: TenantRef) -> None:
    owner = pages(ana)
    long_ago = timezone.now() - timedelta(days=1)
    owner.client.cookies[settings.SESSION_COOKIE_NAME] = session_key(ana, clinic, proved_at=long_ago)

    answer = owner.post(RIGHT, {"reach": "all", "reason": "We are two."})

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")
    with use(clinic):
        assert not RoleChange.objects.exists()
