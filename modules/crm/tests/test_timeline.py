"""The line of a record: everything that happened, each entry for whom it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filestore.models import StoredFile
from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.services import draft_invoice_for_visit, issue_invoice, record_payment
from modules.crm.domain.timeline import Place, TimelineEntry, newest
from modules.crm.models import ConsentText, Document, DocumentVersion, Patient, Visibility
from modules.crm.selectors import read_timeline
from modules.crm.services import (
    ContactDetails,
    Evidence,
    PatientDetails,
    Signer,
    register_patient,
    save_note,
    sign_consent,
)
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from notify.models import Message
from notify.sending import deliver_message
from tenancy import TenantRef, use

BEGAN = datetime(2031, 3, 1, 9, tzinfo=UTC)


def entry(minutes: int, key: int) -> TimelineEntry:
    at = BEGAN + timedelta(minutes=minutes)
    return TimelineEntry(kind="x", at=at, key=UUID(int=key), title="", icon="")


places = st.tuples(st.integers(0, 3), st.integers(1, 40))


@given(lines=st.lists(st.sets(places, max_size=8), max_size=4), limit=st.integers(1, 5))
def test_page_after_page_the_lines_make_one_line_without_gaps(lines: list[set[tuple[int, int]]], limit: int) -> None:
    """However many entries are of the same moment, each stands on one page, in its order."""
    line, told = [[entry(*place) for place in sorted(each, reverse=True)] for each in lines], []
    before: Place | None = None
    while True:
        rest = [[each for each in one if before is None or each.place < before] for one in line]
        page = newest(rest, limit)
        if not page:
            break
        told += [each.place for each in page]
        before = page[-1].place

    distinct = sorted({each.place for one in line for each in one}, reverse=True)
    assert list(dict.fromkeys(told)) == distinct


@given(at=st.datetimes(timezones=st.just(UTC)), key=st.uuids())
def test_a_place_is_read_from_the_link_that_it_wrote(at: datetime, key: UUID) -> None:
    assert Place.read(str(Place(at, key))) == Place(at, key)


@given(text=st.text(max_size=60))
def test_nonsense_is_no_place(text: str) -> None:
    assert Place.read(text) is None or str(Place.read(text))


@pytest.fixture
def lived(in_clinic: TenantRef, bo: User, rita: User, soon: datetime) -> Patient:
    """Somebody who brought a letter, was written to, agreed, came, was written about, and paid a part of the bill."""
    contact = ContactDetails(first_name="Paul", email="paul@mail.example")
    who = {"patient": PatientDetails(first_name="Paul"), "contact": contact}
    patient = register_patient(**who, by=rita, at=soon)
    text = ConsentText.objects.current()[0]
    signed = {"signer": Signer(name="Paul"), "evidence": Evidence(digest=text.digest)}
    sign_consent(patient=patient, text=text, **signed, by=rita, at=soon - timedelta(minutes=5))
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
        patient_id=patient.pk,
        starts_at=soon,
    )
    visit = book_appointment(wish=wish, by=rita, at=soon - timedelta(days=1))
    (written,) = Message.objects.filter(cause__startswith="scheduling.booked")
    deliver_message(written, at=soon - timedelta(minutes=6))
    for visibility, minutes in ((Visibility.STAFF, 7), (Visibility.CLINICIANS, 8)):
        paper = {"kind": "LETTER", "title": "From the doctor", "dated": soon, "visibility": visibility}
        at = soon - timedelta(minutes=minutes)
        filed = Document.objects.create(patient=patient, **paper, created_at=at, by_id=rita.pk, by_name="Rita")
        file = StoredFile.objects.create(key=visibility, name="x.pdf", media_type="x", size=1, digest="x")
        DocumentVersion.objects.create(document=filed, number=1, file=file, added_at=at, by_id=rita.pk, by_name="Rita")
    for plan, hours in (("Rest.", 1), ("Load.", 2)):
        at = soon + timedelta(hours=hours)
        save_note(patient=patient, appointment_id=None, sections={"plan": plan}, shared=False, by=bo, at=at)
    drafted = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=soon + timedelta(hours=3))
    invoice = issue_invoice(invoice=drafted, by=rita, at=soon + timedelta(hours=3))
    paid = {"amount": Money(100, "GBP"), "method": Method.CASH, "by": rita}
    record_payment(invoice=invoice, **paid, at=soon + timedelta(hours=4))
    return patient


SEEN = {
    "bo": ["invoice", "note", "note", "visit", "consent", "document", "document"],  # money and mails are the desk's
    "rita": ["payment", "invoice", "visit", "consent", "message", "document"],
    "ana": [
        "payment",
        "invoice",
        "visit",
        "consent",
        "message",
        "document",
    ],  # she treats others
}


@pytest.mark.parametrize("name", SEEN)
def test_each_reads_of_the_line_what_they_may_see_elsewhere(
    name: str, lived: Patient, soon: datetime, request: Any
) -> None:
    user, later = request.getfixturevalue(name), soon + timedelta(days=1)

    whole = read_timeline(lived, seen_by=user, at=later)
    first = read_timeline(lived, seen_by=user, at=later, limit=2)
    second = read_timeline(lived, seen_by=user, at=later, limit=2, before=first.next)

    assert [each.kind for each in whole.entries] == SEEN[name]
    assert [each.kind for each in (*first.entries, *second.entries)] == SEEN[name][:4]
    assert read_timeline(lived, seen_by=user, at=later, kind="note").entries == [
        each for each in whole.entries if each.kind == "note"
    ]
    earlier = read_timeline(lived, seen_by=user, at=soon - timedelta(minutes=2))
    assert "visit" not in {each.kind for each in earlier.entries}  # it is to come: above the line


def test_the_line_is_on_the_record_on_a_page_of_its_own_and_in_the_api(
    lived: Patient, clinic: TenantRef, pages: Any, api: Any, bo: User, rita: User
) -> None:
    browser, program, page = pages(bo), api(bo), f"/patients/{lived.pk}/"

    assert "Load." in browser.get(page).content.decode()
    assert "Load." not in pages(rita).get(page).content.decode()
    notes = browser.get(f"{page}timeline/", {"kind": "note"}).content.decode()
    assert ("Load." in notes, "Follow-up" in notes) == (True, False)
    assert browser.get(f"{page}timeline/", {"kind": "poems"}).status_code == 404
    assert browser.get(f"{page}timeline/", {"before": "yesterday"}).status_code == 404
    assert pages(rita).get(f"{page}timeline/", {"kind": "note"}).status_code == 404
    answer = program.get(f"/api{page}timeline/?limit=2").json()
    assert [each["kind"] for each in answer["items"]] == SEEN["bo"][:2]
    older = program.get(f"/api{page}timeline/?kind=note&before={quote(answer['next'])}").json()
    assert [[text["text"] for text in each["texts"]] for each in older["items"]] == [["Rest."]]
    assert older["next"] is None
    assert program.get(f"/api{page}timeline/?kind=poems").status_code == 422
    with use(clinic):
        assert lived.notes.count() == 2
