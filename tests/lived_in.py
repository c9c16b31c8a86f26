"""A workspace in which somebody has left one of everything that has an address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from filestore.storage import store_file
from identity.models import User
from modules.crm.models import (
    AskedForm,
    CodeList,
    CodeSystem,
    ContactPoint,
    Correction,
    Coverage,
    Diagnosis,
    Document,
    DocumentVersion,
    DuplicatePair,
    EpisodeOfCare,
    ExerciseSheet,
    Extract,
    Flag,
    FlagKind,
    Goal,
    IdentityDocument,
    ImportedRow,
    MeasureKind,
    Measurement,
    Merge,
    Note,
    NoteTemplate,
    NoteTemplateVersion,
    OwnCopy,
    Patient,
    PeopleImport,
    Phrase,
    QuestionnaireVersion,
    SavedSearch,
    SheetVersion,
    StatisticsChoice,
    TreatmentPlan,
    Weight,
)
from tenancy import TenantRef, use, use_platform
from tenants.console.models import SupportSession
from tenants.domains.services import add_domain


def lived_in(tenant: TenantRef, patient: Patient, *, by: User, at: datetime) -> None:
    """Leave a visit, its invoice, something missing from the shelf, somebody from support and a domain behind."""
    from modules.billing.models import Adjustment, Deposit, DepositRule, DiscountReason, EInvoice, TaxRate
    from modules.billing.services import draft_invoice_for_visit
    from modules.inventory.models import Item, Shortage
    from modules.scheduling.models import Service
    from modules.scheduling.services import Wish, book_appointment

    with use(tenant):
        service = Service.objects.get(name="Follow-up")
        visit = book_appointment(wish=Wish(service_id=service.pk, patient_id=patient.pk, starts_at=at), by=by, at=at)
        invoice = draft_invoice_for_visit(appointment_id=visit.pk, by=by, at=at)
        pay_by_hand(patient, by=by, at=at)
        money = {"amount_minor": 100, "currency": "GBP"}
        DepositRule.objects.create(**money)
        Deposit.objects.create(appointment=visit, invoice=invoice, until=at, asked_at=at, **money)
        whose = {"by_id": by.pk, "by_name": str(by), "given_at": at}
        Adjustment.objects.create(invoice=invoice, kind="DISCOUNT", reason="x", percent=5, currency="GBP", **whose)
        DiscountReason.objects.create(text="Family")
        leave_an_open_till(by=by, at=at)
        lacks = {"format": "FATTURAPA", "state": "LACKING", "carrier": "BY_HAND", "lacking": "x"}
        EInvoice.objects.create(invoice=invoice, made_at=at, **lacks)
        leave_a_statement(by=by, at=at)
        TaxRate.objects.create(name="Zero", category="Z", percent=0, valid_from=at.date())
        Shortage.objects.create(item=Item.objects.first(), appointment_id=visit.pk, quantity=1, noted_at=at)
        leave_a_record(patient, by=by, at=at)
        leave_what_was_done(visit, by=by, at=at)
    asked = {"role": "owner", "reason": "x", "ticket": "1", "minutes": 15, "requested_at": at}
    with use_platform():
        SupportSession.objects.create(tenant_id=tenant.id, operator=by, **asked)
    add_domain(tenant=tenant, typed="praxis.test", by=by, at=at)


def leave_a_statement(*, by: User, at: datetime) -> None:
    from modules.billing.services.bank.keeping import take_in
    from modules.billing.tests.bank import Entry, camt

    take_in(name="x.xml", content=camt(Entry(amount="1.00", text="x")), by=by, at=at)
    take_in(name="x.csv", content=b"Date,Amount\n2031-03-03,1.00\n", by=by, at=at)


def pay_by_hand(patient: Patient, *, by: User, at: datetime) -> None:
    """Leave an invoice with a payment behind."""
    from kernel.money import Money
    from modules.billing.domain.states import Method
    from modules.billing.services import WishedLine, draft_invoice_by_hand, record_payment

    line = WishedLine(description="Something", unit_price=Money(100, "GBP"))
    invoice = draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=by, at=at)
    record_payment(invoice=invoice, amount=Money(100, "GBP"), method=Method.CASH, by=by, at=at)


def leave_an_open_till(*, by: User, at: datetime) -> None:
    from modules.billing.models import Till, TillSession
    from modules.scheduling.models import Location

    till = Till.objects.create(name="Desk", location=Location.objects.order_by("pk")[0], currency="GBP")
    opened = {"opened_at": at, "opened_by_id": by.pk, "opening_minor": 0}
    TillSession.objects.create(till=till, currency="GBP", **opened)


def leave_what_was_done(visit: Any, *, by: User, at: datetime) -> None:
    """Leave a price list, a treatment by it, and something that a note says was used behind."""
    from modules.billing.models import Treatment, TreatmentCode
    from modules.crm.models import Note
    from modules.inventory.models import Item, UsedMaterial

    whose = {"by_id": by.pk, "by_name": str(by)}
    priced = {"code": "MT", "name": "x", "unit": "session", "price_minor": 100, "currency": "GBP", "tax_rate": 0}
    code = TreatmentCode.objects.create(**priced, valid_from=at.date())
    done = {"treatment_code": code, "quantity": 1, "is_included": False, "noted_at": at}
    Treatment.objects.create(appointment=visit, **priced, **done, **whose)
    UsedMaterial.objects.create(note=Note.objects.first(), item=Item.objects.first(), quantity=1, at=at, **whose)


def leave_a_record(patient: Patient, *, by: User, at: datetime) -> None:
    """Leave a note and the form and phrase it is written with, a weight, papers, and a document behind."""
    author = {"author_id": by.pk, "author_name": str(by)}
    Note.objects.create(patient=patient, written_at=at, **author)
    template = NoteTemplate.objects.create(name="First visit")
    made = {"made_at": at, "made_by_id": by.pk, "made_by_name": str(by)}
    NoteTemplateVersion.objects.create(template=template, number=1, parts=[["Complaint", ""]], **made)
    version = QuestionnaireVersion.objects.first()
    AskedForm.objects.create(patient=patient, version=version, due_on=at.date(), until=at, digest="x", asked_at=at)
    Phrase.objects.create(word="rom", text="Range of motion")
    SavedSearch.objects.create(name="Children", query="age_to=17")
    Weight.objects.create(patient=patient, grams=4200, measured_at=at)
    grave = {"category": "BEHAVIOUR", "severity": "DANGER", "reach": "EVERYBODY"}
    FlagKind.objects.create(name="Kicks", **grave)
    Flag.objects.create(patient=patient, text="Kicks", since=at.date(), created_at=at, **grave)
    IdentityDocument.objects.create(patient=patient, kind="passport", number="C01X00T47")
    ContactPoint.objects.create(client=patient.client, system="phone", value="+447700900118")
    measured = {"by_id": by.pk, "by_name": "x", "at": at, "recorded_at": at}
    Measurement.objects.create(patient=patient, kind=MeasureKind.objects.all()[0], number="1", **measured)
    Coverage.objects.create(patient=patient, kind="private", insurer="Hale")
    written = {"starts_on": at.date(), "changed_at": at, "changed_by_name": str(by), "state": "active", **author}
    plan = TreatmentPlan.objects.create(patient=patient, title="Back", **written)
    episode = EpisodeOfCare.objects.create(
        patient=patient, status="active", care_manager_id=by.pk, opened_at=at, opened_for=by.pk
    )
    found = {"display": "Lumbago", "role": "working", "verification": "confirmed", "recorded_by_id": by.pk}
    Diagnosis.objects.create(patient=patient, episode=episode, recorded_at=at, changed_at=at, **found)
    system = CodeSystem.objects.create(uri="urn:ours", name="Ours")
    CodeList.objects.create(system=system, version="1", name="x.csv", created_at=at, by_id=by.pk, by_name="x")
    Goal.objects.create(plan=plan, position=0, text="Walk", state="active")
    Correction.objects.create(patient=patient, words="x", state="asked", asked_at=at, asked_by_id=by.pk)
    asked = {"asked_at": at, "asked_by_id": by.pk, "asked_by_name": str(by)}
    OwnCopy.objects.create(patient=patient, client=patient.client, **asked)
    Extract.objects.create(since=at.date(), until=at.date() + timedelta(days=31), **asked)
    StatisticsChoice.objects.create(patient=patient, allowed=False, way="TOLD", at=at, by_id=by.pk, by_name=str(by))
    sheet = ExerciseSheet.objects.create(patient=patient, since=at.date(), **author)
    SheetVersion.objects.create(sheet=sheet, number=1, title="Back", **made)
    Merge.objects.create(patient=patient, client=patient.client, at=at, by_id=by.pk, by_name=str(by))
    like, told = Patient.objects.create(client=patient.client, first_name="Paul"), {"found_at": at, "checked_at": at}
    one, second = sorted((patient.pk, like.pk))
    DuplicatePair.objects.create(
        one_id=one, other_id=second, score=90, open_score=90, reasons=["same_name"], against=[], **told
    )
    whose = {"by_id": by.pk, "by_name": str(by)}
    document = Document.objects.create(
        patient=patient, kind="OTHER", title="X-ray", dated=at.date(), visibility="STAFF", created_at=at, **whose
    )
    file = store_file(name="x.pdf", content=b"%PDF", media_type="application/pdf", kind="documents")
    times = {"created_at": at, "rows_until": at}
    sent = {"name": "x.csv", "digest": "x", "size": 1, "asked_by_id": by.pk}
    imported = PeopleImport.objects.create(**sent, **whose, **times)
    ImportedRow.objects.create(imported=imported, number=2, cells="[]")
    DocumentVersion.objects.create(document=document, number=1, file=file, name="x.pdf", added_at=at, **whose)
