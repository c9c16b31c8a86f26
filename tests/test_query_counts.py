"""A list asks the database as often for three rows as for one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from filestore.models import StoredFile
from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.domain.tills import Counted
from modules.billing.models import DiscountReason, EInvoice, Reminder, TaxRate, TreatmentCode
from modules.billing.services import (
    PackageDetails,
    WishedRefund,
    add_package,
    draft_invoice_for_visit,
    pay_back,
    record_payment,
    sell_package,
)
from modules.billing.services.tills import TillDetails, add_till, close_session, count_till, open_session
from modules.billing.tests.bank import leave_lines
from modules.crm.domain.codes.entries import Entry
from modules.crm.models import (
    AskedForm,
    CodeList,
    CodeSystem,
    ConsentKind,
    ConsentText,
    Document,
    DocumentKind,
    DocumentVersion,
    DuplicatePair,
    Extract,
    FilledForm,
    FlagKind,
    MeasureKind,
    Merge,
    Patient,
    PeopleImport,
    Questionnaire,
    QuestionnaireVersion,
    SavedSearch,
)
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.crm.services.codes import put_in_place
from modules.crm.tests.flags import warned
from modules.scheduling.models import (
    Appointment,
    Block,
    CalendarFeed,
    CalendarSync,
    Equipment,
    EquipmentKind,
    ExternalCalendar,
    Location,
    Practitioner,
    Service,
    Shows,
)
from modules.scheduling.services import Wait, Wish, add_entry, book_appointment
from modules.scheduling.services.waiting.gaps import offer_by_hand
from tenancy import TenantRef, use, use_platform
from tenants.console.models import SupportSession
from tenants.life.models import Export, ExportState

LISTS = [
    "/api/patients/",
    "/api/patients/?search=P0",
    "/api/patients/?state=active&visits=none&balance=nothing",
    "/api/patients/searches/",
    "/api/search/?text=P0",
    "/api/patients/consent-kinds/",
    "/api/patients/imports/",
    "/api/patients/questionnaires/",
    "/api/patients/forms-to-review/",
    "/api/patients/documents/",
    "/api/patients/document-kinds/",
    "/api/patients/flag-kinds/",
    "/api/patients/erasures/",
    "/api/patients/extracts/",
    "/api/patients/code-lists/",
    "/api/patients/measure-kinds/",
    "/api/patients/codes/?text=knee",
    "/api/patients/merges/",
    "/api/patients/pairs/",
    "/api/scheduling/appointments/",
    "/api/scheduling/services/",
    "/api/scheduling/public/services/",
    "/api/scheduling/groups/",
    "/api/scheduling/rooms/",
    "/api/scheduling/waiting-list/",
    "/api/scheduling/offers/",
    "/api/scheduling/calendar-feeds/",
    "/api/scheduling/external-calendars/",
    "/api/scheduling/synced-calendars/",
    "/api/scheduling/calendar/?from=2031-03-03&to=2031-03-09",
    "/api/scheduling/blocks/",
    "/api/scheduling/equipment/",
    "/api/members/",
    "/api/roles/",
    "/api/billing/bank/statements/",
    "/api/billing/bank/lines/",
    "/api/billing/deposits/",
    "/api/billing/deposit-rules/",
    "/api/billing/e-invoices/",
    "/api/billing/invoices/",
    "/api/billing/payments/",
    "/api/billing/refunds/",
    "/api/billing/reminders/",
    "/api/billing/tills/",
    "/api/billing/till-sessions/",
    "/api/billing/reports/till-differences/?since=2031-03-01&until=2031-03-31",
    "/api/billing/ledger/entries/?since=2031-03-01&until=2031-03-31",
    "/api/billing/reports/revenue/?since=2031-03-01&until=2031-03-31&by=practitioner",
    "/api/billing/reports/payments/?since=2031-03-01&until=2031-03-31&by=method",
    "/api/billing/reports/receivables/?until=2031-03-31",
    "/api/billing/packages/",
    "/api/billing/purchases/",
    "/api/billing/treatment-codes/",
    "/api/billing/discount-reasons/",
    "/api/billing/tax-rates/",
    "/api/inventory/items/",
    "/api/inventory/shortages/",
    "/api/inventory/materials/",
    "/api/exports/",
    "/api/support/sessions/",
    "/api/security/people/",
    "/api/audit/entries/",
]
LOGS = {"/settings/activity/"}  # what is mentioned on a page of fifty lines depends on what came last
AT_MOST = {  # a look-up for each kind of thing that is mentioned; a question to each of three modules
    "/api/audit/entries/": 24,
    "/settings/activity/": 33,
    "/api/search/?text=P0": 16,
}
PAGES = [
    "/patients/import/",
    "/patients/",
    "/patients/?q=P0",
    "/patients/?filters=open",
    "/search/?q=P0",
    "/today/",
    "/calendar/?day=2031-03-04",
    "/calendar/?day=2031-03-04&view=week",
    "/calendar/?day=2031-03-04&view=week&by=room",
    "/calendar/?day=2031-03-04&view=month",
    "/appointments/new/",
    "/waiting/",
    "/groups/",
    "/invoices/",
    "/invoices/bank/",
    "/cash/",
    "/settings/billing/tills/",
    "/invoices/reports/till-differences/?since=2031-03-01&until=2031-03-31&by=person",
    "/invoices/deposits/",
    "/invoices/e-invoices/?show=all",
    "/invoices/journal/?since=2031-03-01&until=2031-03-31",
    "/invoices/reports/?since=2031-03-01&until=2031-03-31",
    "/invoices/reports/revenue/?since=2031-03-01&until=2031-03-31&by=service",
    "/invoices/reports/revenue/rows/?since=2031-03-01&until=2031-03-31",
    "/settings/billing/deposits/",
    "/settings/billing/discounts/",
    "/settings/billing/taxes/",
    "/settings/billing/accountant/",
    "/packages/sell/",
    "/settings/packages/",
    "/settings/treatments/",
    "/stock/",
    "/requests/",
    "/settings/booking/",
    "/settings/consents/",
    "/settings/forms/",
    "/forms/",
    "/settings/document-kinds/",
    "/settings/flag-kinds/",
    "/settings/codes/",
    "/settings/measures/",
    "/patients/codes/?code_search=knee",
    "/documents/",
    "/patients/erasures/",
    "/patients/merges/",
    "/patients/pairs/",
    "/patients/pairs/?answered",
    "/settings/calendar/",
    "/settings/calendars/",
    "/time-off/",
    "/settings/team/",
    "/settings/data/",
    "/settings/roles/",
    "/settings/roles/right/?role=practitioner&permission=crm.view_patient",
    "/settings/address/",
    "/settings/security/",
    "/settings/activity/",
    "/settings/figures/",
]


def fill(tenant: TenantRef, rows: int, *, by: User, at: datetime) -> None:
    """Put `rows` of everything that is listed into the tenant."""
    with use(tenant):
        for number in range(rows):
            patient = somebody_who_is_asked(f"P{number}", by=by, at=at)
            form_filled_in(patient, name=f"{at} {number}", at=at)
            document_filed(patient, name=f"{at} {number}", by=by, at=at)
            FlagKind.objects.create(name=f"{at} {number}", category="SAFETY", severity="INFO", reach="EVERYBODY")
            warned(patient, "Latex", by=by, at=at, since=date(2020, 1, 1))
            visit = visit_that_is_billed(patient, starts_at=at + timedelta(days=1, hours=number), by=by, at=at)
            package_sold(patient, visit.service, by=by, at=at)
            place_offered(patient, visit.service, starts_at=at + timedelta(days=2, hours=number), by=by, at=at)
            calendars_elsewhere(f"P{number}", by=by)
            device_under_repair(visit.location, name=f"{at} {number}", day=at.date() + timedelta(days=60))
            code_list_loaded(f"{at} {number}", by=by, at=at)
            priced = {"code": f"T{number}{at:%d%H%M%S%f}", "name": "x", "unit": "session", "valid_from": at.date()}
            TreatmentCode.objects.create(**priced, price_minor=100, currency="GBP", service=visit.service)
            TaxRate.objects.create(name=f"{at} {number}", category="Z", percent=0, valid_from=at.date())
            DiscountReason.objects.create(text=f"{at} {number}")
            till_counted(f"{at:%d%H%M%S%f} {number}", by=by, at=at)
            MeasureKind.objects.create(name=f"{at} {number}", unit="kg", lowest=0, highest=9)
            SavedSearch.objects.create(name=f"{at} {number}", query="age_from=18")
            file_imported(f"P{number}.csv", by=by, at=at)
            figures_made(by=by, at=at)
            Export.objects.create(state=ExportState.READY, asked_by_id=by.pk, asked_at=at, key="x")
    asked = {"role": "owner", "reason": "x", "ticket": "1", "minutes": 15, "requested_at": at}
    with use_platform():
        for _ in range(rows):
            SupportSession.objects.create(tenant_id=tenant.id, operator_id=by.pk, **asked)


def somebody_who_is_asked(name: str, *, by: User, at: datetime) -> Patient:
    """Register a patient, and publish one more text that all are asked to agree to."""
    kind = ConsentKind.objects.create(name=name, purpose="OTHER", asked_at_check_in=True)
    words = {"language": "en-gb", "version": 1, "title": name, "body": name}
    ConsentText.objects.create(kind=kind, **words, written_at=at, published_at=at)
    who = PatientDetails(first_name=name)
    patient = register_patient(patient=who, contact=ContactDetails(first_name=name), by=by, at=at)
    Merge.objects.create(patient=patient, client=patient.client, at=at, by_id=by.pk, by_name=name)
    like_somebody(patient, by=by, at=at)
    return patient


def like_somebody(patient: Patient, *, by: User, at: datetime) -> None:
    """Have two records be like theirs; of one of them somebody said that it is another's."""
    found = {"score": 90, "open_score": 90, "reasons": ["same_name"], "against": [], "found_at": at, "checked_at": at}
    for answered_at in (None, at):
        like = Patient.objects.create(client=patient.client, first_name=patient.first_name)
        one, other = sorted((patient.pk, like.pk))
        DuplicatePair.objects.create(one_id=one, other_id=other, **found, answered_at=answered_at, answered_by_id=by.pk)


