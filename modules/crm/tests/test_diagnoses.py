"""Diagnoses of an episode: what they were called stays, what holds of them changes, and the desk sees none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from history import former_states
from identity.models import User
from modules.crm.models import Code, Diagnosis, EpisodeOfCare, Patient
from modules.crm.selectors.diagnoses import diagnoses_of
from modules.crm.services import (
    Arrived,
    ContactDetails,
    EpisodeWords,
    PatientDetails,
    codes,
    episode_at_arrival,
    register_patient,
    set_episode_status,
    take_into_care,
)
from modules.crm.services.diagnoses import (
    DiagnosisChanged,
    DiagnosisInvalid,
    DiagnosisState,
    NotTheirsToDiagnose,
    change_diagnosis,
    record_diagnosis,
)
from modules.crm.services.episodes import NoDiagnosis
from tenancy import TenantRef
from tests.doors import Api, Pages

OURS = "urn:atrium:reasons:physiotherapy"


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, rita: User) -> Patient:
    """Whom Bo treats."""
    at = timezone.now()
    who = PatientDetails(first_name="Paul")
    patient = register_patient(patient=who, contact=ContactDetails(first_name="Paul"), by=rita, at=at)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=at)
    return patient


@pytest.fixture
def episode(paul: Patient, bo: User, rita: User) -> EpisodeOfCare:
    arrived = Arrived(patient_id=paul.pk, visit_id=uuid4(), practitioner_id=bo.pk, practitioner_name="Bo")
    pk = episode_at_arrival(arrived=arrived, choice="", by=rita, at=timezone.now())
    return EpisodeOfCare.objects.select_related("patient__client").get(pk=pk)


def diagnosed(episode: EpisodeOfCare, *, by: User, code: str = "KNEE-PAIN", text: str = "", **state: Any) -> Diagnosis:
    chosen = Code.objects.get(code=code).pk if code else None
    return record_diagnosis(
        episode=episode, code_id=chosen, text=text, state=DiagnosisState(**state), by=by, at=timezone.now()
    )


def test_a_diagnosis_keeps_what_its_code_meant_then(episode: EpisodeOfCare, bo: User, ana: User) -> None:
    knee = diagnosed(episode, by=bo)
    Code.objects.all().delete()

    kept = Diagnosis.objects.get(pk=knee.pk)

    assert (kept.code, kept.display, kept.system, kept.system_version) == ("KNEE-PAIN", "Knee pain", OURS, "1")


def test_an_episode_has_several_and_some_of_them_in_words(episode: EpisodeOfCare, bo: User) -> None:
    diagnosed(episode, by=bo)
    diagnosed(episode, by=bo, code="", text="  Painter's   knee ", role="arrival", verification="confirmed")

    told = [(each.display, each.code, each.role) for each in diagnoses_of(episode.patient, seen_by=bo)]

    assert told == [("Painter's knee", "", "arrival"), ("Knee pain", "KNEE-PAIN", "working")]


def test_without_a_code_or_words_there_is_none(episode: EpisodeOfCare, bo: User) -> None:
    for code_id, text in ((None, " "), (uuid4(), ""), (None, "x" * 301)):
        with pytest.raises(DiagnosisInvalid):
            record_diagnosis(
                episode=episode, code_id=code_id, text=text, state=DiagnosisState(), by=bo, at=timezone.now()
            )


def test_a_code_of_a_list_that_is_offered_no_more_is_refused(episode: EpisodeOfCare, bo: User, ana: User) -> None:
    codes.end_code_system(system=Code.objects.all()[0].system, by=ana, at=timezone.now())

    with pytest.raises(DiagnosisInvalid):
        diagnosed(episode, by=bo)


@pytest.mark.parametrize(
    "state",
    [
        {"role": "x"},
        {"verification": "x"},
        {"onset_on": date(2020, 2, 2), "ended_on": date(2020, 2, 1)},
        {"onset_on": timezone.now().date() + timedelta(days=2)},
    ],
)
def test_a_state_that_cannot_be_is_refused(episode: EpisodeOfCare, bo: User, state: Any) -> None:
    with pytest.raises(DiagnosisInvalid):
        diagnosed(episode, by=bo, **state)


def test_postgres_refuses_an_end_before_the_beginning(episode: EpisodeOfCare, bo: User) -> None:
    row = diagnosed(episode, by=bo, onset_on=date(2020, 2, 2))

    with pytest.raises(IntegrityError), transaction.atomic():
        Diagnosis.objects.filter(pk=row.pk).update(ended_on=date(2020, 2, 1))


def test_only_whoever_treats_diagnoses(episode: EpisodeOfCare, bea: User, rita: User) -> None:
    for stranger in (bea, rita):
        with pytest.raises(NotTheirsToDiagnose):
            diagnosed(episode, by=stranger)


def test_what_holds_changes_once_at_a_time_and_what_held_is_kept(episode: EpisodeOfCare, bo: User) -> None:
    knee = diagnosed(episode, by=bo)
    refuted = DiagnosisState(role="final", verification="refuted")

    changed = change_diagnosis(diagnosis=knee, state=refuted, seen=1, by=bo, at=timezone.now())
    with pytest.raises(DiagnosisChanged) as meanwhile:
        change_diagnosis(diagnosis=knee, state=DiagnosisState(), seen=1, by=bo, at=timezone.now())

    assert (changed.version, meanwhile.value.extra()) == (2, {"current": {"version": 2}})
    assert [row.verification for row in former_states(changed)] == ["provisional"]
    assert diagnoses_of(episode.patient, seen_by=bo) == []


def test_what_is_written_is_sealed(episode: EpisodeOfCare, bo: User) -> None:
    knee = diagnosed(episode, by=bo)

    with connection.cursor() as cursor:
        cursor.execute("SELECT code || display || code_digest FROM crm_diagnosis WHERE id = %s", [knee.pk])
        stored = cursor.fetchone()[0]

    assert "KNEE" not in stored
    assert "Knee" not in stored


def test_a_final_diagnosis_by_its_code_is_enough_to_close(episode: EpisodeOfCare, bo: User) -> None:
    def close() -> EpisodeOfCare:
        return set_episode_status(episode=episode, status="finished", words=EpisodeWords(), by=bo, at=timezone.now())

    refuted = diagnosed(episode, by=bo, role="final", verification="refuted")
    with pytest.raises(NoDiagnosis):
        close()
    change = DiagnosisState(role="final", verification="confirmed")
    change_diagnosis(diagnosis=refuted, state=change, seen=None, by=bo, at=timezone.now())

    assert close().status == "finished"


def test_the_desk_sees_no_diagnosis_anywhere(
    episode: EpisodeOfCare, bo: User, rita: User, api: Any, pages: Any
) -> None:
    knee = diagnosed(episode, by=bo)
    at = f"/api/patients/{episode.patient_id}"
    desk: Api = api(rita)

    assert desk.get(f"{at}/diagnoses/").status_code == 403
    assert desk.get(f"{at}/diagnoses/{knee.pk}/").status_code == 403
    assert b"Knee pain" not in desk.get(f"{at}/timeline/").content
    assert b"Knee pain" not in pages(rita).get(f"/patients/{episode.patient_id}/").content
    assert b"Diagnosis" not in pages(rita).get("/patients/?filters=open").content


def test_whoever_treats_records_and_confirms_by_the_api(episode: EpisodeOfCare, bo: User, bea: User, api: Any) -> None:
    door, at = api(bo), f"/api/patients/{episode.patient_id}/diagnoses/"
    chosen = door.get("/api/patients/codes/?text=kne+pain").json()["items"][0]

    made = door.post(at, {"episode_id": str(episode.pk), "code_id": chosen["id"], "onset_on": "2026-01-05"})
    one = f"{at}{made.json()['id']}/"
    etag = door.get(one)["ETag"]
    first = door.client.patch(
        one, '{"verification_status": "confirmed"}', content_type="application/json", headers={"If-Match": etag}
    )
    second = door.client.patch(one, '{"role": "final"}', content_type="application/json", headers={"If-Match": etag})

    assert (made.status_code, made.json()["display"], made.json()["system"]) == (201, "Knee pain", OURS)
    assert (first.status_code, first.json()["verification_status"]) == (200, "confirmed")
    assert (first.json()["role"], first.json()["onset_on"]) == ("working", "2026-01-05")
    assert (second.status_code, second.json()["code"]) == (409, "changed-meanwhile")
    assert api(bea).get(one).status_code == 404


def test_whoever_treats_records_on_the_page_and_sees_it_on_the_record(
    episode: EpisodeOfCare, bo: User, pages: Any
) -> None:
    door: Pages = pages(bo)
    of_episode = f"/patients/{episode.patient_id}/episodes/{episode.pk}/"
    choices = door.get("/patients/codes/?code_search=sholder").content.decode()
    assert "SHOULDER-PAIN" in choices
    form = {"code_id": str(Code.objects.get(code="SHOULDER-PAIN").pk), "role": "working", "verification": "confirmed"}

    refused = door.post(f"{of_episode}diagnoses/new/", form | {"onset_on": "2199-01-01"})
    done = door.post(f"{of_episode}diagnoses/new/", form)

    assert (refused.status_code, "checked" in refused.content.decode(), done.status_code) == (422, True, 302)
    for page in (of_episode, f"/patients/{episode.patient_id}/", f"/patients/{episode.patient_id}/timeline/"):
        assert "Shoulder pain" in door.get(page).content.decode()


def test_the_list_of_people_is_narrowed_by_diagnosis(episode: EpisodeOfCare, bo: User, bea: User, api: Any) -> None:
    diagnosed(episode, by=bo)
    asked = f"/api/patients/?diagnosis={OURS}|KNEE-PAIN"

    assert [each["first_name"] for each in api(bo).get(asked).json()["items"]] == ["Paul"]
    assert api(bo).get(f"/api/patients/?diagnosis={OURS}|HIP-PAIN").status_code == 422
    assert api(bea).get(asked).json()["items"] == []  # she treats nobody, and is offered no diagnoses
