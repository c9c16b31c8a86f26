"""The page of the team: who works here, and who may say so."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from access import departures, services
from access.models import Member, Role
from audit.models import AuditEntry
from identity.models import Session, User
from identity.tokens import issue_tokens, read_access
from tenancy import TenantRef, use, use_platform
from tenants.models import Membership
from tests.across_hosts import links_in
from tests.doors import session_key

TEAM = "/settings/team/"
IVY = {"name": "Ivy Green", "email": "ivy@new.example", "role": "receptionist"}


def member(clinic: TenantRef, email: str) -> Member:
    with use(clinic):
        return Member.objects.get(email=email, ended_at=None)


def address(person: Member, what: str) -> str:
    return f"{TEAM}{person.pk}/{what}/"


@pytest.fixture
def adam(clinic: TenantRef, ana: User, bo: User) -> User:
    """Bo, made an administrator for a while."""
    with use(clinic):
        services.change_role(member=Member.objects.of_user(bo.pk).get(), role=Role.ADMIN, by=ana)
    return bo


def test_the_page_is_for_owners_and_administrators(pages: Any, ana: User, adam: User, rita: User, pia: User) -> None:
    statuses = [pages(user).get(TEAM).status_code for user in (ana, adam, rita, pia)]

    assert statuses == [200, 200, 403, 403]


def test_it_lists_who_works_here_and_not_the_patients(pages: Any, ana: User) -> None:
    page = pages(ana).get(TEAM)

    assert [person.name for person in page.context["people"]] == ["Ana", "Bea", "Bo", "Rita"]


def test_inviting_mails_a_link_and_lists_the_invitation(
    pages: Any, ana: User, run_jobs: Any, mailoutbox: list[Any]
) -> None:
    browser = pages(ana)

    answer = browser.post(f"{TEAM}invitations/", IVY)
    run_jobs()

    assert answer["Location"] == TEAM
    page = browser.get(TEAM).content.decode()
    assert "An invitation is on its way to ivy@new.example." in page
    assert "Invited" in page
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["ivy@new.example"], "Northside Physio invites you")
    assert "as: Receptionist" in mail.body
    assert links_in(mail)[-1].startswith("http://localhost:8000/invitations/")


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"email": "ivy"}, 422, "Enter a valid email address."),
        ({"name": ""}, 422, "This field is required."),
        ({"role": "owner"}, 422, "Select a valid choice."),
        ({"role": "patient"}, 422, "Select a valid choice."),
        ({"email": "RITA@clinic.example"}, 409, "Somebody with this address works here already."),
    ],
)
def test_an_invitation_that_does_not_add_up_says_why_and_keeps_what_was_typed(
    pages: Any, ana: User, clinic: TenantRef, change: dict[str, str], status: int, sentence: str
) -> None:
    answer = pages(ana).post(f"{TEAM}invitations/", IVY | change)

    assert (answer.status_code, sentence in answer.content.decode()) == (status, True)
    assert (IVY | change)["email"] in answer.content.decode()
    with use(clinic):
        assert not Member.objects.invited().exists()


def test_somebody_is_invited_once(pages: Any, ana: User) -> None:
    pages(ana).post(f"{TEAM}invitations/", IVY)

    answer = pages(ana).post(f"{TEAM}invitations/", IVY)

    assert answer.status_code == 409
    assert "Somebody with this address has been invited already." in answer.content.decode()


def test_a_role_is_changed_from_the_next_page_on(pages: Any, ana: User, rita: User, clinic: TenantRef) -> None:
    answer = pages(ana).post(address(member(clinic, rita.email), "role"), {"role": "admin"})

    assert answer["Location"] == TEAM
    assert pages(rita).get(TEAM).status_code == 200
    with use(clinic):
        entry = AuditEntry.objects.filter(action="access.member.role_changed").latest("pk")
        assert entry.changes["role"] == ["receptionist", "admin"]


def test_the_last_owner_stays_one(pages: Any, ana: User, clinic: TenantRef) -> None:
    person = member(clinic, ana.email)

    for answer in (
        pages(ana).post(address(person, "role"), {"role": "receptionist"}),
        pages(ana).post(address(person, "end")),
    ):
        assert answer.status_code == 409
        assert "They are the only owner." in answer.content.decode()
    assert member(clinic, ana.email).role == Role.OWNER


def test_an_owner_shares_the_ownership_and_can_then_go(pages: Any, ana: User, rita: User, clinic: TenantRef) -> None:
    pages(ana).post(address(member(clinic, rita.email), "role"), {"role": "owner"})

    assert pages(ana).post(address(member(clinic, ana.email), "end")).status_code == 302
    assert pages(ana).get(TEAM).status_code == 403


def test_an_administrator_makes_nobody_an_owner_and_ends_none(
    pages: Any, api: Any, ana: User, adam: User, rita: User, clinic: TenantRef
) -> None:
    with use(clinic):
        services.change_role(member=member(clinic, rita.email), role=Role.OWNER, by=ana)
    mine, hers = member(clinic, adam.email), member(clinic, ana.email)

    assert pages(adam).post(address(mine, "role"), {"role": "owner"}).status_code == 422
    assert pages(adam).post(address(hers, "role"), {"role": "receptionist"}).status_code == 403
    assert pages(adam).post(address(hers, "end")).status_code == 403
    assert api(adam).patch(f"/api/members/{mine.pk}/", {"role": "owner"}).json()["code"] == "owners-only"
    assert api(adam).patch(f"/api/members/{hers.pk}/", {"role": "admin"}).status_code == 403
    assert (member(clinic, ana.email).role, member(clinic, adam.email).role) == (Role.OWNER, Role.ADMIN)


def test_an_invitation_is_sent_again(pages: Any, ana: User, clinic: TenantRef, run_jobs: Any, mailoutbox: Any) -> None:
    pages(ana).post(f"{TEAM}invitations/", IVY)
    run_jobs()

    pages(ana).post(address(member(clinic, "ivy@new.example"), "invitation"))
    run_jobs()

    assert len({links_in(mail)[-1] for mail in mailoutbox}) == 2


def test_who_has_joined_is_not_invited_again(pages: Any, ana: User, rita: User, clinic: TenantRef) -> None:
    assert pages(ana).post(address(member(clinic, rita.email), "invitation")).status_code == 409


def test_letting_somebody_go_asks_first_in_a_dialog_or_on_a_page(
    pages: Any, ana: User, rita: User, clinic: TenantRef
) -> None:
    where = address(member(clinic, rita.email), "end")

    dialog = pages(ana).get(where, hx_request="true").content.decode()
    page = pages(ana).get(where).content.decode()

    assert dialog.lstrip().startswith("<dialog")
    assert "Let Rita go?" in dialog
    assert "<html" in page
    assert "Let Rita go?" in page


def let_go_by_page(person: Member, by: User, pages: Any, api: Any) -> None:
    assert pages(by).post(address(person, "end")).status_code == 302


def let_go_by_api(person: Member, by: User, pages: Any, api: Any) -> None:
    assert api(by).client.delete(f"/api/members/{person.pk}/").status_code == 204


@pytest.mark.parametrize("let_go", [let_go_by_page, let_go_by_api])
def test_who_was_let_go_finds_every_door_closed_at_once(
    pages: Any, api: Any, ana: User, rita: User, clinic: TenantRef, other: TenantRef, let_go: Any
) -> None:
    browser, program = pages(rita), api(rita)
    elsewhere = issue_tokens(user=rita, tenant_id=other.id, at=timezone.now())
    here = issue_tokens(user=rita, tenant_id=clinic.id, at=timezone.now())
    session_key(rita, other)
    joining_row = {"user": rita, "tenant_id": clinic.id}
    with use_platform():
        Membership.objects.get_or_create(**joining_row, defaults={"created_at": timezone.now()})

    let_go(member(clinic, rita.email), ana, pages, api)

    assert browser.get("/patients/")["Location"].startswith("/sign-in/")
    assert program.get("/api/patients/").status_code == 401
    assert api(None).post("/api/token/refresh/", {"refresh": here.refresh}).status_code == 401
    assert read_access(access=elsewhere.access, tenant_id=other.id).user == rita
    with use_platform():
        assert [session.tenant_id for session in Session.objects.filter(user_id=rita.pk)] == [other.id]
        assert not Membership.objects.filter(**joining_row).exists()


def test_a_departure_that_was_cut_short_is_finished_by_a_job(
    api: Any, ana: User, rita: User, clinic: TenantRef, run_jobs: Any
) -> None:
    program = api(rita)
    with use(clinic):
        services.end_membership(member=Member.objects.get(email=rita.email), by=ana, at=timezone.now())
    assert program.get("/api/users/me/").status_code == 200

    run_jobs()

    assert program.get("/api/users/me/").status_code == 401


def test_that_job_leaves_alone_who_came_back_meanwhile(
    api: Any, ana: User, rita: User, clinic: TenantRef, run_jobs: Any
) -> None:
    with use(clinic):
        person = Member.objects.get(email=rita.email)
        services.end_membership(member=person, by=ana, at=timezone.now())
        Member.objects.filter(pk=person.pk).update(ended_at=None)
    program = api(rita)

    run_jobs()

    assert program.get("/api/patients/").status_code == 200


def test_a_new_role_holds_from_the_next_request_on(
    pages: Any, api: Any, ana: User, rita: User, clinic: TenantRef
) -> None:
    browser, program = pages(rita), api(rita)
    assert (browser.get(TEAM).status_code, program.get("/api/members/").status_code) == (403, 403)

    pages(ana).post(address(member(clinic, rita.email), "role"), {"role": Role.ADMIN})

    assert (browser.get(TEAM).status_code, program.get("/api/members/").status_code) == (200, 200)


def test_ending_it_twice_finds_nobody(pages: Any, ana: User, rita: User, clinic: TenantRef) -> None:
    where = address(member(clinic, rita.email), "end")

    assert [pages(ana).post(where).status_code for _ in range(2)] == [302, 404]


def test_somebody_who_was_let_go_can_be_invited_again(pages: Any, ana: User, rita: User, clinic: TenantRef) -> None:
    with use(clinic):
        person = Member.objects.get(email=rita.email)
    departures.end_membership(tenant=clinic, member=person, by=ana, at=timezone.now())

    assert pages(ana).post(f"{TEAM}invitations/", IVY | {"email": rita.email}).status_code == 302


@pytest.mark.parametrize("what", ["role", "invitation", "end"])
def test_nobody_of_another_tenant_can_be_reached(
    pages: Any, ana: User, other: TenantRef, cora: User, what: str
) -> None:
    with use(other):
        stranger = Member.objects.of_user(cora.pk).get()

    assert pages(ana).post(address(stranger, what), {"role": "admin"}).status_code == 404


def test_a_patient_is_not_one_of_the_team(pages: Any, ana: User, pia: User, clinic: TenantRef) -> None:
    assert pages(ana).get(address(member(clinic, pia.email), "role")).status_code == 404


def test_a_vet_practices_practitioners_are_called_vets(pages: Any, cai: User, other: TenantRef) -> None:
    page = pages(cai, other).get(TEAM).content.decode()

    assert "Vet</td>" in page
    assert '<option value="practitioner">Vet</option>' in page
