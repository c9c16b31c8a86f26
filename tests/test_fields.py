"""What a role must not see of a record is in no answer: marked texts are planted, and every door is opened."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from access.fields import FieldNotAllowed, guarded_fields, hidden_fields, visible_fields
from access.presets import declared_permissions
from access.roles import change_right
from filestore.tests.uploads import pdf
from identity.models import User
from modules.billing.services import draft_invoice_for_visit, issue_invoice
from modules.crm.models import EpisodeOfCare, ExerciseVersion, MeasureKind, Note, Patient
from modules.crm.services import (
    Arrived,
    Before,
    ContactDetails,
    DocumentDetails,
    PatientDetails,
    Upload,
    Written,
    add_document,
    change_patient,
    claim_records,
    episode_at_arrival,
    register_patient,
    save_draft,
    save_note,
    scan_version,
    sign_note,
)
from modules.crm.services.contacts.coverages import CoverageDetails, add_coverage
from modules.crm.services.contacts.identity import IdentityDetails, add_identity_document
from modules.crm.services.diagnoses import DiagnosisState, record_diagnosis
from modules.crm.services.exercises import ItemDetails, SheetDetails, compose_sheet
from modules.crm.services.measures import Measured, measure
from modules.crm.services.plans import GoalDetails, PlanDetails, write_plan
from modules.crm.tests.flags import warned
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Arrival, Wish, book_appointment, note_arrival
from tenancy import TenantRef
from tests.addresses import api_operations, page_patterns

ROOT = Path(__file__).resolve().parents[1]
ALERT, DRAFT, SIGNED, GIVEN, WHY = "MARK-ALERT", "MARK-DRAFT", "MARK-SIGNED", "MARK-GIVEN", "MARK-WHY"
PLAN, AGREED = "MARK-PLAN", "MARK-AGREED"  # treatment plans: kept to those who treat, and shown on the portal
TAX, PAYS = "MARKTAXCODE", "MARKPAYSTAX"
PAPER, COMMON, SENT = "MARK-PAPER", "MARK-COMMON", "MARK-SENT"  # documents: for who treats, for all, for the patient
KEPT_CLOSE = "MARK-CLOSE"  # a flag for whoever treats
PASS, CARD, INSURER = "MARKPASS01", "MARKCARD01", "MARK-INSURER"  # a passport's number, an insurance's, and who insures
FOUND, MEASURED = "MARK-FOUND", "MARK-MEASURED"  # a diagnosis, and the remark beside a value
CLINICAL, IDENTITY = (
    {FOUND, MEASURED, ALERT, KEPT_CLOSE, DRAFT, SIGNED, GIVEN, WHY, PLAN, AGREED},
    {TAX, PAYS, PASS, CARD},
)
PAPERS = {PAPER, COMMON, SENT}
MARKS = CLINICAL | IDENTITY | PAPERS | {INSURER}
# Who finds which of them, somewhere. Bo treats Pia; Bea does not, and has no visit with her.
SEES = {
    "ana": {ALERT, COMMON, SENT, INSURER, *IDENTITY},
    "bo": CLINICAL | PAPERS | {INSURER},
    "bea": set(),
    "rita": {ALERT, COMMON, SENT, INSURER, *IDENTITY},
    "pia": {GIVEN, SENT, AGREED},
}
SECTIONS = ("subjective", "objective", "assessment", "plan")
NAMED = re.compile(r"<(?:\w+:)?(\w+)>|\{(\w+)\}")


@pytest.fixture
def ids(in_clinic: TenantRef, ana: User, bo: User, rita: User, pia: User, soon: datetime) -> dict[str, str]:
    """Pia's record with an alert and a note of every kind, a visit, and its invoice. Returns what addresses need."""
    now = timezone.now()
    patient = register_patient(
        patient=PatientDetails(first_name="Pia", last_name="Walker", tax_code=TAX),
        contact=ContactDetails(first_name="Pia", last_name="Walker", email=pia.email, tax_code=PAYS),
        by=ana,
        at=now,
    )
    warned(patient, ALERT, by=ana, at=now)
    passport = IdentityDetails(kind="passport", number=PASS)
    paper = add_identity_document(patient=patient, of_client=False, details=passport, by=rita)
    card = add_coverage(patient=patient, details=CoverageDetails(kind="private", insurer=INSURER, number=CARD), by=rita)
    visits = [_visit(patient, bo, soon + timedelta(days=day), by=rita) for day in range(3)]
    for visit, mark in zip(visits, (DRAFT, SIGNED, GIVEN), strict=True):
        text = dict.fromkeys(SECTIONS, mark)
        shared = mark in (GIVEN, DRAFT)
        note = save_note(patient=patient, appointment_id=visit.pk, sections=text, shared=shared, by=bo, at=now)
        marks = [{"view": "front", "region": "left-knee", "kind": "pain", "text": mark}]
        written = Written(sections={}, shared=shared, marks=marks)
        save_draft(note=note, written=written, before=Before(seen=note.seen), by=bo, at=now)
        if mark != DRAFT:
            sign_note(note=note, by=bo, at=now)
    invoice = draft_invoice_for_visit(appointment_id=visits[0].pk, by=rita, at=now)
    issue_invoice(invoice=invoice, by=rita, at=now)
    note_arrival(appointment=visits[0], arrival=Arrival(complaints=WHY), by=bo, at=now)
    claim_records(user=pia, verified_emails=[pia.email], at=now)
    warned(patient, KEPT_CLOSE, by=bo, at=now, reach="TREATING", advice=KEPT_CLOSE)
    for mark in (PLAN, AGREED):
        goals = [GoalDetails(text=mark, target=mark)]
        details = PlanDetails(title=mark, text=mark, starts_on=now.date(), shared=mark == AGREED, goals=goals)
        write_plan(patient=patient, details=details, by=bo, at=now)
        _exercise(patient, mark, by=bo, at=now)
    _examine(patient, visits[0], by=bo, at=now)
    _file(patient, {PAPER: "CLINICIANS", COMMON: "STAFF", SENT: "SHARED"}, by=bo)
    rows = {"patient": patient, "appointment": visits[0], "invoice": invoice}
    rows |= {"identity_document": paper, "coverage": card}
    return {f"{name}_id": str(row.pk) for name, row in rows.items()}


