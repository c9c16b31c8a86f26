"""Nothing of one tenant ever reaches another: not a row, not a session, not a token, not a file, not a job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as deployment
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection, transaction

from filestore.storage import read_file, store_file
from identity.models import User
from jobs.models import OutboxMessage
from jobs.outbox import later
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
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from notify.tasks import deliver
from tenancy import TenantRef, everywhere, use, use_platform
from tenancy.databases import is_split
from tenancy.places import NoTenant, TenantChangedInTransaction
from tenants.console.models import SupportSession
from tenants.domains.services import add_domain
from tests.addresses import api_operations, page_patterns

REFUSED = "permission denied|does not exist" if is_split() else "permission denied"


def tenant_models(settings: Any) -> Iterator[Any]:
    for app in apps.get_app_configs():
        if app.name in settings.TENANT_APPS:
            yield from app.get_models(include_auto_created=True)


@pytest.fixture
def someone(clinic: TenantRef, rita: User, now: datetime) -> Patient:
    with use(clinic):
        return register_patient(
            patient=PatientDetails(first_name="Paul"), contact=ContactDetails(first_name="Paul"), by=rita, at=now
        )


def test_every_table_of_a_tenant_refuses_another_tenants_role(
    clinic: TenantRef, other: TenantRef, settings: Any
) -> None:
    """A wrong path, a qualified name or an injection: Postgres itself says no."""
    tables = [model._meta.db_table for model in tenant_models(settings)]
    assert len(tables) > 15
    with use(other), connection.cursor() as cursor:
        for table in tables:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(f'SELECT 1 FROM "{clinic.schema_name}"."{table}"')  # noqa: S608


def test_a_tenants_role_reads_nothing_of_the_platform(clinic: TenantRef, settings: Any) -> None:
    allowed = {"django_content_type", "auth_permission", "jobs_outboxmessage"}
    models = [model for model in apps.get_models() if model._meta.app_config.name in settings.SHARED_APPS]
    shared = [model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy]
    with use(clinic), connection.cursor() as cursor:
        for table in sorted(set(shared) - allowed):
            with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
                cursor.execute(f'SELECT 1 FROM public."{table}"')  # noqa: S608


def test_the_platforms_role_reads_nothing_of_a_tenant(clinic: TenantRef) -> None:
    for into in everywhere():
        refused = pytest.raises(ProgrammingError, match=REFUSED)
        with into(), connection.cursor() as cursor, refused, transaction.atomic():
            cursor.execute(f'SELECT 1 FROM "{clinic.schema_name}".crm_patient')  # noqa: S608


def test_a_row_of_one_tenant_does_not_exist_in_another(someone: Patient, other: TenantRef) -> None:
    with use(other):
        assert not Patient.objects.filter(pk=someone.pk).exists()


NAMED = re.compile(r"<(?:uuid|slug):(\w+)>|\{(\w+)\}")


def pages_about_one_thing(tenant: TenantRef) -> list[tuple[str, str]]:
    """Return (pattern, address) of every such page, with the id of a thing of this tenant; a report has only a name."""
    named = [pattern for pattern, _ in page_patterns() if NAMED.search(pattern)]
    patterns = [pattern for pattern in named if "<str:" not in pattern and "<slug:name>" not in pattern]
    return [(pattern, _addressed(tenant, pattern)) for pattern in patterns]


def _addressed(tenant: TenantRef, pattern: str) -> str:
    return NAMED.sub(lambda found: _some_id(tenant, found[1] or found[2]), pattern)


OTHERWISE_NAMED = {
    "thing": "service",
    "rule": "depositrule",
    "episode": "episodeofcare",
    "kind": "consentkind",
    "purchase": "packagepurchase",
    "group": "groupsession",
    "domain": "customdomain",
    "plan": "treatmentplan",
    "feed": "calendarfeed",
    "calendar": "externalcalendar",
    "template": "notetemplate",
    "version": "documentversion",
    "flag_kind": "flagkind",
    "measure_kind": "measurekind",
    "code_list": "codelist",
    "code_system": "codesystem",
    "search": "savedsearch",
    "import": "peopleimport",
    "row": "importedrow",
    "identity_document": "identitydocument",
    "contact_point": "contactpoint",
    "sheet": "exercisesheet",
    "exercise_version": "exerciseversion",
    "form_version": "questionnaireversion",
    "asked": "askedform",
    "pair": "duplicatepair",
    "material": "usedmaterial",
    "treatment_code": "treatmentcode",
    "e_invoice": "einvoice",
    "copy": "owncopy",
    "bank_statement": "bankstatement",
    "bank_table": "banktable",
    "bank_line": "bankline",
    "reason": "discountreason",
    "tax_rate": "taxrate",
    "till_session": "tillsession",
}
NO_IDS = {
    "day": "2031-03-04",
    "kind": "service",
    "role": "practitioner",
    "permission": "crm.view_patient",
    "secret": "guessed",
}


def _some_id(tenant: TenantRef, name: str) -> str:
    if name in NO_IDS:
        return NO_IDS[name]
    bare = name.removesuffix("_id")
    model = OTHERWISE_NAMED.get(bare, bare)
    owner = next(each for each in apps.get_models() if each._meta.model_name == model)
    is_platforms = owner._meta.app_config.name in deployment.SHARED_APPS
    with use_platform() if is_platforms else use(tenant):
        return str(owner._default_manager.values_list("pk", flat=True).first())


def test_ids_of_another_tenant_are_unknown_to_every_endpoint(
    someone: Patient, api: Any, ana: User, cai: User, clinic: TenantRef, other: TenantRef, now: datetime
) -> None:
    lived_in(clinic, someone, by=ana, at=now)
    stranger = api(cai, other)

    about_one_thing = [(method, path) for method, path, _ in api_operations() if "{" in path]
    assert len(about_one_thing) > 15
    known = {
        f"{method} {path}": status
        for method, path in about_one_thing
        if (status := _ask(stranger, method, _addressed(clinic, path))) not in (403, 404, 422)
    }
    assert known == {}


def _ask(door: Any, method: str, path: str) -> int:
    return int(door.client.generic(method, path, b"{}", content_type="application/json").status_code)


def test_ids_of_another_tenant_are_unknown_to_every_page(
    someone: Patient, pages: Any, ana: User, cai: User, clinic: TenantRef, other: TenantRef, now: datetime
) -> None:
    lived_in(clinic, someone, by=ana, at=now)
    stranger = pages(cai, other)

    pairs = pages_about_one_thing(clinic)
    assert len(pairs) > 30
    known = {
        f"{method} {pattern}": status
        for pattern, address in pairs
        for method, knock in (("GET", stranger.get), ("POST", stranger.post))
        if (status := knock(address).status_code) not in (403, 404, 405)
    }
    assert known == {}


def test_its_owner_finds_what_a_stranger_does_not(
    someone: Patient, pages: Any, ana: User, clinic: TenantRef, now: datetime
) -> None:
    """Otherwise the test above could pass with addresses that lead nowhere."""
    lived_in(clinic, someone, by=ana, at=now)
    owner = pages(ana)

    answers = {pattern: owner.get(address).status_code for pattern, address in pages_about_one_thing(clinic)}

    found = [pattern for pattern, status in answers.items() if status in (200, 302, 405)]
    assert len(found) > 20


def leave_a_statement(*, by: User, at: datetime) -> None:
    from modules.billing.services.bank.keeping import take_in
    from modules.billing.tests.bank import Entry, camt

    take_in(name="x.xml", content=camt(Entry(amount="1.00", text="x")), by=by, at=at)
    take_in(name="x.csv", content=b"Date,Amount\n2031-03-03,1.00\n", by=by, at=at)


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


def test_a_tenant_meets_only_its_own_jobs(clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        mine = later(deliver, message_id="x")
    with use(other):
        assert not OutboxMessage.objects.filter(pk=mine).exists()
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            OutboxMessage.objects.create(
                room=clinic.schema_name, actor="x", queue="x", arguments={}, available_at="2031-01-01 00:00Z"
            )


def test_a_file_of_another_tenant_cannot_be_read(clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        stored = store_file(name="x.pdf", content=b"secret", media_type="application/pdf", kind="invoices")
        assert read_file(stored) == b"secret"
    with use(other), pytest.raises(SuspiciousFileOperation):
        default_storage.open(stored.key)
    with use(clinic), pytest.raises(SuspiciousFileOperation):
        default_storage.open(f"t/{clinic.id}/../{other.id}/x")


def test_without_a_tenant_there_are_no_files(db: None) -> None:
    with pytest.raises(NoTenant):
        store_file(name="x", content=b"", media_type="text/plain", kind="x")


@pytest.mark.usefixtures("own_database")
def test_no_transaction_spans_two_rooms() -> None:
    from tests.cast import tenant_called

    clinic, other = tenant_called("clinic"), tenant_called("other")
    with use(clinic), transaction.atomic(), pytest.raises(TenantChangedInTransaction), use(other):
        pass


def test_an_unknown_host_gets_a_plain_404_that_tells_nothing(platform_client: Any) -> None:
    answers = [platform_client.get("/", headers={"host": host}) for host in ("nobody.localhost", "evil.example")]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"Not found\n")}
