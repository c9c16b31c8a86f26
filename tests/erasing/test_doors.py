"""Who sees what goes and has it done: by page and by API."""

from __future__ import annotations

from typing import Any

from identity.models import User
from modules.crm.models import Patient
from modules.scheduling.models import Appointment
from tenancy import TenantRef


def test_owners_see_what_goes_erase_and_print_the_receipt(
    treated: Patient, pages: Any, ana: User, clinic: TenantRef, run_jobs: Any
) -> None:
    Appointment.objects.update(status="COMPLETED")
    office, address = pages(ana), f"/patients/{treated.pk}/erasure/"
    shown = office.get(address).content.decode()
    mark = shown.split('name="mark" value="')[1].split('"')[0]

    stale = office.post(address, {"mark": "something else"})
    done = office.post(address, {"mark": mark})
    for _ in range(2):
        run_jobs()
    receipt = office.get(done["Location"]).content.decode()
    again = office.post(address, {"mark": mark})

    assert "NHS Records Management Code of Practice" in shown
    assert (stale.status_code, done.status_code, again["Location"]) == (409, 302, done["Location"])
    assert "Closed. The next of what is kept goes on" in receipt
    assert "Zwickel" not in receipt
    assert "Closed, a part is kept" in office.get("/patients/erasures/").content.decode()


def test_the_api_previews_erases_once_and_answers_with_the_receipt(
    quirina: Patient, api: Any, ana: User, run_jobs: Any
) -> None:
    program, whom = api(ana), {"patient_id": str(quirina.pk)}
    preview = program.post("/api/patients/erasure-previews/", whom).json()

    done = program.post("/api/patients/erasures/", whom | {"mark": preview["mark"]})
    for _ in range(2):
        run_jobs()
    again = program.post("/api/patients/erasures/", whom | {"mark": preview["mark"]})
    receipt = program.get(f"/api/patients/erasures/{done.json()['id']}/").json()

    assert (preview["problems"], done.status_code, done.json()["state"]) == ([], 201, "under_way")
    assert (again.json()["id"], receipt["state"]) == (receipt["id"], "done")
    assert {each["kind"]: each["deleted"] for each in receipt["kinds"]}["crm.Patient:none"] == 1


def test_nobody_but_owners_erases_and_they_prove_who_they_are(
    quirina: Patient, pages: Any, api: Any, rita: User
) -> None:
    assert pages(rita).get(f"/patients/{quirina.pk}/erasure/").status_code == 403
    assert api(rita).post("/api/patients/erasure-previews/", {"patient_id": quirina.pk}).status_code == 403


def test_years_are_set_by_page_and_api(pages: Any, api: Any, ana: User, in_clinic: TenantRef) -> None:
    office, program = pages(ana), api(ana)

    office.post("/settings/retention/clinical/", {"years": "12"})
    office.post("/settings/retention/money/", {"years": "many"})
    known = {each["kind"]: (each["years"], each["is_own"]) for each in program.get("/api/patients/retention/").json()}
    back = program.put("/api/patients/retention/clinical/", {"years": None}).json()

    assert known == {"clinical": (12, True), "money": (6, False)}
    assert (back["years"], back["is_own"]) == (8, False)
    assert program.put("/api/patients/retention/tea/", {"years": 1}).status_code == 404


def test_another_practice_erases_nobody_here(quirina: Patient, api: Any, cai: User, other: TenantRef) -> None:
    theirs = api(cai, other)

    seen = theirs.post("/api/patients/erasure-previews/", {"patient_id": quirina.pk})

    assert seen.status_code == 404