def _exercise(patient: Patient, mark: str, *, by: User, at: datetime) -> None:
    item = ItemDetails(exercise_id=ExerciseVersion.objects.current()[0].exercise_id, words=mark)
    sheet = SheetDetails(title=mark, words=mark, since=at.date(), shared=mark == AGREED, items=[item])
    compose_sheet(patient=patient, details=sheet, by=by, at=at)


def _examine(patient: Patient, visit: Appointment, *, by: User, at: datetime) -> None:
    """Find something, and measure it."""
    whose = {"practitioner_id": visit.practitioner_id, "practitioner_name": "Bo"}
    arrived = Arrived(patient_id=patient.pk, visit_id=visit.pk, **whose)
    episode_at_arrival(arrived=arrived, choice="new", by=by, at=at)
    episode = EpisodeOfCare.objects.select_related("patient__client").get(opened_for=visit.pk)
    record_diagnosis(episode=episode, code_id=None, text=FOUND, state=DiagnosisState(), by=by, at=at)
    said = Measured(value="1", comment=MEASURED)
    measure(patient=patient, kind=MeasureKind.objects.all()[0], measured=said, by=by, at=at)


def _file(patient: Patient, papers: dict[str, str], *, by: User) -> None:
    """File a document for each mark: called by it, and its file, too."""
    now = timezone.now()
    for mark, visibility in papers.items():
        details = DocumentDetails(title=mark, dated=now.date(), visibility=visibility)
        upload = Upload(name=f"{mark}.pdf", content=pdf())
        document = add_document(patient=patient, details=details, upload=upload, by=by, at=now)
        scan_version(version_id=document.latest.pk, at=now)


def _visit(patient: Patient, practitioner: User, starts_at: datetime, *, by: User) -> Appointment:
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=patient.pk,
        practitioner_id=Practitioner.objects.get(user_id=practitioner.pk).pk,
        starts_at=starts_at,
    )
    return book_appointment(wish=wish, by=by, at=timezone.now())


def outlets(ids: dict[str, str], day: str) -> list[str]:
    """Return every address that is read by GET and can be filled in, and the searches that lead to a record."""
    patterns = [path for path, _ in page_patterns()]
    patterns += [path for method, path, _ in api_operations() if method == "GET"]
    searches = [
        "/patients/?q=Pia",
        "/patients/choices/?patient_search=Pia",
        "/api/patients/?search=Pia",
        "/search/?q=Pia",
        "/api/search/?text=Pia",
    ]
    searches += [f"/calendar/?day={day}", f"/calendar/?day={day}&view=week", "/invoices/?q=Walker"]
    searches += [f"/appointments/new/?patient={ids['patient_id']}", f"/today/?day={day}"]
    return [*searches, *(filled for path in patterns if (filled := _filled(path, ids)))]


def _filled(path: str, ids: dict[str, str]) -> str:
    names = {found[1] or found[2] for found in NAMED.finditer(path)}
    return NAMED.sub(lambda found: ids[found[1] or found[2]], path) if names <= set(ids) else ""


