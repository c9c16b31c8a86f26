"""Signing up, as an owner does it: the form, the mail, the opening, and their own workspace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from identity.models import User
from jobs.models import OutboxMessage
from tenants.models import Domain, Tenant, TenantState
from tenants.pages import start
from tests.across_hosts import Browser, links_in

PASSWORD = "calm-and-steady-9"
FORM = {
    "name": "Harbour Physio",
    "subdomain": "harbour",
    "vertical": "clinic",
    "brand_hue": "165",
    "time_zone": "Europe/London",
    "currency": "GBP",
    "language": "en-gb",
    "owner_name": "Nell Harbour",
    "email": "nell@harbour.example",
    "password": PASSWORD,
}


@pytest.fixture
def visitor(db: None) -> Browser:
    return Browser()


def sign_up(visitor: Browser, **changes: str) -> Any:
    return visitor.send(FORM | changes, to="/start/")


def confirm(visitor: Browser, mail: Any) -> Any:
    visitor.open(links_in(mail)[0])
    return visitor.send()


def everything() -> tuple[int, int, int]:
    return User.objects.count(), Tenant.objects.count(), Domain.objects.count()


def test_an_owner_signs_up_confirms_and_stands_in_their_own_workspace(
    visitor: Browser, mailoutbox: list[Any], run_jobs: Any
) -> None:
    sign_up(visitor)
    assert (visitor.path, visitor.answer.status_code) == ("/accounts/confirm-email/", 200)

    confirm(visitor, mailoutbox[0])
    tenant = Tenant.objects.get(domains__domain="harbour")
    assert visitor.path == f"/opening/{tenant.pk}/"
    assert "Opening Harbour Physio" in visitor.text

    run_jobs()
    polled = visitor.open(visitor.url, hx_request="true")
    visitor.open(polled["HX-Redirect"])

    assert (visitor.host, visitor.answer.status_code) == ("harbour.localhost:8000", 200)
    assert "Nell Harbour" in visitor.text
    assert (tenant.brand_hue, tenant.time_zone, tenant.currency) == (165, "Europe/London", "GBP")


def test_confirming_in_another_browser_opens_the_workspace_and_asks_to_sign_in(
    visitor: Browser, mailoutbox: list[Any], run_jobs: Any
) -> None:
    sign_up(visitor)
    phone = Browser()

    confirm(phone, mailoutbox[0])
    assert (phone.path, Tenant.objects.get(domains__domain="harbour").state) == (
        "/accounts/login/",
        TenantState.OPENING,
    )

    run_jobs()
    phone.sign_in(FORM["email"], PASSWORD)
    assert (phone.host, phone.answer.status_code) == ("harbour.localhost:8000", 200)


def test_a_link_confirms_once(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor)
    confirm(visitor, mailoutbox[0])

    other = Browser()
    other.open(links_in(mailoutbox[0])[0])

    assert "This link is no longer good" in other.text


def test_the_mail_is_in_our_words_as_text_and_as_html(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor)

    (mail,) = mailoutbox
    assert isinstance(mail, EmailMultiAlternatives)
    ((html, media_type),) = mail.alternatives
    assert (mail.subject, mail.to, media_type) == ("Confirm your e-mail", ["nell@harbour.example"], "text/html")
    assert mail.body.startswith("Hello Nell,\n\nConfirm with this link that nell@harbour.example is yours.")
    assert links_in(mail)[0] in str(html)


@pytest.mark.parametrize(
    ("field", "typed", "status", "sentence"),
    [
        ("subdomain", "a_b", 422, "Use small letters, digits and hyphens"),
        ("subdomain", "ab", 422, "Use 3 to 40 characters."),
        ("subdomain", "admin", 409, "“admin” is reserved for Atrium itself."),
        ("subdomain", "adm1n", 409, "looks too much like a name reserved for Atrium"),
        ("subdomain", "clinic", 409, "“clinic” is taken."),
        ("subdomain", "c1inic", 409, "looks too much like a name that is taken"),
        ("email", "nobody", 422, "Enter a valid email address."),
        ("password", "password1234", 422, "This password is too common."),
        ("password", "short", 422, "This password is too short."),
        ("name", "", 422, "This field is required."),
        ("time_zone", "Mars/Olympus", 422, "Select a valid choice."),
        ("currency", "XXQ", 422, "Select a valid choice."),
        ("vertical", "bakery", 422, "Select a valid choice."),
    ],
)
def test_what_is_refused_says_why_keeps_the_rest_and_leaves_nothing_behind(
    visitor: Browser, mailoutbox: list[Any], field: str, typed: str, status: int, sentence: str
) -> None:
    before = everything()

    answer = sign_up(visitor, **{field: typed})

    assert answer.status_code == status
    assert sentence in visitor.text
    assert field in answer.context["form"].errors
    assert 'value="Nell Harbour"' in visitor.text
    assert PASSWORD not in visitor.text
    assert (everything(), mailoutbox) == (before, [])


def test_a_sign_up_whose_mail_cannot_be_sent_yet_goes_on_once_it_can(
    visitor: Browser, mailoutbox: Sequence[Any], monkeypatch: Any, run_jobs: Any
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMultiAlternatives, "send", fail)
        sign_up(visitor)
        run_jobs()
    assert (visitor.path, visitor.answer.status_code) == ("/accounts/confirm-email/", 200)

    OutboxMessage.objects.update(attempts=0, available_at=timezone.now())
    confirm(visitor, mailoutbox[0])

    assert Tenant.objects.get(domains__domain="harbour").state == TenantState.OPENING


def test_who_signs_up_again_before_confirming_changes_what_they_asked_for_and_gets_another_mail(
    visitor: Browser, mailoutbox: list[Any]
) -> None:
    sign_up(visitor)
    before = everything()

    sign_up(visitor, vertical="vet", name="Harbour Vets", owner_name="Nell H.")

    tenant = Tenant.objects.get(domains__domain="harbour")
    assert (tenant.name, tenant.vertical, tenant.owner.name) == ("Harbour Vets", "vet", "Nell H.")
    assert (everything(), len(mailoutbox)) == (before, 2)


def test_who_signs_up_again_from_elsewhere_has_to_know_the_password(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor)

    stranger = Browser()
    answer = sign_up(stranger, name="Mine now", password="another-long-password")

    assert answer.status_code == 409
    assert Tenant.objects.get(domains__domain="harbour").name == "Harbour Physio"


def test_a_mistyped_address_is_withdrawn_when_the_same_browser_signs_up_again(
    visitor: Browser, mailoutbox: list[Any]
) -> None:
    sign_up(visitor, email="nel@harbour.example")
    before = everything()

    sign_up(visitor)

    assert (everything(), Tenant.objects.get(domains__domain="harbour").owner.email) == (before, FORM["email"])
    assert [mail.to for mail in mailoutbox] == [["nel@harbour.example"], ["nell@harbour.example"]]


def test_an_address_of_the_web_can_be_chosen_anew_before_confirming(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor)
    before = everything()

    sign_up(visitor, subdomain="harbour-wall")

    assert everything() == before
    assert not Domain.objects.filter(domain="harbour").exists()
    confirm(visitor, mailoutbox[-1])
    assert visitor.path == f"/opening/{Tenant.objects.get(domains__domain='harbour-wall').pk}/"


def test_a_second_try_that_is_refused_keeps_the_first(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor)

    sign_up(visitor, email="nell2@harbour.example", subdomain="clinic")

    assert Tenant.objects.get(domains__domain="harbour").owner.email == FORM["email"]


def test_the_mail_can_be_sent_again_five_times_an_hour(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor)

    answers = [visitor.send(to="/start/mail/").status_code for _ in range(6)]

    assert (answers, len(mailoutbox)) == ([200] * 5 + [429], 6)


def test_nobody_is_mailed_for_who_did_not_sign_up(visitor: Browser, mailoutbox: list[Any]) -> None:
    visitor.send(to="/start/mail/")

    assert (visitor.path, mailoutbox) == ("/accounts/login/", [])


def test_sign_ups_from_one_address_are_counted(visitor: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr(start, "SIGN_UPS_PER_HOUR", 1)
    sign_up(visitor)

    answer = sign_up(Browser(), subdomain="pier", email="pia@pier.example")

    assert answer.status_code == 429
    assert not Domain.objects.filter(domain="pier").exists()


def ask(**query: str) -> Any:
    visitor = Browser()
    return visitor.client("localhost:8000").get("/start/availability/", query).json()


@pytest.mark.parametrize(
    ("typed", "available", "sentence", "suggestion"),
    [
        ("harbour", True, "harbour.localhost:8000 is free.", ""),
        ("Harbour ", True, "harbour.localhost:8000 is free.", ""),
        ("clinic", False, "“clinic” is taken. Try “clinic-2”.", "clinic-2"),
        ("www", False, "“www” is reserved for Atrium itself.", ""),
        ("ab", False, "Use 3 to 40 characters. Try “ab-2”.", "ab-2"),
        ("", False, "Choose an address.", ""),
    ],
)
def test_while_one_types_one_is_told_whether_the_address_is_free(
    db: None, typed: str, available: bool, sentence: str, suggestion: str
) -> None:
    answer = ask(subdomain=typed)

    assert (answer["available"], answer["sentence"], answer["suggestion"]) == (available, sentence, suggestion)


def test_the_name_of_the_practice_suggests_an_address(db: None) -> None:
    assert ask(name="Müller & Söhne")["subdomain"] == "muller-sohne"
    assert ask(name="Clinic")["subdomain"] == "clinic-2"


def test_what_the_browser_says_is_offered_first(visitor: Browser) -> None:
    visitor.open("/start/", accept_language="de-AT,de;q=0.9")

    form = visitor.answer.context["form"]
    assert (form["currency"].initial, form["time_zone"].initial) == ("EUR", "Europe/Vienna")


def test_nobody_else_sees_an_opening(visitor: Browser, mailoutbox: list[Any], ana: User) -> None:
    sign_up(visitor)
    confirm(visitor, mailoutbox[0])
    address = visitor.url

    other = Browser()
    other.open("/accounts/login/")
    other.sign_in(ana.email, "correct-horse-battery")

    assert other.open(address).status_code == 404


def test_an_opening_that_takes_long_says_that_it_goes_on(visitor: Browser, mailoutbox: list[Any]) -> None:
    sign_up(visitor)
    confirm(visitor, mailoutbox[0])
    assert "This takes longer than usual" not in visitor.text

    OutboxMessage.objects.update(created_at=timezone.now() - timedelta(minutes=1))

    visitor.open(visitor.url)
    assert "This takes longer than usual" in visitor.text


def test_who_has_an_account_opens_a_further_workspace_without_a_mail(
    visitor: Browser, mailoutbox: list[Any], run_jobs: Any, ana: User
) -> None:
    visitor.open("/accounts/login/")
    visitor.sign_in(ana.email, "correct-horse-battery")

    sign_up(visitor, subdomain="second")
    run_jobs()
    visitor.open(visitor.url)

    assert (visitor.host, visitor.answer.status_code, mailoutbox) == ("second.localhost:8000", 200, [])
    visitor.open("http://localhost:8000/workspaces/")
    assert "clinic.localhost:8000" in visitor.text
    assert "second.localhost:8000" in visitor.text
    assert "shop.localhost:8000" not in visitor.text


def test_a_workspace_whose_opening_did_not_begin_is_begun_from_the_list(visitor: Browser, run_jobs: Any) -> None:
    sign_up(visitor)
    EmailAddress.objects.filter(email=FORM["email"]).update(verified=True)
    visitor.open("/accounts/login/")
    visitor.sign_in(FORM["email"], PASSWORD)
    assert "Not open yet" in visitor.text

    tenant = Tenant.objects.get(domains__domain="harbour")
    visitor.send(to=f"/workspaces/{tenant.pk}/opening/")
    run_jobs()

    assert visitor.open(visitor.url).status_code == 200
    assert visitor.host == "harbour.localhost:8000"


def test_while_it_waits_for_the_mail_no_host_answers(visitor: Browser) -> None:
    sign_up(visitor)

    assert visitor.open("http://harbour.localhost:8000/").status_code == 404