def form_filled_in(patient: Patient, *, name: str, at: datetime) -> None:
    """Publish a form that is not about health, and have it filled in."""
    form = Questionnaire.objects.create(name=name, purpose="OUTCOME", is_clinical=False)
    parts = {"sections": [{"questions": [{"key": "a", "kind": "scale", "text": "A"}]}]}
    version = QuestionnaireVersion.objects.create(questionnaire=form, number=1, parts=parts, published_at=at)
    asked = AskedForm.objects.create(
        patient=patient, version=version, due_on=at.date(), until=at, digest=name, asked_at=at
    )
    FilledForm.objects.create(
        asked=asked, patient=patient, version=version, text='{"a": 1}', at=at, by_link=True, text_digest="x"
    )


def document_filed(patient: Patient, *, name: str, by: User, at: datetime) -> None:
    who = {"by_id": by.pk, "by_name": name}
    kind = DocumentKind.objects.create(name=name)
    what = {"title": name, "kind": "OWN", "own_kind": kind, "visibility": "STAFF", "dated": at, "created_at": at}
    filed = Document.objects.create(patient=patient, **what, **who)
    file = StoredFile.objects.create(key=name, name="x.pdf", media_type="x", size=1, digest="x")
    DocumentVersion.objects.create(document=filed, number=1, file=file, name=name, added_at=at, **who)


