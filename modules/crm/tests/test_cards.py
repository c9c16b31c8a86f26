"""People as cards for an address book: what goes on one, whose it is, and that nothing typed leaves its line."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from access.roles import change_right
from audit.models import AuditEntry
from identity.models import User
from modules.crm.domain.address_cards import Card, Way, write_card
from modules.crm.domain.imports.reading import read_table
from modules.crm.models import Patient
from modules.crm.selectors.cards import cards_of
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.crm.services.contacts.points import PointDetails, add_contact_point
from tenancy import TenantRef, use

ANNA = Card(
    id=UUID("018f0000-0000-7000-8000-000000000001"),
    first_name="Anna",
    last_name="Weiß-Ó Briain",
    birth_date=date(1990, 5, 3),
    sex="female",
    phones=(Way("+447700900118", "cell"), Way("+442079460000", "work")),
    emails=(Way("anna@mail.example"),),
    street="1, Mill Street; flat 2",
    postal_code="LS1 4AB",
    city="Leeds",
    country="GB",
)
INJECTED = "x\r\nTEL:+1900\nEND:VCARD\r\nBEGIN:VCARD\u2028NOTE:y;,\\n\x00\x0b"


def test_a_card_is_read_again_as_it_was_written() -> None:
    text = write_card(ANNA)

    assert text.startswith("BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert "TEL;PREF=1;TYPE=cell:+447700900118\r\nTEL;TYPE=work:+442079460000\r\n" in text
    assert "BDAY:19900503\r\n" in text
    (row,) = read_table(text.encode()).rows
    assert row.cells == [
        "Anna", "Weiß-Ó Briain", "", "", "19900503", "F", "+447700900118", "anna@mail.example",
        "1, Mill Street; flat 2", "LS1 4AB", "Leeds", "", "GB",
    ]  # fmt: skip


WORDS = [each.name for each in fields(Card) if each.type == "str" and each.name != "sex"]


@pytest.mark.parametrize("name", WORDS)
def test_a_new_line_in_a_field_adds_none_to_the_card(name: str) -> None:
    assert _names_of_lines(write_card(replace(ANNA, **{name: INJECTED}))) <= ALLOWED


@given(st.builds(lambda text: replace(ANNA, last_name=text, note=text, phones=(Way(text),)), st.text()))
def test_whatever_is_typed_a_card_is_one_card(card: Card) -> None:
    text = write_card(card)

    assert _names_of_lines(text) <= ALLOWED
    assert len(list(vobject.readComponents(text))) == 1


ALLOWED = set("BEGIN VERSION UID FN N NICKNAME ORG BDAY GENDER NOTE RELATED TEL EMAIL ADR END".split())


def _names_of_lines(text: str) -> set[str]:
    """Return what the lines are called; each but the last begins and ends once."""
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines.pop() == ""
    names = [line.partition(":")[0].partition(";")[0] for line in lines]
    assert not any(sign in text.replace("\r\n", "") for sign in "\r\n\x0b\x00\u2028\x85")
    assert (names.count("BEGIN"), names.count("END"), names.count("TEL")) == (1, 1, names.count("TEL"))
    assert names.count("TEL") <= 2
    return set(names)


@pytest.fixture
def child(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    patient = register_patient(
        patient=PatientDetails(first_name="Luca", last_name="Rossi", preferred_name="Lu"),
        contact=ContactDetails(first_name="Anna", last_name="Rossi", phone="07700 900118", email="anna@mail.example"),
        by=rita,
        at=now,
    )
    add_contact_point(
        client=patient.client, details=PointDetails(system="phone", value="0113 496 0000", use="work"), by=rita
    )
    return patient


def test_a_child_has_a_card_of_its_own_that_says_whom_one_rings(child: Patient) -> None:
    (card,) = cards_of([child])

    assert (card.name, card.nickname, card.written_to) == ("Luca Rossi", "Lu", "Anna Rossi")
    assert card.phones == (Way("+447700900118"), Way("+441134960000", "work"))


def test_of_animals_there_is_their_owners_card_once(in_other: TenantRef, cai: User, now: datetime) -> None:
    owner = ContactDetails(first_name="Vera", last_name="Vogel", phone="07700 900700")
    rex = register_patient(patient=PatientDetails(first_name="Rex", species="Dog"), contact=owner, by=cai, at=now)
    details = PatientDetails(first_name="Mia", species="Cat")
    mia = register_patient(patient=details, contact=None, client_id=rex.client_id, by=cai, at=now)

    (card,) = cards_of([rex, mia])

    assert (card.name, card.note, card.birth_date) == ("Vera Vogel", "Rex (Dog), Mia (Cat)", None)


def test_cards_are_for_who_may_take_people_along_and_the_log_says_of_whom(
    child: Patient, api: Any, pages: Any, ana: User, rita: User, cai: User, clinic: TenantRef, other: TenantRef,
    now: datetime,
) -> None:  # fmt: skip
    at = f"/patients/{child.pk}/card/"
    answer = pages(ana).get(at)
    assert answer["Content-Type"] == "text/vcard; charset=utf-8"
    assert b"FN:Luca Rossi\r\n" in b"".join(answer.streaming_content)
    assert AuditEntry.objects.filter(action="crm.patient.exported", listed=[child.pk]).count() == 1
    assert b"".join(api(ana).get(f"/api{at}").streaming_content).count(b"BEGIN:VCARD") == 1
    book = b"".join(api(ana).get("/api/patients/export/?file=vcf&search=Luca").streaming_content)
    assert book.count(b"BEGIN:VCARD") == 1
    assert at in pages(ana).get(f"/patients/{child.pk}/").content.decode()

    assert (pages(rita).get(at).status_code, api(rita).get(f"/api{at}").status_code) == (403, 403)
    assert at not in pages(rita).get(f"/patients/{child.pk}/").content.decode()
    assert (pages(cai, other).get(at).status_code, api(cai, other).get(f"/api{at}").status_code) == (404, 404)
    with use(clinic):
        change_right(role="owner", permission="crm.export_people", reach=None, reason="x", by=ana, at=now)
    assert pages(ana).get(at).status_code == 403
