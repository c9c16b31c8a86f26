"""What somebody is treated for begins at a check-in: once, however often they are checked in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from identity.models import User
from modules.crm.domain.episodes import ALLOWED, EpisodeStatus
from modules.crm.models import EpisodeOfCare, Patient
from modules.crm.public import NoSuchEpisode
from modules.crm.services import Arrived, EpisodeWords, episode_at_arrival, set_episode_status
from modules.crm.services.episodes import EpisodeStatusNotAllowed, NoDiagnosis
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Practitioner
from modules.scheduling.services import Arrival, note_arrival, set_status
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

DIAGNOSIS = "Patellar tendinopathy"


def come(visit: Appointment, *, by: User, at: datetime, episode: str = "") -> Any:
    note_arrival(appointment=visit, arrival=Arrival(episode=episode), by=by, at=at)
    return Appointment.objects.get(pk=visit.pk).episode_id


def test_the_first_check_in_begins_one_and_those_with_the_same_practitioner_go_on_with_it(
    book: Any, beas_calendar: Practitioner, rita: User, now: datetime
) -> None:
    first, second = book(now), book(now + timedelta(hours=1))
    elsewhere = book(now + timedelta(hours=4), practitioner_id=beas_calendar.pk)

    begun = come(first, by=rita, at=now)

    assert begun is not None
    assert come(second, by=rita, at=now) == begun
    assert come(elsewhere, by=rita, at=now) not in {begun, None}


def test_a_check_in_that_is_repeated_or_taken_back_begins_one_only(book: Any, rita: User, now: datetime) -> None:
    visit = book(now)
    for status in (Status.CHECKED_IN, Status.CHECKED_IN, Status.SCHEDULED, Status.CHECKED_IN):
        set_status(appointment=visit, status=status, by=rita, at=now)

    assert EpisodeOfCare.objects.get().opened_for == visit.pk


def test_the_desk_says_which_one_a_new_one_or_none(
    book: Any, rita: User, now: datetime, beas_calendar: Practitioner
) -> None:
    first, second, third = book(now), book(now + timedelta(hours=1)), book(now + timedelta(hours=4))
    begun = come(first, by=rita, at=now)
    other = come(second, by=rita, at=now, episode="new")

    assert other not in {begun, None}
    assert come(second, by=rita, at=now, episode="new") == other
    assert come(second, by=rita, at=now, episode=str(begun)) == begun
    assert come(third, by=rita, at=now, episode="none") is None
    strangers = book(now, practitioner_id=beas_calendar.pk, patient_id=register("Quin", by=rita, at=now).pk)
    for wrong in (str(begun), "nonsense"):
        with pytest.raises(NoSuchEpisode):
            come(strangers, by=rita, at=now, episode=wrong)


@pytest.fixture
def episode(book: Any, rita: User, now: datetime) -> EpisodeOfCare:
    come(book(now), by=rita, at=now)
    return EpisodeOfCare.objects.get()


def test_states_follow_one_another_as_is_allowed_and_closing_asks_for_a_diagnosis(
    episode: EpisodeOfCare, bo: User, now: datetime
) -> None:
    def to(status: EpisodeStatus, **words: str) -> EpisodeOfCare:
        return set_episode_status(episode=episode, status=status, words=EpisodeWords(**words), by=bo, at=now)

    with pytest.raises(NoDiagnosis):
        to(EpisodeStatus.FINISHED)
    closed = to(EpisodeStatus.FINISHED, final_diagnosis=DIAGNOSIS)
    assert (closed.closed_at, closed.closed_by_name, closed.final_diagnosis) == (now, str(bo), DIAGNOSIS)
    assert to(EpisodeStatus.FINISHED).pk == closed.pk
    with pytest.raises(EpisodeStatusNotAllowed):
        to(EpisodeStatus.CANCELLED)
    assert to(EpisodeStatus.ACTIVE).closed_at is None
    assert ALLOWED[EpisodeStatus.CANCELLED] == frozenset()


def test_who_treats_reads_and_closes_it_and_the_desk_sees_no_diagnosis(
    clinic: TenantRef, episode: EpisodeOfCare, pages: Any, api: Any, bo: User, rita: User, ana: User
) -> None:
    patient = f"/patients/{episode.patient_id}/"
    address = f"{patient}episodes/{episode.pk}/"
    words = {"title": "Knee", "arrival_diagnosis": "Knee pain", "final_diagnosis": ""}

    assert pages(bo).post(address, words).status_code == 302
    unfinished = pages(bo).post(address, words | {"status": "finished"})
    assert (unfinished.status_code, "Knee pain" in unfinished.content.decode()) == (422, True)
    assert pages(bo).post(address, words | {"status": "nonsense"}).status_code == 409
    assert "Knee" in pages(bo).get(patient).content.decode()
    for door, user in ((pages, rita), (pages, ana), (api, rita)):
        assert door(user).get(address if door is pages else f"/api{patient}episodes/").status_code in {403, 404}
    closed = api(bo).patch(f"/api{address}", {"status": "finished", "final_diagnosis": DIAGNOSIS}).json()
    assert (closed["status"], closed["title"], closed["final_diagnosis"]) == ("finished", "Knee", DIAGNOSIS)
    assert [each["id"] for each in api(bo).get(f"/api{patient}episodes/").json()["items"]] == [str(episode.pk)]


def test_of_many_check_ins_at_once_one_begins(own_database: None, now: datetime) -> None:
    clinic = tenant_called("clinic")
    with use_platform():
        desk = User.objects.get(email="rita@clinic.example")
    with use(clinic):
        patient = register("Paul", by=desk, at=now)
        person = Practitioner.objects.order_by("name").first()
        assert person is not None

    def arrive(number: int) -> Any:
        whose = {"practitioner_id": person.pk, "practitioner_name": person.name}
        arrived = Arrived(patient_id=patient.pk, visit_id=Patient().pk if number else patient.pk, **whose)
        with use(clinic):
            return episode_at_arrival(arrived=arrived, choice="", by=desk, at=now)

    found = set(all_at_once([lambda number=number: arrive(number) for number in range(10)]))

    with use(clinic):
        assert {each.pk for each in EpisodeOfCare.objects.all()} == found
    assert len(found) == 1