def file_imported(name: str, *, by: User, at: datetime) -> None:
    who = {"by_id": by.pk, "by_name": str(by), "asked_by_id": by.pk}
    PeopleImport.objects.create(name=name, digest=name, size=1, state="DONE", created_at=at, rows_until=at, **who)


def figures_made(*, by: User, at: datetime) -> None:
    days = {"since": at.date(), "until": at.date() + timedelta(days=31), "expires_at": at + timedelta(days=7)}
    Extract.objects.create(state="ready", asked_at=at, as_of=at, asked_by_id=by.pk, asked_by_name=str(by), **days)


def code_list_loaded(name: str, *, by: User, at: datetime) -> None:
    system = CodeSystem.objects.create(uri=f"urn:{name}", name=name)
    told = {"version": "1", "name": name, "created_at": at, "by_id": by.pk, "by_name": str(by)}
    code_list = CodeList.objects.create(system=system, **told)
    put_in_place(code_list=code_list, entries=[Entry("K", f"Knee {name}")], by=None, at=at)


def visit_that_is_billed(patient: Patient, *, starts_at: datetime, by: User, at: datetime) -> Appointment:
    service = Service.objects.get(name="Follow-up")
    wish = Wish(service_id=service.pk, patient_id=patient.pk, starts_at=starts_at)
    visit = book_appointment(wish=wish, by=by, at=at)
    invoice = draft_invoice_for_visit(appointment_id=visit.pk, by=by, at=at)
    paid = {"amount": Money(10000, "GBP"), "method": Method.BANK_TRANSFER, "beyond": True}
    record_payment(invoice=invoice, **paid, by=by, at=at)
    back = WishedRefund(amount=Money(100, "GBP"), method=Method.CASH)
    pay_back(invoice=invoice, wished=[back], reason="x", by=by, at=at)
    Reminder.objects.create(invoice=invoice, number=1, day=at.date(), amount_minor=100, currency="GBP")
    lacks = {"format": "FATTURAPA", "state": "LACKING", "carrier": "BY_HAND", "lacking": "x"}
    EInvoice.objects.create(invoice=invoice, made_at=at, **lacks)
    leave_lines(patient, by=by, at=at)
    return visit