@pytest.mark.parametrize("name", SEES)
def test_no_outlet_shows_a_field_to_whom_it_is_closed(
    name: str, ids: dict[str, str], pages: Any, api: Any, request: Any, soon: datetime
) -> None:
    user = request.getfixturevalue(name)
    browser, program = pages(user), api(user)
    found: dict[str, set[str]] = {}
    for path in outlets(ids, soon.date().isoformat()):
        answer = (program if path.startswith("/api/") else browser).get(path)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        found |= {path: marks} if (marks := {mark for mark in MARKS if mark.encode() in text}) else {}

    assert {path: marks - SEES[name] for path, marks in found.items() if marks - SEES[name]} == {}
    assert set().union(*found.values()) == SEES[name]  # what is theirs to see, they do find


def test_what_is_closed_is_null_on_the_wire(ids: dict[str, str], api: Any, rita: User, bo: User, pia: User) -> None:
    address = f"/api/patients/{ids['patient_id']}/"

    seen = {name: api(user).get(address).json()["flags"] for name, user in (("rita", rita), ("bo", bo), ("pia", pia))}

    assert [flag["text"] for flag in seen["rita"]] == [ALERT]
    assert {flag["text"] for flag in seen["bo"]} == {ALERT, KEPT_CLOSE}
    assert seen["pia"] is None


def test_the_desk_keeps_the_registration_and_raises_no_flag_about_health(
    ids: dict[str, str], pages: Any, api: Any, rita: User
) -> None:
    address, desk = f"/api/patients/{ids['patient_id']}/", api(rita)
    form = {"first_name": "Pia", "last_name": "Walker-Roth", "email": "pia@clinic.example"}

    assert pages(rita).post(f"/patients/{ids['patient_id']}/edit/", form).status_code == 302
    (theirs,) = desk.get(address).json()["flags"]
    refused = desk.patch(f"{address}flags/{theirs['id']}/", {"text": "none"})
    raised = desk.post(f"{address}flags/", {"category": "ALLERGY", "severity": "INFO", "text": "x"})
    debt = desk.post(f"{address}flags/", {"category": "ADMINISTRATIVE", "severity": "INFO", "text": "Owes 40"})

    assert (refused.status_code, refused.json()["code"]) == (403, "flag-not-allowed")
    assert (raised.status_code, raised.json()["code"]) == (403, "flag-not-allowed")
    assert debt.status_code == 201
    assert [each["text"] for each in desk.get(address).json()["flags"]] == [ALERT, "Owes 40"]
    assert desk.patch(address, {"phone": "07700 900118"}).status_code == 200


def test_a_service_refuses_whatever_the_door(ids: dict[str, str], bo: User) -> None:
    patient = Patient.objects.select_related("client").get(pk=ids["patient_id"])
    contact = ContactDetails(first_name="Pia", last_name="Walker", email=patient.client.email)

    with pytest.raises(FieldNotAllowed):
        change_patient(
            patient=patient,
            details=PatientDetails(first_name="Pia", last_name="Walker"),
            contact=contact,
            by=bo,
            at=timezone.now(),
        )


def test_an_owner_who_closes_flags_to_the_desk_closes_them_everywhere(
    ids: dict[str, str], pages: Any, api: Any, ana: User, rita: User, soon: datetime
) -> None:
    closed = {"role": "receptionist", "permission": "crm.view_alert", "reach": None, "reason": "Not for the desk."}
    change_right(**closed, by=ana, at=timezone.now())

    browser, program = pages(rita), api(rita)
    for path in outlets(ids, soon.date().isoformat()):
        answer = (program if path.startswith("/api/") else browser).get(path)
        if not answer.streaming:
            assert ALERT.encode() not in answer.content, path


def test_what_a_role_sees_of_a_model_is_asked_in_one_place(in_clinic: TenantRef, bo: User, rita: User) -> None:
    assert hidden_fields(rita, Note) == {*SECTIONS, "further", "chart"}
    assert (hidden_fields(bo, Note), hidden_fields(rita, Patient)) == (set(), set())
    assert set(SECTIONS) & visible_fields(rita, Note) == set()
    assert {"id", "tax_code", "first_name"} <= visible_fields(rita, Patient)


def test_every_rule_is_about_a_field_and_permissions_that_exist() -> None:
    for label, rules in guarded_fields().items():
        names = {field.attname for field in apps.get_model(label)._meta.concrete_fields}
        assert set(rules) <= names
        assert {each for rule in rules.values() for each in (rule.see, rule.change)} <= set(declared_permissions())


def test_no_template_reads_the_flags_of_a_row_past_their_rule() -> None:
    """`{{ patient.flags.all }}` would show them to everybody; `{% flags flagged patient.pk %}` was asked."""
    files = [file for root in ("modules", "platform", "tenants") for file in (ROOT / root).rglob("templates/**/*.html")]

    found = re.compile(r"\{[{%][^}]*(?:\.alert\b|\.flags\.)")
    assert [str(file) for file in files if found.search(file.read_text())] == []
