"""Accounts: signing in, the password, the addresses, and what is told to whom."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from identity.models import User
from tenancy import TenantRef, use_platform
from tests.across_hosts import Browser, links_in
from tests.cast import PASSWORD

NEW = "calm-and-steady-9"
RITA = "rita@clinic.example"


@pytest.fixture
def visitor(db: None) -> Browser:
    return Browser()


def sign_in(visitor: Browser, email: str = RITA, password: str = PASSWORD) -> Any:
    return visitor.send({"login": email, "password": password}, to="http://localhost:8000/accounts/login/")


def prove_it_is_you(visitor: Browser) -> None:
    visitor.send({"password": PASSWORD}, to="http://localhost:8000/accounts/reauthenticate/")


def test_signing_in_leads_to_the_list_of_workspaces(visitor: Browser) -> None:
    sign_in(visitor)

    assert (visitor.path, visitor.answer.status_code) == ("/workspaces/", 200)


def test_addresses_are_the_same_in_capitals(visitor: Browser) -> None:
    sign_in(visitor, "RITA@Clinic.example")

    assert visitor.path == "/workspaces/"


@pytest.mark.parametrize(("email", "password"), [(RITA, "wrong"), ("nobody@clinic.example", PASSWORD)])
def test_a_wrong_address_and_a_wrong_password_are_refused_in_the_same_words(
    visitor: Browser, email: str, password: str
) -> None:
    answer = sign_in(visitor, email, password)

    assert answer.status_code == 422
    assert "This e-mail and this password do not belong together." in visitor.text
    assert f'value="{email}"' in visitor.text


def test_after_five_wrong_tries_the_right_password_has_to_wait_too(visitor: Browser) -> None:
    for _ in range(5):
        sign_in(visitor, password="wrong")

    answer = sign_in(visitor)

    assert (answer.status_code, int(answer["Retry-After"]) in range(1, 61)) == (429, True)
    assert "Too many wrong tries. Wait " in visitor.text
    assert f'value="{RITA}"' in visitor.text


def test_wrong_tries_for_one_person_do_not_lock_another_out(visitor: Browser) -> None:
    for _ in range(6):
        sign_in(visitor, password="wrong")

    sign_in(Browser(), "bo@clinic.example")

    assert sign_in(Browser(), "bo@clinic.example").status_code == 200


def test_an_account_that_is_closed_signs_nobody_in(visitor: Browser, rita: User) -> None:
    User.objects.filter(pk=rita.pk).update(is_active=False)

    sign_in(visitor)

    assert "/workspaces/" not in visitor.url


def test_who_has_not_confirmed_gets_the_mail_again_instead(visitor: Browser, mailoutbox: list[Any], rita: User) -> None:
    EmailAddress.objects.filter(user=rita).update(verified=False)

    sign_in(visitor)

    assert visitor.path == "/accounts/confirm-email/"
    assert [mail.to for mail in mailoutbox] == [[RITA]]


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/workspaces/"])
def test_the_pages_of_an_account_ask_to_sign_in(visitor: Browser, path: str) -> None:
    visitor.open(path)

    assert visitor.path == "/accounts/login/"
    visitor.sign_in(RITA, PASSWORD)
    assert (visitor.path, visitor.answer.status_code) == (path, 200)


def test_signing_out_is_asked_and_done(visitor: Browser) -> None:
    sign_in(visitor)
    visitor.open("/accounts/logout/")
    assert "Sign out of Atrium?" in visitor.text

    visitor.send()

    assert "You are signed out." in visitor.text
    visitor.open("/workspaces/")
    assert visitor.path == "/accounts/login/"


# -- the password


def ask_for_a_password(visitor: Browser, email: str = RITA) -> Any:
    return visitor.send({"email": email}, to="http://localhost:8000/accounts/password/reset/")


def test_a_forgotten_password_is_replaced_with_a_link_from_a_mail(visitor: Browser, mailoutbox: list[Any]) -> None:
    ask_for_a_password(visitor)
    assert (mailoutbox[0].to, mailoutbox[0].subject) == ([RITA], "Choose a new password")

    visitor.open(links_in(mailoutbox[0])[0])
    visitor.send({"password1": NEW, "password2": NEW})

    assert visitor.path == "/workspaces/"
    assert sign_in(Browser(), password=PASSWORD).status_code == 422
    assert sign_in(Browser(), password=NEW).status_code == 200
    assert mailoutbox[1].subject == "Your password was changed"


def test_a_link_for_a_password_is_good_once(visitor: Browser, mailoutbox: list[Any]) -> None:
    ask_for_a_password(visitor)
    link = links_in(mailoutbox[0])[0]
    visitor.open(link)
    visitor.send({"password1": NEW, "password2": NEW})

    second = Browser()
    second.open(link)

    assert "This link is no longer good" in second.text


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("short", "short", "This password is too short."),
        ("password1234", "password1234", "This password is too common."),
        (NEW, "something-else", "You must type the same password each time."),
    ],
)
def test_a_weak_or_mistyped_new_password_is_refused_and_the_old_one_stays(
    visitor: Browser, mailoutbox: list[Any], first: str, second: str, sentence: str
) -> None:
    ask_for_a_password(visitor)
    visitor.open(links_in(mailoutbox[0])[0])

    answer = visitor.send({"password1": first, "password2": second})

    assert (answer.status_code, sentence in visitor.text) == (422, True)
    assert sign_in(Browser()).status_code == 200


def test_whether_an_address_has_an_account_is_told_to_its_mailbox_only(db: None, mailoutbox: list[Any]) -> None:
    known, unknown = Browser(), Browser()

    ask_for_a_password(known)
    ask_for_a_password(unknown, "nobody@clinic.example")

    assert known.path == unknown.path == "/accounts/password/reset/done/"
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        ([RITA], "Choose a new password"),
        (["nobody@clinic.example"], "No account has this address"),
    ]


def test_a_new_password_ends_every_session_and_token_elsewhere(
    visitor: Browser, clinic: TenantRef, rita: User, api: Any
) -> None:
    at_work = Browser()
    at_work.open("http://clinic.localhost:8000/")
    at_work.sign_in(RITA, PASSWORD)
    program = api(rita)
    sign_in(visitor)

    visitor.send({"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}, to="/accounts/password/change/")

    assert "Your new password is saved." in visitor.text
    at_work.open("http://clinic.localhost:8000/today/")
    assert at_work.path == "/accounts/login/"
    assert program.get("/api/patients/").status_code == 401
    assert visitor.open("http://localhost:8000/workspaces/").status_code == 200


def test_the_password_is_changed_by_who_knows_it(visitor: Browser) -> None:
    sign_in(visitor)

    answer = visitor.send({"oldpassword": "x", "password1": NEW, "password2": NEW}, to="/accounts/password/change/")

    assert answer.status_code == 422
    assert "Enter the password that you have now." in visitor.text


# -- the addresses


def test_an_address_is_added_confirmed_made_the_first_and_the_other_removed(
    visitor: Browser, mailoutbox: list[Any], rita: User
) -> None:
    sign_in(visitor)
    visitor.send({"email": "rita@home.example", "action_add": ""}, to="/accounts/email/")
    assert visitor.path == "/accounts/reauthenticate/"
    visitor.send({"password": PASSWORD, "next": visitor.hidden("next")})
    assert "Not confirmed" in visitor.text
    assert (mailoutbox[0].to, mailoutbox[0].subject) == (["rita@home.example"], "Is this address yours?")

    visitor.open(links_in(mailoutbox[0])[0])
    assert "Is <b" in visitor.text
    visitor.send()
    visitor.send({"email": "rita@home.example", "action_primary": ""}, to="/accounts/email/")
    visitor.send({"email": RITA, "action_remove": ""}, to="/accounts/email/")

    with use_platform():
        assert User.objects.get(pk=rita.pk).email == "rita@home.example"
    assert [mail.subject for mail in mailoutbox[1:]] == ["Your first address was changed", "An address was removed"]
    assert sign_in(Browser(), "rita@home.example").status_code == 200
    assert sign_in(Browser(), RITA).status_code == 422


def test_the_first_address_is_not_removed(visitor: Browser, rita: User) -> None:
    EmailAddress.objects.create(user=rita, email="rita@home.example", verified=True)
    sign_in(visitor)
    prove_it_is_you(visitor)

    visitor.send({"email": RITA, "action_remove": ""}, to="/accounts/email/")

    assert "Make another one the first before you remove it." in visitor.text


def test_an_address_of_somebody_else_is_not_taken_over(visitor: Browser, mailoutbox: list[Any], bo: User) -> None:
    sign_in(visitor)
    prove_it_is_you(visitor)

    visitor.send({"email": bo.email, "action_add": ""}, to="/accounts/email/")

    visitor.open(links_in(mailoutbox[0])[0])
    assert "bo@clinic.example belongs to another account, which confirmed it before." in visitor.text
    visitor.send()
    with use_platform():
        assert EmailAddress.objects.get(email=bo.email, verified=True).user_id == bo.pk


# -- signing up as a person


def make_account(visitor: Browser, **changes: str) -> Any:
    fields = {"name": "Paul Patient", "email": "paul@home.example", "password1": NEW} | changes
    return visitor.send(fields, to="/accounts/signup/")


def test_a_patient_makes_an_account_confirms_and_comes_to_their_own_page(
    visitor: Browser, mailoutbox: list[Any]
) -> None:
    visitor.open("http://clinic.localhost:8000/my/")
    visitor.open("/accounts/signup/?" + visitor.url.partition("?")[2])
    assert "Make an account for Northside Physio" in visitor.text

    make_account(visitor, next=visitor.hidden("next"))
    visitor.open(links_in(mailoutbox[0])[0])
    visitor.send()

    assert (visitor.host, visitor.path) == ("clinic.localhost:8000", "/my/claim/")


def test_an_address_that_has_an_account_learns_so_by_mail_and_the_page_says_nothing(
    visitor: Browser, mailoutbox: list[Any]
) -> None:
    make_account(visitor, email=RITA)

    assert visitor.path == "/accounts/confirm-email/"
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([RITA], "You have an account already")]
    assert sign_in(Browser()).status_code == 200


def test_registering_at_a_tenants_api_leads_back_to_that_tenant(
    api: Any, clinic: TenantRef, mailoutbox: list[Any]
) -> None:
    body = {"email": "paul@home.example", "password": NEW, "first_name": "Paul"}
    assert api(None).post("/api/users/register/", body).status_code == 201

    visitor = Browser()
    visitor.open(links_in(mailoutbox[0])[0])
    assert "Then you go on to Northside Physio." in visitor.text
    visitor.send()
    visitor.sign_in("paul@home.example", NEW)

    assert (visitor.host, visitor.path) == ("clinic.localhost:8000", "/my/claim/")


def test_registering_a_known_address_at_a_tenants_api_tells_its_mailbox_only(api: Any, mailoutbox: list[Any]) -> None:
    answer = api(None).post("/api/users/register/", {"email": RITA, "password": NEW})

    assert answer.status_code == 201
    (mail,) = mailoutbox
    assert mail.subject == "You have an account already"
    assert links_in(mail) == ["http://localhost:8000/accounts/password/reset/"]


def test_a_token_of_before_is_refused_after_the_password_changed(rita: User, clinic: TenantRef, api: Any) -> None:
    program = api(rita)
    assert program.get("/api/patients/").status_code == 200

    with use_platform():
        rita.set_password(NEW)
        rita.save()

    assert program.get("/api/patients/").status_code == 401


# -- mails


def test_every_mail_is_text_and_html_in_our_words(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_in(visitor)
    prove_it_is_you(visitor)
    visitor.send({"email": "rita@home.example", "action_add": ""}, to="/accounts/email/")
    visitor.send({"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}, to="/accounts/password/change/")
    visitor.send(to="/accounts/logout/")
    ask_for_a_password(visitor)
    ask_for_a_password(visitor, "nobody@clinic.example")
    make_account(Browser())
    make_account(Browser(), email="bo@clinic.example")

    assert len(mailoutbox) == 6
    for mail in mailoutbox:
        assert isinstance(mail, EmailMultiAlternatives)
        ((html, _type),) = mail.alternatives
        assert mail.from_email == "Atrium <no-reply@atrium.example>"
        assert "Atrium" in str(html)
        assert "Hello from" not in mail.body
        assert all(link.startswith("http://localhost:8000/") for link in links_in(mail))


def test_a_name_is_no_markup_in_a_mail_and_no_entity_in_its_text(visitor: Browser, mailoutbox: list[Any]) -> None:
    make_account(visitor, name="<b>O'Neil</b>")

    (mail,) = mailoutbox
    assert mail.body.startswith("Hello <b>O'Neil</b>,")
    assert "&lt;b&gt;O&#x27;Neil" in str(mail.alternatives[0][0])


def test_a_browser_of_the_platform_is_not_signed_in_at_a_tenant(rita: User, visitor: Browser) -> None:
    sign_in(visitor)
    cookie = visitor.client("localhost:8000").cookies["session"].value

    elsewhere = Client(headers={"host": "clinic.localhost:8000"})
    elsewhere.cookies["session"] = cookie

    assert elsewhere.get("/today/").status_code == 302