def till_counted(name: str, *, by: User, at: datetime) -> None:
    """Have a till closed with something missing, and opened again."""
    where = TillDetails(name=name, location_id=Location.objects.order_by("pk")[0].pk, currency="GBP")
    till = add_till(details=where, by=by)
    session = open_session(till=till, counted=Counted(Money(500, "GBP")), by=by, at=at)
    count_till(session=session, counted=Counted(Money(400, "GBP")), by=by, at=at)
    close_session(session=session, reason="x", by=by, at=at)
    open_session(till=till, counted=Counted(Money(400, "GBP")), by=by, at=at)


def package_sold(patient: Patient, service: Service, *, by: User, at: datetime) -> None:
    details = PackageDetails(name=patient.first_name, price=Money(100, "GBP"), contents={service.pk: 2})
    sell_package(package=add_package(details=details, by=by), patient_id=patient.pk, by=by, at=at)


def place_offered(patient: Patient, service: Service, *, starts_at: datetime, by: User, at: datetime) -> None:
    """Put somebody on the waiting list, and offer them a time."""
    wait = Wait(patient_id=patient.pk, service_id=service.pk, first_day=at.date())
    entry = add_entry(wait=wait, by=by, at=at)
    whose = Practitioner.objects.get(user_id=by.pk)
    offer_by_hand(entry=entry, practitioner_id=whose.pk, starts_at=starts_at, by=by, at=at)


def calendars_elsewhere(label: str, *, by: User) -> None:
    """Give a practitioner a feed, a calendar that is read, one that is kept in step, and one that no longer is."""
    own = {"practitioner": Practitioner.objects.get(user_id=by.pk), "label": label}
    CalendarFeed.objects.create(**own, shows=Shows.VISIT)
    ExternalCalendar.objects.create(**own)
    CalendarSync.objects.create(calendar=ExternalCalendar.objects.create(**own))
    ended = ExternalCalendar.objects.create(**own, ended_at=timezone.now())
    CalendarSync.objects.create(calendar=ended, left_behind=1)


def device_under_repair(location: Location, *, name: str, day: date) -> None:
    kind = EquipmentKind.objects.create(name=name)
    device = Equipment.objects.create(location=location, kind=kind, name=name)
    Block.objects.create(kind="MAINTENANCE", location=location, equipment=device, first_day=day, last_day=day)


def queries(door: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = door.get(path)
    assert answer.status_code == 200, path
    return len(captured)


def growing(door: Any, paths: list[str], tenant: TenantRef, *, by: User, at: datetime) -> dict[str, tuple[int, int]]:
    """Return how often each address asks for one row, and for three of everything."""
    for path in paths:
        queries(door, path)  # whatever is looked up once per process
    fill(tenant, 1, by=by, at=at)
    one = [queries(door, path) for path in paths]
    fill(tenant, 2, by=by, at=at + timedelta(days=1))
    three = [queries(door, path) for path in paths]
    return dict(zip(paths, zip(one, three, strict=True), strict=True))


def test_a_list_asks_as_often_for_three_rows_as_for_one(api: Any, ana: User, clinic: TenantRef, now: datetime) -> None:
    asked = growing(api(ana), LISTS, clinic, by=ana, at=now)

    # A page of the audit log mentions fewer kinds of things once others have pushed them off it.
    grew = {path for path, (one, three) in asked.items() if one != three and not (path in AT_MOST and three < one)}
    assert {path: asked[path] for path in grew} == {}
    assert {path: three for path, (_, three) in asked.items() if three > AT_MOST.get(path, 12)} == {}


def test_a_page_asks_as_often_for_three_rows_as_for_one(
    pages: Any, ana: User, clinic: TenantRef, now: datetime
) -> None:
    asked = growing(pages(ana), PAGES, clinic, by=ana, at=now)

    grew = {path for path, (one, three) in asked.items() if one != three and not (path in LOGS and three < one)}
    assert {path: asked[path] for path in grew} == {}
    assert {path: three for path, (_, three) in asked.items() if three > AT_MOST.get(path, 30)} == {}
