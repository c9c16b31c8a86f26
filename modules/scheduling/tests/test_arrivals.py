"""What is noted when somebody comes: item by item, by whom it is theirs to note, and nothing that cannot be true."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.models import User
from kernel.errors import Invalid, NotAllowed
from modules.crm.services.contacts.coverages import CoverageDetails, add_coverage
from modules.scheduling.boards import Filter, today_board
from modules.scheduling.domain.states import Status
from modules.scheduling.domain.vitals import OF_ANIMALS, OF_PEOPLE, Sign, measures_of
from modules.scheduling.models import Appointment, CheckIn, VitalSign
from modules.scheduling.services import Arrival, ChangedMeanwhile, NotArriving, note_arrival, set_status
from tenancy import TenantRef, use

KNEE = Arrival(identity="DOCUMENT", complaints="Left knee", vitals={Sign.PULSE: Decimal(72)})


@given(sign=st.sampled_from(list(Sign)), excess=st.decimals("0.01", "1000", places=2))
def test_what_lies_outside_of_its_measure_cannot_be(sign: Sign, excess: Decimal) -> None:
    measure = OF_PEOPLE[sign]

    assert measure.can_be(measure.low)
    assert measure.can_be(measure.high)
    assert not measure.can_be(measure.high + excess)
    assert not measure.can_be(measure.low - excess)


def test_animals_have_measures_of_their_own() -> None:
    assert (measures_of(is_animal=True), measures_of(is_animal=False)) == (OF_ANIMALS, OF_PEOPLE)
    assert Sign.PAIN not in OF_ANIMALS
    assert OF_ANIMALS[Sign.WEIGHT].can_be(Decimal("0.03"))


def test_an_arrival_checks_in_and_is_completed_item_by_item(book: Any, bo: User, now: datetime) -> None:
    visit = book(now)

    note_arrival(appointment=visit, arrival=Arrival(identity="ASKED"), by=bo, at=now)
    note_arrival(appointment=visit, arrival=Arrival(complaints="Left knee"), by=bo, at=now)
    vitals = {Sign.PULSE: Decimal(72), Sign.WEIGHT: Decimal("80.5")}
    note_arrival(appointment=visit, arrival=Arrival(vitals=vitals), by=bo, at=now)
    note_arrival(appointment=visit, arrival=Arrival(vitals={Sign.PULSE: Decimal(75)}), by=bo, at=now)
    note_arrival(appointment=visit, arrival=Arrival(vitals={Sign.WEIGHT: None}), by=bo, at=now)

    found = CheckIn.objects.get()
    assert Appointment.objects.get().status == Status.CHECKED_IN
    assert (found.identity, found.complaints) == ("ASKED", "Left knee")
    assert list(VitalSign.objects.values_list("sign", "value")) == [("PULSE", Decimal(75))]


@pytest.mark.parametrize(
    ("vitals", "field"),
    [
        ({Sign.PULSE: Decimal(900)}, "pulse"),
        ({Sign.TEMPERATURE: Decimal("36.66")}, "temperature"),
        ({Sign.SYSTOLIC: Decimal(80), Sign.DIASTOLIC: Decimal(120)}, "diastolic"),
    ],
)
def test_a_measure_that_cannot_be_true_is_refused_with_all_of_the_arrival(
    vitals: dict[Sign, Decimal], field: str, book: Any, bo: User, now: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        note_arrival(appointment=book(now), arrival=Arrival(identity="ASKED", vitals=vitals), by=bo, at=now)

    assert list(refused.value.fields) == [field]
    assert not CheckIn.objects.exists()


def test_the_desk_makes_sure_who_it_is_and_leaves_findings_to_who_treats(book: Any, rita: User, now: datetime) -> None:
    visit = book(now)

    note_arrival(appointment=visit, arrival=Arrival(identity="CARD"), by=rita, at=now)
    with pytest.raises(NotAllowed):
        note_arrival(appointment=visit, arrival=KNEE, by=rita, at=now)

    assert CheckIn.objects.get().identity == "CARD"


def test_nobody_arrives_for_what_was_missed_or_as_it_is_no_more(book: Any, bo: User, rita: User, now: datetime) -> None:
    visit = book(now)
    with pytest.raises(ChangedMeanwhile):
        note_arrival(appointment=visit, arrival=KNEE, version=visit.version + 1, by=bo, at=now)
    set_status(appointment=visit, status=Status.NO_SHOW, by=rita, at=now + timedelta(hours=1))

    with pytest.raises(NotArriving):
        note_arrival(appointment=visit, arrival=KNEE, by=bo, at=now)


@pytest.fixture
def arrived(clinic: TenantRef, book: Any, bo: User, now: datetime) -> Appointment:
    with use(clinic):
        visit: Appointment = book(now)
        note_arrival(appointment=visit, arrival=KNEE, by=bo, at=now)
    return visit


def test_findings_are_seen_by_who_treats_and_by_nobody_else(
    arrived: Appointment, pages: Any, api: Any, bo: User, rita: User, ana: User
) -> None:
    address = f"/appointments/{arrived.pk}/"
    wire = f"/api/scheduling/appointments/{arrived.pk}/check-in/"

    for user, sees in ((bo, True), (rita, False), (ana, False)):
        for page in (address, f"{address}check-in/"):
            assert ("Left knee" in pages(user).get(page).content.decode()) is sees, (str(user), page)
        answer = api(user).get(wire).json()
        assert (answer["identity"], answer["complaints"]) == ("DOCUMENT", "Left knee" if sees else None)
        assert (answer["vital_signs"] is not None) is sees


def test_the_form_keeps_what_was_typed_and_says_what_cannot_be(
    arrived: Appointment, pages: Any, bo: User, clinic: TenantRef
) -> None:
    address = f"/appointments/{arrived.pk}/check-in/"

    refused = pages(bo).post(address, {"identity": "KNOWN", "complaints": "Right knee", "pulse": "7200"})
    saved = pages(bo).post(address, {"identity": "KNOWN", "complaints": "Right knee", "pulse": "70"})

    assert (refused.status_code, saved.status_code) == (422, 302)
    assert "Right knee" in refused.content.decode()
    with use(clinic):
        assert CheckIn.objects.get().complaints == "Right knee"


def test_a_program_notes_an_arrival_too(book: Any, api: Any, bo: User, rita: User, now: datetime) -> None:
    address = f"/api/scheduling/appointments/{book(now).pk}/check-in/"

    noted = api(bo).put(address, {"complaints": "Neck", "vital_signs": {"TEMPERATURE": "36.6"}})
    refused = api(rita).put(address, {"vital_signs": {"PULSE": "70"}})

    assert (noted.status_code, refused.status_code) == (200, 403)
    assert [(row["sign"], row["value"], row["unit"]) for row in noted.json()["vital_signs"]] == [
        ("TEMPERATURE", "36.6", "Cel")
    ]


def test_an_insurance_that_is_over_on_the_day_is_said_when_booking_and_at_the_check_in(
    book: Any, pages: Any, api: Any, rita: User, now: datetime
) -> None:
    visit = book(now)
    ended = date(2025, 12, 31)
    details = CoverageDetails(kind="private", insurer="Hale & Sons", valid_until=ended)
    add_coverage(patient=visit.patient, details=details, by=rita)
    address = f"/appointments/{visit.pk}/"

    shown = [pages(rita).get(path).content.decode() for path in (f"{address}check-in/", address)]
    told = api(rita).get(f"/api/scheduling/appointments/{visit.pk}/check-list/").json()["insurance_lapsed"]

    assert ["(Hale &amp; Sons)" in page for page in shown] == [True, True]
    board = today_board(day=now.date(), zone=ZoneInfo("UTC"), wanted=Filter(), user=rita, at=now)
    assert [card.lapsed for lane in board.lanes for card in lane.cards] == [("Hale & Sons", ended)]
    assert told == {"insurer": "Hale & Sons", "ended_on": ended.isoformat()}
    assert "Hale" in pages(rita).get(f"/patients/choices/?patient_search={visit.patient.first_name}").content.decode()
    assert "Hale" in pages(rita).get(f"/appointments/new/?patient={visit.patient_id}").content.decode()
