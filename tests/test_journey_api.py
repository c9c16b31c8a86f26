"""One visit from the first call to paid, over the wire, at the very paths that clients rely on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.core import mail

from identity.models import User
from tenancy import TenantRef


def services_of(api: Any, user: User, name: str) -> dict[str, Any]:
    items = api(user).get("/api/scheduling/services/").json()["items"]
    return next(item for item in items if item["name"] == name)


def test_the_desk_registers_a_patient_and_books_a_service_in_a_room(api: Any, rita: User, soon: datetime) -> None:
    """E2E-01, E2E-02"""
    desk = api(rita)
    patient = desk.post("/api/patients/", {"first_name": "Paul", "last_name": "Weiss", "email": "paul@mail.example"})
    assert patient.status_code == 201

    service = services_of(api, rita, "Follow-up")
    slots = desk.get(
        "/api/scheduling/slots/", {"service_id": service["id"], "from": soon.date(), "to": soon.date()}
    ).json()
    slot = slots["items"][0]
    assert set(slot) == {"start_time", "end_time", "practitioner_id", "room_id", "location_id", "equipment_ids"}

    body = {
        "service_id": service["id"],
        "patient_id": patient.json()["id"],
        "start_time": slot["start_time"],
        "room_id": slot["room_id"],
        "practitioner_id": slot["practitioner_id"],
    }
    booked = desk.post("/api/scheduling/appointments/", body)
    assert booked.status_code == 201
    assert booked.json()["status"] == "SCHEDULED"
    assert booked.json()["start_time"] == slot["start_time"]

    again = desk.post("/api/scheduling/appointments/", body)
    problem = again.json()
    assert again.status_code == 409
    assert again["Content-Type"] == "application/problem+json"
    assert problem["code"] == "slot-taken"
    assert problem["alternatives"]


def test_a_retried_booking_returns_the_first_one(api: Any, rita: User, soon: datetime) -> None:
    desk = api(rita)
    patient = desk.post("/api/patients/", {"first_name": "Paul"}).json()
    service = services_of(api, rita, "Follow-up")
    body = {"service_id": service["id"], "patient_id": patient["id"], "start_time": soon.isoformat()}

    first = desk.post("/api/scheduling/appointments/", body, key="k-1")
    second = desk.post("/api/scheduling/appointments/", body, key="k-1")
    other = desk.post("/api/scheduling/appointments/", body | {"remark": "x"}, key="k-1")

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert second.json() == first.json()
    assert other.json()["code"] == "idempotency-key-reused"
    assert desk.get("/api/scheduling/appointments/").json()["count"] == 1


def test_a_confirmation_with_a_calendar_file_goes_out_through_the_worker(
    api: Any, rita: User, soon: datetime, run_jobs: Any
) -> None:
    desk = api(rita)
    patient = desk.post("/api/patients/", {"first_name": "Paul", "email": "paul@mail.example"}).json()
    service = services_of(api, rita, "Follow-up")
    desk.post(
        "/api/scheduling/appointments/",
        {"service_id": service["id"], "patient_id": patient["id"], "start_time": soon.isoformat()},
    )
    assert mail.outbox == []

    run_jobs()
    (confirmation,) = mail.outbox
    (name, content, media_type) = confirmation.attachments[0]
    assert confirmation.to == ["paul@mail.example"]
    assert (name, media_type.split(";")[0]) == ("visit.ics", "text/calendar")
    assert "BEGIN:VEVENT" in str(content)

    with time_machine.travel(soon - timedelta(hours=23)):
        run_jobs(at=soon - timedelta(hours=23))
    assert [message.subject.split(":")[0] for message in mail.outbox[1:]] == ["Tomorrow"]


def test_an_account_claims_its_record_by_verified_email(
    api: Any, clinic: TenantRef, rita: User, pia: User, soon: datetime
) -> None:
    """E2E-01.1"""
    desk = api(rita)
    patient = desk.post("/api/patients/", {"first_name": "Pia", "last_name": "Sand", "email": pia.email}).json()
    service = services_of(api, rita, "Follow-up")
    booked = desk.post(
        "/api/scheduling/appointments/",
        {"service_id": service["id"], "patient_id": patient["id"], "start_time": soon.isoformat()},
    ).json()
    portal = api(pia)
    assert portal.get("/api/scheduling/appointments/").json()["count"] == 0

    token = api(None).post("/api/token/", {"username": pia.email, "password": "correct-horse-battery"})
    assert token.status_code == 200

    assert [item["id"] for item in portal.get("/api/patients/").json()["items"]] == [patient["id"]]
    assert portal.get("/api/scheduling/appointments/").json()["count"] == 1
    moved = portal.patch(
        f"/api/scheduling/appointments/{booked['id']}/", {"start_time": (soon + timedelta(hours=1)).isoformat()}
    )
    assert moved.status_code == 200
    assert moved.json()["version"] == 2


def test_a_visit_is_checked_in_started_noted_and_completed_by_its_practitioner(
    api: Any, rita: User, bo: User, bea: User, soon: datetime
) -> None:
    desk, practitioner = api(rita), api(bo)
    patient = desk.post("/api/patients/", {"first_name": "Paul"}).json()
    service = services_of(api, rita, "Follow-up")
    bos = next(each["id"] for each in service["practitioners"] if each["name"] == "Bo")
    visit = desk.post(
        "/api/scheduling/appointments/",
        {
            "service_id": service["id"],
            "patient_id": patient["id"],
            "practitioner_id": bos,
            "start_time": soon.isoformat(),
        },
    ).json()
    address = f"/api/scheduling/appointments/{visit['id']}/"

    assert practitioner.patch(address, {"status": "COMPLETED"}).status_code == 409
    for status in ("CHECKED_IN", "IN_PROGRESS"):
        assert practitioner.patch(address, {"status": status}).json()["status"] == status
    assert practitioner.put(address + "note/", {"subjective": "Stairs easier.", "plan": "Load."}).status_code == 200
    assert practitioner.post(address + "note/signature/").status_code == 201
    assert practitioner.put(address + "note/", {"subjective": "No."}).json()["code"] == "note-signed"
    assert practitioner.patch(address, {"status": "COMPLETED"}).json()["status"] == "COMPLETED"

    assert desk.get(address + "note/").status_code == 403  # the desk never sees clinical notes
    assert api(bea).get(address).status_code == 404
