"""Rows of every kind that somebody may see or not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from identity.models import User
from kernel.money import Money
from kernel.periods import Period
from kernel.ranges import as_range
from modules.billing.domain.states import Method
from modules.billing.domain.tills import Counted
from modules.billing.models import Deposit, EInvoice, Invoice, Reminder
from modules.billing.services import (
    PackageDetails,
    WishedLine,
    WishedRefund,
    add_package,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    issue_invoice,
    pay_back,
    record_payment,
    sell_package,
    use_credit,
    write_off,
)
from modules.billing.services.tills import TillDetails, add_till, close_session, count_till, open_session
from modules.crm.models import (
    AskedForm,
    ConsentText,
    Correction,
    Coverage,
    Diagnosis,
    Document,
    ExerciseVersion,
    FilledForm,
    Flag,
    FlagReach,
    MeasureKind,
    Measurement,
    Note,
    OwnCopy,
    Patient,
    Questionnaire,
    QuestionnaireVersion,
    Visibility,
)
from modules.crm.services import (
    Arrived,
    ContactDetails,
    Evidence,
    PatientDetails,
    Signer,
    claim_records,
    episode_at_arrival,
    register_patient,
    save_note,
    sign_consent,
    sign_note,
)
from modules.crm.services.exercises import ItemDetails as Prescribed
from modules.crm.services.exercises import SheetDetails, compose_sheet
from modules.crm.services.plans import PlanDetails, write_plan
from modules.inventory.services import ItemDetails, add_item
from modules.scheduling.models import (
    Appointment,
    Block,
    CalendarFeed,
    CalendarSync,
    ExternalCalendar,
    GroupSession,
    Location,
    Practitioner,
    Series,
    Service,
    Shows,
)
from modules.scheduling.services import Wait, Wish, add_entry, book_appointment


def leave_rows(*, ana: User, bo: User, bea: User, rita: User, pia: User, now: datetime) -> None:
    """Two clients, of whom Pia is one, each treated by three practitioners: there is always one row too many."""
    add_item(details=ItemDetails(code="T1", name="Tape", price=Money(500, "GBP"), cost=Money(200, "GBP")), by=ana)
    for owner in (ana, bo, bea):
        calendars_elsewhere(Practitioner.objects.get(user_id=owner.pk))
        leave(Practitioner.objects.get(user_id=owner.pk), now.date() + timedelta(days=30))
    CalendarFeed.objects.create(user_id=pia.pk, label="My telephone", shows=Shows.EVERYTHING)
    counted_tills(by=ana, at=now)
    for client in ("pia", "paul"):
        for number, practitioner in enumerate((ana, bo, bea)):
            name = f"{client} {number}"
            patient = registered(name, email=f"{client}{number}@mail.example", by=rita, at=now)
            starts_at = now + timedelta(hours=number, days=client == "paul")
            visit = a_visit(patient, practitioner, starts_at, by=rita, at=now)
            waits(patient, practitioner, by=rita, at=now)
            series(visit)
            group(visit)
            notes(patient, by=practitioner, at=now)
            agrees(patient, by=rita, at=now)
            fills_in(patient, at=now)
            papers(patient, by=rita, at=now)
            flags(patient, at=now)
            Coverage.objects.create(patient=patient, insurer="Calder Mutual", kind="private")
            plans(patient, by=practitioner, at=now)
            comes(visit, by=rita, at=now)
            money(visit, stage=number, by=rita, at=now)
    for number in range(3):
        assert claim_records(user=pia, verified_emails=[f"pia{number}@mail.example"], at=now)


def registered(name: str, *, email: str, by: User, at: datetime) -> Patient:
    contact = ContactDetails(first_name=name, email=email)
    return register_patient(patient=PatientDetails(first_name=name), contact=contact, by=by, at=at)


def comes(visit: Appointment, *, by: User, at: datetime) -> None:
    whose = {"practitioner_id": visit.practitioner_id, "practitioner_name": visit.practitioner.name}
    arrived = Arrived(patient_id=visit.patient_id, visit_id=visit.pk, **whose)
    episode_id = episode_at_arrival(arrived=arrived, choice="", by=by, at=at)
    said = {"recorded_by_id": by.pk, "recorded_by_name": "x", "changed_by_name": "x", "display": "x"}
    state = {"role": "working", "verification": "confirmed", "recorded_at": at, "changed_at": at}
    kind = MeasureKind.objects.all()[0]
    whose = {"by_id": by.pk, "by_name": "x", "at": at, "recorded_at": at}
    Measurement.objects.create(patient=visit.patient, kind=kind, number="1", **whose)
    Diagnosis.objects.create(patient=visit.patient, episode_id=episode_id, **said, **state)


def fills_in(patient: Patient, *, at: datetime) -> None:
    """Have them fill in a form about their health, and one that is not."""
    clinical = QuestionnaireVersion.objects.filter(questionnaire__is_clinical=True)[0]
    parking, _made = Questionnaire.objects.get_or_create(name="Parking", purpose="INTAKE", is_clinical=False)
    other, _made = QuestionnaireVersion.objects.get_or_create(
        questionnaire=parking, number=1, defaults={"parts": {}, "published_at": at}
    )
    for version in (clinical, other):
        own = {"patient": patient, "version": version}
        digest = f"{patient.pk}{version.number}{version.questionnaire.name}"[:64]
        asked = AskedForm.objects.create(**own, due_on=at.date(), until=at, digest=digest, asked_at=at)
        FilledForm.objects.create(**own, asked=asked, text="{}", at=at, by_link=True, text_digest="x")


def agrees(patient: Patient, *, by: User, at: datetime) -> None:
    text = ConsentText.objects.current()[0]
    signer, evidence = Signer(name=patient.name), Evidence(digest=text.digest)
    sign_consent(patient=patient, text=text, signer=signer, evidence=evidence, by=by, at=at)


def papers(patient: Patient, *, by: User, at: datetime) -> None:
    """File one of each visibility, and one that was shared and is ended."""
    told = {"patient": patient, "kind": "LETTER", "title": "x", "dated": at, "created_at": at, "by_id": by.pk}
    for visibility in Visibility:
        Document.objects.create(**told, visibility=visibility)
    Document.objects.create(**told, visibility=Visibility.SHARED, ended_at=at)


def flags(patient: Patient, *, at: datetime) -> None:
    """One for everybody, and one for those who treat."""
    told = {"patient": patient, "category": "CLINICAL", "severity": "INFO", "text": "x", "since": at.date()}
    for reach in FlagReach:
        Flag.objects.create(**told, reach=reach, created_at=at)


def plans(patient: Patient, *, by: User, at: datetime) -> None:
    for note in (None, Note.objects.filter(patient=patient).first()):
        Correction.objects.create(patient=patient, note=note, words="x", state="asked", asked_at=at, asked_by_id=by.pk)
    OwnCopy.objects.create(patient=patient, client=patient.client, asked_at=at, asked_by_id=by.pk)
    exercise = ExerciseVersion.objects.current()[0]
    for shared in (True, False):
        items = [Prescribed(exercise_id=exercise.exercise_id)]
        sheet = SheetDetails(title="x", since=at.date(), shared=shared, items=items)
        compose_sheet(patient=patient, details=sheet, by=by, at=at)
        write_plan(patient=patient, details=PlanDetails(title="x", starts_on=at.date(), shared=shared), by=by, at=at)


def a_visit(patient: Patient, practitioner: User, starts_at: datetime, *, by: User, at: datetime) -> Appointment:
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=patient.pk,
        practitioner_id=Practitioner.objects.get(user_id=practitioner.pk).pk,
        starts_at=starts_at,
    )
    return book_appointment(wish=wish, by=by, at=at)


def waits(patient: Patient, practitioner: User, *, by: User, at: datetime) -> None:
    wanted = {
        "service_id": Service.objects.get(name="Sports massage").pk,
        "practitioner_ids": frozenset({Practitioner.objects.get(user_id=practitioner.pk).pk}),
    }
    add_entry(wait=Wait(patient_id=patient.pk, first_day=at.date(), **wanted), by=by, at=at)


def group(visit: Appointment) -> None:
    later = as_range(Period(visit.starts_at + timedelta(hours=9), visit.ends_at + timedelta(hours=9)))
    where = {"location": visit.location, "service": visit.service, "practitioner": visit.practitioner}
    GroupSession.objects.create(**where, period=later, occupies=later, places=4)


def series(visit: Appointment) -> None:
    weekly = Series.objects.create(
        location=visit.location,
        patient=visit.patient,
        service_ids=[visit.service_id],
        first_day=visit.starts_at.date(),
        starts=visit.starts_at.time(),
        length=45,
    )
    visit.series, visit.planned_day, visit.planned_time = weekly, weekly.first_day, weekly.starts
    visit.save()


def calendars_elsewhere(practitioner: Practitioner) -> None:
    CalendarFeed.objects.create(practitioner=practitioner, label="My telephone", shows=Shows.INITIALS)
    at_home = ExternalCalendar.objects.create(practitioner=practitioner, label="At home")
    CalendarSync.objects.create(calendar=at_home)


def leave(practitioner: Practitioner, day: date) -> None:
    location = Location.objects.get()
    Block.objects.create(kind="LEAVE", practitioner=practitioner, location=location, first_day=day, last_day=day)


def notes(patient: Patient, *, by: User, at: datetime) -> None:
    """Write every kind: shared or not, signed or not, and one that nobody else reads."""
    hidden = {"sections": {"plan": "Mine."}, "shared": False, "level": "MINE"}
    save_note(patient=patient, appointment_id=None, **hidden, by=by, at=at)
    for shared in (True, False):
        for signed in (True, False):
            text = {"subjective": "Better."}
            note = save_note(patient=patient, appointment_id=None, sections=text, shared=shared, by=by, at=at)
            if signed:
                sign_note(note=note, by=by, at=at)


def settle(invoice: Invoice, *, by: User, at: datetime) -> None:
    """Overpay another invoice of the client, use the credit, pay some back, and give a penny up."""
    line = WishedLine(description="Something", unit_price=Money(100, "GBP"))
    other = draft_invoice_by_hand(patient_id=invoice.patient_id, lines=[line], by=by, at=at)
    paid = {"amount": Money(200, "GBP"), "method": Method.BANK_TRANSFER, "beyond": True}
    record_payment(invoice=other, **paid, by=by, at=at)
    use_credit(source=other, target=invoice, amount=Money(10, "GBP"), by=by, at=at)
    back = WishedRefund(amount=Money(10, "GBP"), method=Method.CASH)
    pay_back(invoice=other, wished=[back], reason="x", by=by, at=at)
    write_off(invoice=invoice, amount=Money(1, "GBP"), reason="x", by=by, at=at)


def counted_tills(*, by: User, at: datetime) -> None:
    """Leave a till that was closed, and is open again."""
    where = TillDetails(name=f"{at}", location_id=Location.objects.order_by("pk")[0].pk, currency="GBP")
    till, nothing = add_till(details=where, by=by), Counted(Money(0, "GBP"))
    session = open_session(till=till, counted=nothing, by=by, at=at)
    count_till(session=session, counted=nothing, by=by, at=at)
    close_session(session=session, by=by, at=at)
    open_session(till=till, counted=nothing, by=by, at=at)


def money(visit: Appointment, *, stage: int, by: User, at: datetime) -> None:
    """Leave the first as a draft, issue the second, take a payment for the third."""
    invoice = draft_invoice_for_visit(appointment_id=visit.pk, by=by, at=at)
    if stage > 0:
        invoice = issue_invoice(invoice=invoice, by=by, at=at)
    contents = {visit.service_id: 2}
    two = add_package(details=PackageDetails(name="Two", price=Money(100, "GBP"), contents=contents), by=by)
    sell_package(package=two, patient_id=visit.patient_id, by=by, at=at)
    if stage > 1:
        record_payment(invoice=invoice, amount=Money(100, "GBP"), method=Method.CASH, by=by, at=at)
        settle(invoice, by=by, at=at)
    Reminder.objects.create(invoice=invoice, number=1, day=at.date(), amount_minor=100, currency="GBP")
    lacks = {"format": "FATTURAPA", "state": "LACKING", "carrier": "BY_HAND", "lacking": "x"}
    EInvoice.objects.create(invoice=invoice, made_at=at, **lacks)
    Deposit.objects.create(appointment=visit, invoice=invoice, amount_minor=100, currency="GBP", until=at, asked_at=at)
