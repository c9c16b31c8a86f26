"""The public page: who books there has no account, and is nobody until they have shown that they read their mail."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from identity.models import User
from kernel.errors import DomainError
from modules.crm.models import Client, Patient
from modules.crm.public import Newcomer
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Claim, Hold, HoldState, Practitioner, Service
from modules.scheduling.services import SlotTaken
from modules.scheduling.services.online import holds
from modules.scheduling.services.online.holds import (
    Booker,
    Held,
    HoldIsOver,
    confirm_hold,
    hold_time,
    lapse_holds,
    new_codes,
)
from modules.scheduling.tests.conftest import register
from modules.scheduling.tests.online_pages import NINA, code_in, link_in, text_of
from tenancy import TenantRef, use
from tests.cast import tenant_called
from tests.jobs import run_due_jobs


@pytest.fixture
def keep(in_clinic: TenantRef, follow_up: Service, bos_calendar: Practitioner) -> Any:
    """`keep(starts_at)` keeps a time with Bo for Nina."""

    def keep_one(starts_at: datetime, *, at: datetime, email: str = NINA["email"]) -> Held:
        newcomer = Newcomer(first_name="Nina", last_name="New", email=email)
        return hold_time(
            service_id=follow_up.pk,
            starts_at=starts_at,
            practitioner_id=bos_calendar.pk,
            booker=Booker(newcomer=newcomer),
            at=at,
        )

    return keep_one


def confirmed(held: Held, *, at: datetime) -> Appointment:
    made = new_codes(hold_id=held.hold.pk, at=at)
    assert made is not None
    return confirm_hold(hold=held.hold, secret=held.secret, code=made[1], at=at)


def test_a_newcomer_books_in_three_steps_and_is_a_patient_once_the_mail_is_read(
    pages: Any, offered: Service, slot: str, clinic: TenantRef, mailoutbox: Any
) -> None:
    phone = pages()
    assert f"?service={offered.pk}" in text_of(phone.get("/book/"))
    assert "Check and confirm" in text_of(phone.get("/book/confirm/", {"service": offered.pk, "slot": slot}))

    kept = phone.post("/book/confirm/", {"service": offered.pk, "slot": slot, **NINA, "referral": "a friend"})
    with use(clinic):
        nobody_yet = Client.objects.filter(email=NINA["email"]).exists()
        assert Claim.objects.filter(hold__isnull=False).count() == 2
    run_due_jobs()
    wrong = phone.post(kept["Location"], {"code": "000 00"})
    booked = phone.post(kept["Location"], {"code": code_in(mailoutbox[-1])})
    again = phone.post(kept["Location"], {"code": code_in(mailoutbox[-1])})
    run_due_jobs()

    assert (kept.status_code, wrong.status_code, booked.status_code, again.status_code) == (302, 422, 302, 302)
    assert not nobody_yet
    assert "n…@mail.example" in text_of(wrong)
    assert "Booked" in text_of(phone.get(kept["Location"]))
    with use(clinic):
        visit = Appointment.objects.for_display().get()
        assert (visit.status, visit.source, visit.referral) == (Status.SCHEDULED, "web", "a friend")
        assert (visit.patient.name, visit.patient.client.email) == ("Nina New", NINA["email"])
        assert Hold.objects.values_list("state", "details").get() == (HoldState.BOOKED, "")
        assert not Claim.objects.filter(hold__isnull=False).exists()
    assert mailoutbox[-1].subject.startswith("Your visit on")
    assert "/visit/" in mailoutbox[-1].body


def test_by_the_link_in_the_mail_it_is_confirmed_without_a_code(
    pages: Any, offered: Service, slot: str, clinic: TenantRef, mailoutbox: Any
) -> None:
    pages().post("/book/confirm/", {"service": offered.pk, "slot": slot, **NINA})
    run_due_jobs()
    elsewhere, address = pages(), link_in(mailoutbox[-1], "book/held")

    opened = elsewhere.get(address)
    with use(clinic):
        assert not Appointment.objects.exists()
    answer = elsewhere.post(address)

    assert "Confirm the visit" in text_of(opened)
    assert answer.status_code == 302
    with use(clinic):
        assert Appointment.objects.count() == 1


def test_who_is_known_is_found_by_their_verified_mail_and_name_and_nobody_else_is(
    keep: Any, rita: User, now: datetime
) -> None:
    known = register("Nina", by=rita, at=now, email="other@mail.example")
    Patient.objects.filter(pk=known.pk).update(last_name="New")
    stranger = confirmed(keep(now + timedelta(hours=1), at=now), at=now)
    Client.objects.filter(pk=known.client_id).update(email=NINA["email"], last_name="New")
    Client.objects.filter(pk=stranger.patient.client_id).update(email="moved@mail.example")

    found = confirmed(keep(now + timedelta(hours=4), at=now), at=now)

    assert stranger.patient_id != known.pk
    assert found.patient_id == known.pk


def test_what_is_not_offered_online_is_not_booked_however_one_asks(
    pages: Any, offered: Service, slot: str, clinic: TenantRef
) -> None:
    with use(clinic):
        Service.objects.filter(name="Hand therapy").update(offered="CONTACT")
        Service.objects.filter(pk=offered.pk).update(offered="STAFF")
    phone, unknown = pages(), "01900000-0000-7000-8000-000000000000"

    shown = text_of(phone.get("/book/"))
    answers = [
        (answer.status_code, answer.get("Location"))
        for pk in (offered.pk, unknown)
        for answer in (
            phone.get("/book/time/", {"service": pk}),
            phone.post("/book/confirm/", {"service": pk, "slot": slot, **NINA}),
        )
    ]

    assert "Follow-up" not in shown
    assert "Ring us to book this" in shown
    assert answers == [(302, "/book/")] * 4


def test_a_time_that_is_gone_is_told_with_others_and_what_was_typed_is_kept(
    pages: Any, offered: Service, slot: str, clinic: TenantRef, rita: User
) -> None:
    form = {"service": offered.pk, "slot": slot, **NINA}
    with use(clinic):
        staff = list(Practitioner.objects.filter(services=offered))
    for n in range(len(staff)):
        assert pages().post("/book/confirm/", {**form, "email": f"{n}@mail.example"}).status_code == 302

    answer = pages().post("/book/confirm/", form)

    text = text_of(answer)
    assert answer.status_code == 409
    assert "Nothing has been booked." in text
    assert "left knee" in text
    assert f'value="{slot}"' not in text
    assert text.count('name="slot"') >= 3


def test_the_same_form_twice_keeps_one_time(pages: Any, offered: Service, slot: str, clinic: TenantRef) -> None:
    form = {"service": offered.pk, "slot": slot, **NINA, "idempotency_key": "one-click"}

    first, second = (pages().post("/book/confirm/", form) for _ in range(2))

    assert first["Location"] == second["Location"]
    with use(clinic):
        assert Hold.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "nina"}, "Enter a valid email address."),
        ({"first_name": ""}, "This field is required."),
        ({"phone": "12"}, "“12” is not a phone number."),
        ({"website": "http://buy.example"}, "That did not work. Ring us to book."),
        ({"slot": "soon"}, "That time is no longer free."),
    ],
)
def test_what_cannot_be_kept_is_said_and_keeps_nothing(
    change: dict[str, str], sentence: str, pages: Any, offered: Service, slot: str, clinic: TenantRef
) -> None:
    answer = pages().post("/book/confirm/", {"service": offered.pk, "slot": slot, **NINA, **change})

    assert answer.status_code in (409, 422)
    assert sentence in text_of(answer)
    with use(clinic):
        assert not Hold.objects.exists()


def test_times_and_codes_run_out(pages: Any, offered: Service, slot: str, clinic: TenantRef, mailoutbox: Any) -> None:
    """Eight times an hour for one address; eight codes for one time, the right one after them included."""
    form = {"service": offered.pk, "slot": slot, **NINA}
    kept = pages().post("/book/confirm/", form)
    answers = [pages().post("/book/confirm/", form).status_code for _ in range(8)]
    run_due_jobs()
    tries = [pages().post(kept["Location"], {"code": "1"}).status_code for _ in range(8)]
    right = pages().post(kept["Location"], {"code": code_in(mailoutbox[-1])})

    assert answers[-1] == 429
    assert set(tries) == {422}
    assert right.status_code == 429
    with use(clinic):
        assert not Appointment.objects.exists()


def test_a_time_is_kept_for_a_quarter_of_an_hour_and_then_free_and_forgotten(keep: Any, now: datetime) -> None:
    later = now + timedelta(hours=1)
    held = keep(later, at=now)
    with pytest.raises(SlotTaken):
        keep(later, at=now)
    over = now + holds.HELD_FOR

    assert new_codes(hold_id=held.hold.pk, at=over) is None
    assert (lapse_holds(at=over - timedelta(seconds=1)), lapse_holds(at=over), lapse_holds(at=over)) == (0, 1, 0)
    assert Hold.objects.get(pk=held.hold.pk).details == ""
    assert keep(later, at=over).hold.is_open(over)


def test_short_notice_counts_from_when_the_time_was_kept(keep: Any, follow_up: Service, now: datetime) -> None:
    Service.objects.filter(pk=follow_up.pk).update(notice_minutes=60)

    visit = confirmed(keep(now + timedelta(minutes=60), at=now), at=now + timedelta(minutes=10))

    assert visit.status == Status.SCHEDULED


def test_a_service_for_new_patients_is_refused_to_who_turns_out_to_be_known(
    keep: Any, follow_up: Service, now: datetime
) -> None:
    confirmed(keep(now, at=now - timedelta(hours=1)), at=now - timedelta(hours=1))
    Appointment.objects.update(status=Status.COMPLETED)
    Service.objects.filter(pk=follow_up.pk).update(audience="NEW")
    held = keep(now + timedelta(hours=1), at=now)

    with pytest.raises(DomainError):
        confirmed(held, at=now)

    assert Hold.objects.get(pk=held.hold.pk).state == HoldState.OPEN
    assert Appointment.objects.count() == 1


def test_a_service_to_be_confirmed_is_asked_for(keep: Any, follow_up: Service, now: datetime) -> None:
    Service.objects.filter(pk=follow_up.pk).update(needs_confirmation=True)

    assert confirmed(keep(now + timedelta(hours=5), at=now), at=now).status == Status.REQUESTED


@pytest.mark.usefixtures("own_database")
def test_two_tabs_and_the_clock_at_one_moment_make_one_visit_or_none(now: datetime) -> None:
    clinic = tenant_called("clinic")
    with use(clinic):
        held = hold_time(
            service_id=Service.objects.get(name="Follow-up").pk,
            starts_at=now + timedelta(days=1),
            practitioner_id=None,
            booker=Booker(newcomer=Newcomer(first_name="Nina", last_name="New", email="nina@mail.example")),
            at=now,
        )
        made = new_codes(hold_id=held.hold.pk, at=now)
    assert made is not None
    just_before, barrier, results = held.hold.expires_at - timedelta(microseconds=1), Barrier(3), []

    def run(act: Any) -> None:
        try:
            with use(clinic):
                barrier.wait(timeout=10)
                results.append(act())
        except HoldIsOver:
            results.append("over")
        finally:
            connection.close()

    def confirm() -> Any:
        return confirm_hold(hold=held.hold, secret=held.secret, code=made[1], at=just_before).pk

    threads = [Thread(target=run, args=(act,)) for act in (confirm, confirm)]
    threads.append(Thread(target=run, args=(lambda: lapse_holds(at=held.hold.expires_at),)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    with use(clinic):
        visits = list(Appointment.objects.values_list("pk", flat=True))
        hold = Hold.objects.get()
    assert len(results) == 3
    assert (len(visits), hold.state) in {(1, HoldState.BOOKED), (0, HoldState.LAPSED)}
    assert ("over" in results) == (not visits)


def test_in_a_frame_it_is_booked_without_a_single_cookie(
    pages: Any, offered: Service, slot: str, clinic: TenantRef, mailoutbox: Any
) -> None:
    frame = pages()
    frame.client.handler.enforce_csrf_checks = True

    kept = frame.post("/book/embed/confirm/", {"service": offered.pk, "slot": slot, **NINA})
    run_due_jobs()
    booked = frame.post(kept["Location"], {"code": code_in(mailoutbox[-1])})

    assert kept["Location"].startswith("/book/embed/held/")
    assert booked["Location"] == kept["Location"]
    with use(clinic):
        assert Appointment.objects.get().status == Status.SCHEDULED


def test_a_framed_page_can_be_framed_where_the_practice_says_and_nowhere_else(pages: Any, ana: User) -> None:
    phone = pages()

    def framing(path: str) -> tuple[str | None, str]:
        answer = phone.get(path)
        policy = answer["Content-Security-Policy"]
        return answer.get("X-Frame-Options"), re.findall(r"frame-ancestors ([^;]+)", policy)[0]

    before = framing("/book/embed/")
    saved = pages(ana).post("/settings/booking/", {"sites": "https://www.clinic.example\nhttps://b.example:8443/"})
    refused = [
        pages(ana).post("/settings/booking/", {"sites": site})
        for site in ("https://*.example", "http://www.clinic.example", "https://a.example/page", "https://a.example; x")
    ]

    assert before == ("DENY", "'none'")
    assert saved.status_code == 302
    assert {answer.status_code for answer in refused} == {422}
    assert framing("/book/embed/") == (None, "'self' https://b.example:8443 https://www.clinic.example")
    assert framing("/book/") == ("DENY", "'none'")


def test_the_calendar_shows_that_a_time_is_being_booked_and_not_by_whom(
    pages: Any, api: Any, offered: Service, slot: str, rita: User, clinic: TenantRef, mailoutbox: Any
) -> None:
    form, day = {"service": offered.pk, "slot": slot, **NINA}, slot[:10]
    pages().post("/book/confirm/", form)
    kept = text_of(pages(rita).get("/calendar/", {"day": day, "view": "day"}))
    (held,) = api(rita).get(f"/api/scheduling/calendar/?from={day}&to={day}").json()["held"]
    with use(clinic):
        Hold.objects.update(expires_at=timezone.now())
        Service.objects.filter(pk=offered.pk).update(needs_confirmation=True)
    over = text_of(pages(rita).get("/calendar/", {"day": day, "view": "day"}))
    with use(clinic):
        lapse_holds(at=timezone.now())
    pages().post("/book/confirm/", form)
    run_due_jobs()
    pages().post(link_in(mailoutbox[-1], "book/held"))
    asked_for = text_of(pages(rita).get("/calendar/", {"day": day, "view": "day"}))

    assert re.search(r">Being booked online, until \d\d:\d\d</i>", kept)
    assert "Nina" not in kept
    assert datetime.fromisoformat(held["start_time"]) == datetime.fromisoformat(slot.partition("|")[0])
    assert "Being booked online" not in over + asked_for
    assert 'aria-label="1 request"' in asked_for
    assert 'aria-label="1 request' not in kept
