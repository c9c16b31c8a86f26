"""An invitation, opened from its mail by whom it was meant for, and by others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from access import departures, services
from access.models import Member, Role
from identity.models import User
from modules.scheduling.models import Practitioner
from tenancy import TenantRef, catalog, use, use_platform
from tenants import standing
from tenants.models import Membership, Tenant
from tests.across_hosts import Browser, links_in
from tests.cast import PASSWORD

NEW = "calm-and-steady-9"


@pytest.fixture
def invite(clinic: TenantRef, ana: User, run_jobs: Any, mailoutbox: list[Any]) -> Any:
    """Ana invites somebody; returns the link of the mail, as the invited person gets it."""

    def invite(email: str, role: str = Role.RECEPTIONIST) -> str:
        with use(clinic):
            services.invite_member(email=email, name="Ivy", role=role, by=ana, at=timezone.now())
        run_jobs()
        return links_in(mailoutbox[-1])[-1]

    return invite


def make_account(browser: Browser, email: str, name: str = "Ivy Green") -> Any:
    fields = {"name": name, "email": email, "password1": NEW, "next": browser.hidden("next")}
    return browser.send(fields, to="/accounts/signup/")


def open_sign_up(browser: Browser, link: str) -> None:
    browser.open(link)
    browser.open(browser.answer.context["sign_up"])


def member(clinic: TenantRef, email: str) -> Member:
    with use(clinic):
        return Member.objects.filter(email=email).latest("created_at")


def test_a_new_colleague_makes_an_account_and_works_there_without_another_mail(
    invite: Any, clinic: TenantRef, mailoutbox: list[Any]
) -> None:
    browser = Browser()
    link = invite("ivy@new.example")
    browser.open(link)
    assert "Northside Physio invites you" in browser.text
    assert "Ana asks you to work with them" in browser.text

    open_sign_up(browser, link)
    assert "Make an account for Northside Physio" in browser.text
    assert 'value="ivy@new.example"' in browser.text
    make_account(browser, "ivy@new.example")
    assert "Accept the invitation" in browser.text
    browser.send()

    assert (browser.host, browser.path, browser.answer.status_code) == ("clinic.localhost:8000", "/today/", 200)
    assert member(clinic, "ivy@new.example").role == Role.RECEPTIONIST
    assert [mail.subject for mail in mailoutbox] == ["Northside Physio invites you"]
    with use_platform():
        assert Membership.objects.filter(tenant_id=clinic.id, user__email="ivy@new.example").exists()


def test_who_has_an_account_signs_in_and_accepts_and_has_both_workspaces(invite: Any, clinic: TenantRef) -> None:
    browser = Browser()
    browser.open(invite("cora@other.example"))
    assert "There is an account for cora@other.example already." in browser.text

    browser.open(browser.answer.context["sign_in"])
    assert "Sign in to Northside Physio" in browser.text
    browser.sign_in("cora@other.example", PASSWORD)
    browser.send()

    assert (browser.host, browser.answer.status_code) == ("clinic.localhost:8000", 200)
    assert browser.open("http://other.localhost:8000/").status_code == 200


def test_an_invited_practitioner_can_be_booked(invite: Any, clinic: TenantRef, run_jobs: Any) -> None:
    browser = Browser()
    open_sign_up(browser, invite("ivy@new.example", Role.PRACTITIONER))
    make_account(browser, "ivy@new.example")
    browser.send()
    run_jobs()

    with use(clinic):
        assert Practitioner.objects.filter(user_id=member(clinic, "ivy@new.example").user_id).exists()


def test_a_patient_who_begins_to_work_there_keeps_their_account(invite: Any, clinic: TenantRef, pia: User) -> None:
    browser = Browser()
    browser.open(invite(pia.email))
    browser.open(browser.answer.context["sign_in"])
    browser.sign_in(pia.email, PASSWORD)
    browser.send()

    assert browser.path == "/today/"
    with use(clinic):
        assert [found.role for found in Member.objects.of_user(pia.pk)] == [Role.RECEPTIONIST]


def test_the_invitation_vouches_for_the_address_it_was_mailed_to_only(invite: Any, mailoutbox: list[Any]) -> None:
    browser = Browser()
    open_sign_up(browser, invite("ivy@new.example"))

    make_account(browser, "other@new.example")

    assert browser.path == "/accounts/confirm-email/"
    assert (mailoutbox[-1].to, mailoutbox[-1].subject) == (["other@new.example"], "Confirm your e-mail")


def test_another_account_is_told_whom_the_invitation_is_for_and_cannot_accept_it(
    invite: Any, clinic: TenantRef, cora: User
) -> None:
    browser = Browser()
    link = invite("ivy@new.example")
    browser.open("/accounts/login/")
    browser.sign_in(cora.email, PASSWORD)

    browser.open(link)
    assert "This invitation is for ivy@new.example" in browser.text

    assert browser.send().status_code == 403
    assert "This invitation was sent to another e-mail address." in browser.text
    assert member(clinic, "ivy@new.example").joined_at is None


def test_a_link_is_good_for_one_person_once(invite: Any) -> None:
    browser = Browser()
    link = invite("ivy@new.example")
    open_sign_up(browser, link)
    make_account(browser, "ivy@new.example")
    browser.send()

    stranger = Browser()

    assert stranger.open(link).status_code == 403
    assert "This invitation is no longer good." in stranger.text


def test_who_joined_and_opens_the_link_again_is_led_in(invite: Any) -> None:
    browser = Browser()
    link = invite("ivy@new.example")
    open_sign_up(browser, link)
    make_account(browser, "ivy@new.example")
    browser.send()

    browser.open(link)

    assert (browser.host, browser.path) == ("clinic.localhost:8000", "/today/")


def test_a_link_runs_out_after_two_weeks(invite: Any, clinic: TenantRef) -> None:
    link = invite("ivy@new.example")
    assert Browser().open(link).status_code == 200

    with use(clinic):
        Member.objects.invited().update(invitation_expires_at=timezone.now() - timedelta(seconds=1))

    assert Browser().open(link).status_code == 403


def test_a_link_that_was_sent_again_replaces_the_first(
    invite: Any, clinic: TenantRef, ana: User, run_jobs: Any, mailoutbox: list[Any]
) -> None:
    first = invite("ivy@new.example")
    with use(clinic):
        services.invite_again(member=member(clinic, "ivy@new.example"), by=ana, at=timezone.now())
    run_jobs()

    assert Browser().open(first).status_code == 403
    assert Browser().open(links_in(mailoutbox[-1])[-1]).status_code == 200


def test_a_withdrawn_invitation_opens_nothing(invite: Any, clinic: TenantRef, ana: User) -> None:
    link = invite("ivy@new.example")
    departures.end_membership(tenant=clinic, member=member(clinic, "ivy@new.example"), by=ana, at=timezone.now())

    assert Browser().open(link).status_code == 403


def test_a_secret_opens_nothing_at_another_tenant(invite: Any, clinic: TenantRef, other: TenantRef) -> None:
    link = invite("ivy@new.example")

    assert Browser().open(link.replace(str(clinic.id), str(other.id))).status_code == 403
    assert Browser().open(link.replace(str(clinic.id), "00000000-0000-7000-8000-000000000000")).status_code == 404


def test_a_suspended_workspace_keeps_its_invitations_for_later(invite: Any, clinic: TenantRef, oda: User) -> None:
    link = invite("ivy@new.example")
    with use_platform():
        tenant = Tenant.objects.get(pk=clinic.id)
    standing.suspend_tenant(tenant=tenant, by=oda, reason="Not paid", at=timezone.now())
    catalog.forget()  # as on commit

    browser = Browser()

    assert browser.open(link).status_code == 409
    assert "Northside Physio is closed for now. The invitation is kept." in browser.text
