"""One practice from sign-up to paid, by the people who do it, each in a browser of their own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import Visitor

SUBDOMAIN = "hillside"
OWNER, DESK, HAND = "nora@hillside.example", "remy@hillside.example", "hugo@hillside.example"
PATIENT = "Paula Adams"
PATIENTS_MAIL = "paula@mail.example"
SECRET = "four words nobody guesses"


def test_one_practice_from_sign_up_to_paid(somebody: Callable[..., Visitor]) -> None:
    owner, desk, hand, patient, operator = (somebody() for _ in range(5))
    phone = somebody(phone=True)

    sign_up(owner)
    invite(owner, "Remy Desk", DESK, "Receptionist")
    invite(owner, "Hugo Hand", HAND, "Practitioner")
    accept(desk, "Remy Desk", DESK)
    accept(hand, "Hugo Hand", HAND)
    each_sees_what_their_role_may(owner, desk, hand)

    register_patient(desk)
    book(desk)
    confirmation_with_calendar_entry(desk)

    claim_record(patient)
    reschedule(patient)

    invoice = treat_and_bill(owner, desk)
    pay_on_a_phone(phone, desk, invoice)
    two_cash_payments(desk)

    suspend_and_resume(operator, desk)
    for visitor in (owner, desk, hand, patient, operator, phone):
        assert visitor.complaints == []


# -- 1: the owner


def sign_up(owner: Visitor) -> None:
    page = owner.open("/")
    page.get_by_role("link", name="Open a practice").first.click()
    page.get_by_label("Name of your practice").fill("Hillside Physio")
    expect(page.get_by_label("Your address")).to_have_value("hillside-physio")
    page.get_by_label("Your address").fill("admin")
    expect(page.locator("#subdomain-state")).to_contain_text("reserved")
    page.get_by_label("Your address").fill("clinic")
    expect(page.locator("#subdomain-state")).to_contain_text("taken")
    page.get_by_label("Your address").fill(SUBDOMAIN)
    expect(page.locator("#subdomain-state")).to_contain_text("is free")
    page.get_by_label("Clinic").check()
    page.get_by_label("Time zone").select_option("Europe/London")
    page.get_by_label("Currency").select_option("GBP")
    page.get_by_label("Your name").fill("Nora Hill")
    page.get_by_label("Your e-mail").fill(OWNER)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Open my practice").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mail")
    confirm(owner, OWNER)
    page.wait_for_url(lambda url: f"//{SUBDOMAIN}." in url)
    expect(page.get_by_role("banner")).to_contain_text("Calendar")
    page.goto(owner.address("/settings/calendar/", SUBDOMAIN))
    expect(page.get_by_role("main")).to_contain_text("Initial assessment")
    expect(page.get_by_role("main")).to_contain_text("Nora Hill")


def confirm(visitor: Visitor, email: str) -> None:
    mail = visitor.newest_mail(email, "confirm")
    page = visitor.page
    page.goto(visitor.link_in(mail, "/accounts/confirm-email/"))
    page.get_by_role("button", name="Yes, confirm").click()


# -- 2: the team


def invite(owner: Visitor, name: str, email: str, role: str) -> None:
    page = owner.open("/settings/team/", SUBDOMAIN)
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Role").select_option(label=role)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("table")).to_contain_text(email)


def accept(colleague: Visitor, name: str, email: str) -> None:
    page = colleague.page
    page.goto(colleague.link_in(colleague.newest_mail(email, "Hillside"), "/invitations/"))
    page.get_by_role("link", name="Make an account to accept").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Make an account").click()
    page.get_by_role("button", name="Accept the invitation").click()
    page.wait_for_url(lambda url: f"//{SUBDOMAIN}." in url)


def each_sees_what_their_role_may(owner: Visitor, desk: Visitor, hand: Visitor) -> None:
    for visitor, sees, does_not in (
        (owner, ["Patients", "Invoices", "Settings"], []),
        (desk, ["Patients", "Invoices"], ["Settings"]),
        (hand, ["Patients", "Calendar", "Settings"], []),
    ):
        menu = visitor.open("/today/", SUBDOMAIN).get_by_role("banner")
        for label in sees:
            expect(menu.get_by_role("link", name=label)).to_be_visible()
        for label in does_not:
            expect(menu.get_by_role("link", name=label, exact=True)).to_have_count(0)
    own = hand.open("/settings/", SUBDOMAIN).get_by_role("main")
    expect(own.get_by_role("link", name="Calendars elsewhere")).to_be_visible()  # of their own calendar, and no more
    expect(own.get_by_role("link", name="Services and hours")).to_have_count(0)


# -- 3: the desk


def register_patient(desk: Visitor) -> None:
    page = desk.open("/patients/new/", SUBDOMAIN)
    page.get_by_label("First name").fill("Paula")
    page.get_by_label("Last name").fill("Adams")
    page.get_by_label("E-mail").fill(PATIENTS_MAIL)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(PATIENT)


def book(desk: Visitor) -> None:
    choose_patient(desk)
    page = desk.page
    page.get_by_label("Later days").click()  # today's and tomorrow's cannot be moved by the patient any more
    expect(page.get_by_label("Earlier days")).to_be_visible()
    page.locator("label.slot").first.click()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(PATIENT)
    expect(page.get_by_role("main")).to_contain_text("Scheduled")


def choose_patient(desk: Visitor) -> None:
    page = desk.open("/appointments/new/", SUBDOMAIN)
    page.get_by_label("Patient", exact=True).press_sequentially("paula", delay=20)
    expect(page.get_by_role("radio", name=PATIENT)).to_be_checked()
    follow_up = page.get_by_label("Service").locator("option", has_text="Follow-up").inner_text()
    page.get_by_label("Service").select_option(label=follow_up)
    with page.expect_response("**/appointments/slots/**"):
        page.get_by_label("Practitioner").select_option(label="Nora Hill")  # the owner, who treats later on


def confirmation_with_calendar_entry(desk: Visitor) -> None:
    mail = desk.newest_mail(PATIENTS_MAIL, "Your visit on")
    assert any(name.endswith(".ics") for name in mail["attachments"])


# -- 4: the patient


def claim_record(patient: Visitor) -> None:
    page = patient.open("/", SUBDOMAIN)
    page.get_by_role("link", name="Make one").click()
    page.get_by_label("Your name").fill(PATIENT)
    page.get_by_label("E-mail").fill(PATIENTS_MAIL)
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Make an account").click()
    confirm(patient, PATIENTS_MAIL)
    page.wait_for_url(lambda url: f"//{SUBDOMAIN}." in url)
    expect(page.get_by_role("main")).to_contain_text("Next visit")


def reschedule(patient: Visitor) -> None:
    page = patient.page
    before = page.get_by_role("main").inner_text()
    page.get_by_role("link", name="Move it").click()
    page.locator("label.slot").nth(3).click()
    page.get_by_role("button", name="Move it").click()
    page.goto(patient.address("/", SUBDOMAIN))
    assert page.get_by_role("main").inner_text() != before


# -- 5: the visit


def treat_and_bill(owner: Visitor, desk: Visitor) -> str:
    page = owner.open("/patients/", SUBDOMAIN)
    page.get_by_role("link", name=PATIENT).first.click()
    page.get_by_role("link", name=re.compile("Follow-up|:")).first.click()
    for step in ("Check in", "Start"):
        page.get_by_role("button", name=step).click()
    page.get_by_role("button", name="Write the note").click()
    page.get_by_label("Subjective").fill("Stairs easier.")
    page.get_by_label("Plan").fill("Twice a week.")
    page.get_by_role("button", name="Sign note").click()
    expect(page.get_by_role("main")).to_contain_text("Signed")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("main")).to_contain_text("Done")
    visit = page.url
    until(lambda: "Draft" in owner.page.goto(visit).text())  # type: ignore[union-attr]

    page = desk.page
    page.goto(visit)
    page.get_by_role("region", name="Invoice").get_by_role("link").click()
    page.get_by_role("button", name="Issue and send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("-0001")
    expect(page.get_by_role("link", name="PDF")).to_be_visible()
    return page.url


def until(holds: Callable[[], bool]) -> None:
    for _ in range(40):
        if holds():
            return
        time.sleep(0.25)
    raise AssertionError("it did not come to that")


# -- 6: the money


def pay_on_a_phone(phone: Visitor, desk: Visitor, invoice: str) -> None:
    desk.page.goto(invoice)
    page = phone.page
    page.goto(phone.link_in(phone.newest_mail(PATIENTS_MAIL, "invoice"), "/pay/"))
    page.get_by_role("button", name=re.compile("Pay .* by card")).click()
    page.wait_for_url(lambda url: "/c/pay/" in url)
    page.get_by_role("button", name=re.compile("Pay")).click()
    expect(page.get_by_role("heading", name="Paid, thank you")).to_be_visible()
    expect(desk.page.get_by_role("complementary", name="Where it stands")).to_contain_text("Paid")
    phone.newest_mail(PATIENTS_MAIL, "Receipt")


def two_cash_payments(desk: Visitor) -> None:
    page = desk.open("/invoices/new/", SUBDOMAIN)
    page.get_by_label("For", exact=True).press_sequentially("paula", delay=20)
    expect(page.get_by_role("radio", name=PATIENT)).to_be_checked()
    page.get_by_label("Description").first.fill("Ten exercises on paper")
    page.get_by_label("Price").first.fill("100")
    page.get_by_role("button", name="Draw up").click()
    for amount, state in (("50", "Part paid"), ("50", "Paid")):
        page.get_by_role("button", name="Take payment").click()
        page.get_by_label("Amount", exact=True).fill(amount)
        page.get_by_label("Cash").check()
        page.get_by_role("button", name="Write it down").click()
        expect(page.get_by_role("complementary", name="Where it stands")).to_contain_text(state)


# -- 7: the operator


def suspend_and_resume(operator: Visitor, desk: Visitor) -> None:
    operator.sign_in("oda@atrium.example")
    page = operator.open("/operators/")
    page.get_by_role("link", name="Hillside Physio").click()
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_role("main")).to_contain_text("Patients")
    page.get_by_role("link", name="Suspend").click()
    page.get_by_label("Reason").fill("Unpaid for three months")
    page.get_by_label(re.compile("address", re.IGNORECASE)).fill(SUBDOMAIN)
    page.get_by_role("button", name="Suspend it").click()
    expect(page.get_by_role("main")).to_contain_text("Suspended since")
    expect(desk.open("/today/", SUBDOMAIN).get_by_role("main")).to_contain_text("is suspended")

    page.get_by_role("link", name="End the suspension").click()
    page.get_by_label("Reason").fill("Paid")
    page.get_by_role("button", name="End the suspension").click()
    expect(page.get_by_role("main")).not_to_contain_text("Suspended since")
    expect(desk.open("/today/", SUBDOMAIN).get_by_role("main")).to_contain_text("Waiting room")
