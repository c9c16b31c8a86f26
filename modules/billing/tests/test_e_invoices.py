"""Electronic invoices: made at the issue of what was issued, sent, answered, archived; and what they need."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from facturx import get_xml_from_pdf
from lxml import etree
from pypdf import PdfReader

from audit.models import AuditEntry
from filestore.storage import read_file
from identity.models import User
from kernel.money import Money
from modules.billing.domain.e_invoices import Format, State, progressive
from modules.billing.einvoices.port import EInvoiceLacks
from modules.billing.models import EInvoice, EInvoiceAddress, EInvoiceCount, Invoice
from modules.billing.selectors.e_invoices import e_invoices_of
from modules.billing.services import (
    AddressDetails,
    EInvoiceAddressNotValid,
    EInvoiceRulesNotValid,
    EInvoiceStands,
    NotItsTurn,
    RejectionNeedsReason,
    WishedEInvoices,
    WishedLine,
    archive_accepted,
    credit_invoice,
    draft_invoice_by_hand,
    issue_invoice,
    lacking_in_draft,
    make_e_invoice,
    make_e_invoices,
    mark_answered,
    mark_sent,
    set_e_invoice_address,
    set_e_invoice_rules,
    take_over_rates,
)
from modules.billing.services.chaining import verify
from modules.crm.models import Client, Patient
from tenancy import TenantRef, use

SELLER = {
    "street": "Via Roma 1",
    "postal_code": "00184",
    "city": "Roma",
    "province": "rm",
    "vat_id": "IT 12345670017",
    "fiscal_code": "12345670017",
    "regime": "RF01",
    "iban": "IT60 X054 2811 1010 0000 0123 456",
    "bic": "BPMOIT22",
}
BUYER = {"street": "Via Po 2", "postal_code": "10124", "city": "Torino", "country": "IT", "organisation": "Alfa srl"}
ALFA = AddressDetails(vat_id="IT00743110157", recipient_code="ABC1234")


@pytest.fixture
def in_rome(in_clinic: TenantRef, ana: User) -> Iterator[TenantRef]:
    rome = replace(in_clinic, currency="EUR", time_zone="Europe/Rome")
    with use(rome):
        take_over_rates(country="IT", by=ana)
        yield rome


@pytest.fixture
def alfa(in_rome: TenantRef, patient: Patient, ana: User) -> Patient:
    """A patient whose bills go to a firm in Turin; the practice makes both formats."""
    Client.objects.filter(pk=patient.client_id).update(**BUYER)
    set_e_invoice_rules(wish=WishedEInvoices(fatturapa=True, factur_x=True, **SELLER), by=ana)
    set_e_invoice_address(client_id=patient.client_id, details=ALFA, by=ana)
    return patient


@pytest.fixture
def issues(in_rome: TenantRef, rita: User, now: datetime) -> Callable[..., Invoice]:
    def issue(patient: Patient, minor: int = 12200, *, rate: int = 22) -> Invoice:
        line = WishedLine(description="Crema", unit_price=Money(minor, "EUR"), tax_rate=Decimal(rate))
        draft = draft_invoice_by_hand(patient_id=patient.pk, lines=[line], by=rita, at=now)
        return issue_invoice(invoice=draft, by=rita, at=now)

    return issue


@pytest.fixture
def made(alfa: Patient, issues: Callable[..., Invoice], now: datetime) -> dict[str, EInvoice]:
    invoice = issues(alfa)
    make_e_invoices(invoice_id=invoice.pk, at=now)
    return {row.format: row for row in EInvoice.objects.all()}


def text_of(row: EInvoice, path: str) -> list[str]:
    assert row.file is not None
    return [each.text for each in etree.fromstring(read_file(row.file)).iterfind(f".//{path}")]


# -- the files


def test_what_is_issued_becomes_a_file_of_each_format(made: dict[str, EInvoice]) -> None:
    xml, pdf = made["FATTURAPA"], made["FACTUR_X"]

    assert (xml.name, pdf.name) == ("IT12345670017_00001.xml", "2031-0001-factur-x.pdf")
    assert (xml.state, pdf.state) == (State.MADE, State.MADE)
    for row in (xml, pdf):
        assert row.file is not None
        assert hashlib.sha256(read_file(row.file)).hexdigest() == row.digest
    assert text_of(xml, "CodiceDestinatario") == ["ABC1234"]
    assert text_of(xml, "ImportoTotaleDocumento") == ["122.00"]
    assert text_of(xml, "Provincia") == ["RM"]
    assert AuditEntry.objects.filter(action="billing.einvoice.made").count() == 2


def test_asked_twice_there_is_one_of_each(made: dict[str, EInvoice], now: datetime) -> None:
    make_e_invoices(invoice_id=made["FATTURAPA"].invoice_id, at=now)

    assert EInvoice.objects.count() == 2


def test_the_factur_x_has_the_xml_in_it_and_stays_what_it_claims_to_be(made: dict[str, EInvoice]) -> None:
    assert made["FACTUR_X"].file is not None
    pdf = read_file(made["FACTUR_X"].file)

    name, xml = get_xml_from_pdf(pdf, check_xsd=True, check_schematron=False)
    reader = PdfReader(BytesIO(pdf))
    said = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()

    assert name == "factur-x.xml"
    assert b"<ram:TypeCode>380</ram:TypeCode>" in xml
    for claim in (
        "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>",
        "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>",
    ):
        assert claim in said
    (attached,) = reader.trailer["/Root"]["/AF"]
    assert attached.get_object()["/AFRelationship"] == "/Alternative"


def test_a_file_is_made_of_what_was_issued_and_not_of_what_is_so_today(
    alfa: Patient, issues: Callable[..., Invoice], ana: User, now: datetime
) -> None:
    invoice = issues(alfa)
    Client.objects.update(organisation="Omega spa", city="Milano")
    set_e_invoice_rules(wish=WishedEInvoices(fatturapa=True, **(SELLER | {"city": "Ostia"})), by=ana)

    make_e_invoices(invoice_id=invoice.pk, at=now)

    row = EInvoice.objects.get(format=Format.FATTURAPA)
    assert text_of(row, "Denominazione")[1] == "Alfa srl"
    assert text_of(row, "Comune") == ["Roma", "Torino"]
    assert verify().findings == []


def test_a_credit_note_names_the_invoice(made: dict[str, EInvoice], rita: User, now: datetime, alfa: Patient) -> None:
    invoice = made["FATTURAPA"].invoice
    Client.objects.update(city="Milano")

    note = credit_invoice(invoice=invoice, reason="Restituita", by=rita, at=now)
    make_e_invoices(invoice_id=note.pk, at=now)

    row = EInvoice.objects.get(invoice=note, format=Format.FATTURAPA)
    assert text_of(row, "TipoDocumento") == ["TD04"]
    assert text_of(row, "IdDocumento") == ["2031-0001"]
    assert text_of(row, "Causale") == ["Restituita"]
    assert text_of(row, "Comune") == ["Roma", "Torino"]
    pdf = EInvoice.objects.get(invoice=note, format=Format.FACTUR_X)
    assert pdf.file is not None
    xml = get_xml_from_pdf(read_file(pdf.file), check_schematron=False)[1]
    assert b"<ram:TypeCode>381</ram:TypeCode>" in xml
    assert b"<ram:IssuerAssignedID>2031-0001</ram:IssuerAssignedID>" in xml


def test_names_count_on_in_five_digits_and_letters() -> None:
    assert [progressive(number) for number in (1, 35, 36, 36**5 - 1)] == ["00001", "0000Z", "00010", "ZZZZZ"]


# -- what is lacking


def test_what_a_document_lacks_is_named_and_no_file_is_made(
    alfa: Patient, issues: Callable[..., Invoice], now: datetime
) -> None:
    Client.objects.update(street="")
    invoice = issues(alfa)

    make_e_invoices(invoice_id=invoice.pk, at=now)

    rows = EInvoice.objects.to_see_to()
    assert {(row.state, row.file_id) for row in rows} == {(State.LACKING, None)}
    assert rows[0].lacking == "The electronic invoice cannot be made. It lacks: the client's street."
    with pytest.raises(EInvoiceLacks) as lacks:
        make_e_invoice(invoice=invoice, wanted=Format.FATTURAPA, by=None, at=now)
    assert lacks.value.fields == {"buyer.street": ["Needed: the client's street."]}
    assert EInvoiceCount.objects.get().last in (0, 2)


def test_a_draft_says_before_what_it_would_lack(alfa: Patient, rita: User, now: datetime) -> None:
    Client.objects.update(postal_code="1012")
    lines = [WishedLine(description="Seduta", unit_price=Money(5000, "EUR"))]

    draft = draft_invoice_by_hand(patient_id=alfa.pk, lines=lines, by=rita, at=now)

    assert lacking_in_draft(draft) == {"buyer.postal_code": "the client's postal code, of five digits"}
    assert Invoice.objects.get(pk=draft.pk).client_details == ""


def test_private_persons_get_none_unless_the_practice_says_so(
    alfa: Patient, issues: Callable[..., Invoice], ana: User, now: datetime
) -> None:
    Client.objects.update(organisation="")
    EInvoiceAddress.objects.all().delete()
    make_e_invoices(invoice_id=issues(alfa).pk, at=now)
    assert EInvoice.objects.count() == 0

    set_e_invoice_rules(wish=WishedEInvoices(factur_x=True, only_businesses=False, **SELLER), by=ana)
    make_e_invoices(invoice_id=issues(alfa).pk, at=now)

    assert [row.format for row in EInvoice.objects.all()] == [Format.FACTUR_X]


def test_without_formats_nothing_more_is_kept_of_a_client(
    patient: Patient, issues: Callable[..., Invoice], now: datetime
) -> None:
    invoice = issues(patient)
    make_e_invoices(invoice_id=invoice.pk, at=now)

    assert (invoice.client_details, invoice.seller_details, EInvoice.objects.count()) == ("", "", 0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"vat_id": "IT12345678901"}, "vat_id"),
        ({"iban": "IT60X0542811101000000123457"}, "iban"),
        ({"bic": "X"}, "bic"),
        ({"country": "QQ"}, "country"),
        ({"fiscal_code": "ABC"}, "fiscal_code"),
        ({"regime": "RF99"}, "regime"),
        ({"carrier": "PIGEON"}, "carrier"),
    ],
)
def test_numbers_that_cannot_be_are_refused(in_rome: TenantRef, ana: User, wrong: dict[str, str], field: str) -> None:
    with pytest.raises(EInvoiceRulesNotValid) as refused:
        set_e_invoice_rules(wish=WishedEInvoices(**(SELLER | wrong)), by=ana)
    assert set(refused.value.fields) == {field}


def test_an_address_that_cannot_be_is_refused(patient: Patient, ana: User) -> None:
    details = AddressDetails(vat_id="DE1", recipient_code="12", certified_email="nobody")
    with pytest.raises(EInvoiceAddressNotValid) as refused:
        set_e_invoice_address(client_id=patient.client_id, details=details, by=ana)
    assert set(refused.value.fields) == {"vat_id", "recipient_code", "certified_email"}


def test_nobody_takes_files_for_show_in_production(in_rome: TenantRef, ana: User, settings: Any) -> None:
    settings.REHEARSES_E_INVOICES = False
    with pytest.raises(EInvoiceRulesNotValid):
        set_e_invoice_rules(wish=WishedEInvoices(carrier="REHEARSAL"), by=ana)


# -- what becomes of it


def test_by_hand_it_is_sent_accepted_and_archived(made: dict[str, EInvoice], rita: User, now: datetime) -> None:
    row = made["FATTURAPA"]
    with pytest.raises(NotItsTurn):
        mark_answered(e_invoice=row, is_accepted=True, by=rita, at=now)

    mark_sent(e_invoice=row, reference="SDI 17", by=rita, at=now)
    with pytest.raises(NotItsTurn):
        mark_sent(e_invoice=row, by=rita, at=now)
    with pytest.raises(RejectionNeedsReason):
        mark_answered(e_invoice=row, is_accepted=False, by=rita, at=now)
    mark_answered(e_invoice=row, is_accepted=True, by=rita, at=now)

    assert (archive_accepted(at=now), archive_accepted(at=now)) == (1, 0)
    row.refresh_from_db()
    assert (row.state, row.reference, row.archived_at) == (State.ARCHIVED, "SDI 17", now)
    assert row.pk not in {each.pk for each in EInvoice.objects.to_see_to()}


def test_a_refused_one_is_followed_by_a_new_file_of_the_same_document(
    made: dict[str, EInvoice], alfa: Patient, rita: User, now: datetime
) -> None:
    """The number stays; the file has a name of its own and goes where the client gets them now."""
    row = mark_sent(e_invoice=made["FATTURAPA"], by=rita, at=now)
    with pytest.raises(EInvoiceStands):
        make_e_invoice(invoice=row.invoice, wanted=Format.FATTURAPA, by=rita, at=now)
    mark_answered(e_invoice=row, is_accepted=False, reason="00311: CodiceDestinatario", by=rita, at=now)
    moved = replace(ALFA, recipient_code="XYZ9876")
    set_e_invoice_address(client_id=alfa.client_id, details=moved, by=rita)

    assert {(each.format, each.may_be_made_again, is_last) for each, is_last in e_invoices_of(row.invoice)} == {
        ("FATTURAPA", True, True),
        ("FACTUR_X", False, True),
    }

    again = make_e_invoice(invoice=row.invoice, wanted=Format.FATTURAPA, by=rita, at=now + timedelta(hours=1))

    assert [is_last for each, is_last in e_invoices_of(row.invoice) if each.format == Format.FATTURAPA] == [True, False]

    assert again.name == "IT12345670017_00003.xml"
    assert text_of(again, "CodiceDestinatario") == ["XYZ9876"]
    assert text_of(again, "Numero") == ["2031-0001"]
    assert EInvoice.objects.get(pk=row.pk).reason == "00311: CodiceDestinatario"


def test_what_is_credited_waits_for_nobody(
    alfa: Patient, issues: Callable[..., Invoice], rita: User, now: datetime
) -> None:
    Client.objects.update(street="")
    invoice = issues(alfa)
    make_e_invoices(invoice_id=invoice.pk, at=now)

    credit_invoice(invoice=invoice, reason="Wrong address", by=rita, at=now)

    assert EInvoice.objects.filter(invoice=invoice).to_see_to().count() == 0


def test_the_job_makes_and_sends_it_where_that_is_turned_on(
    alfa: Patient, issues: Callable[..., Invoice], ana: User, now: datetime, run_jobs: Callable[..., int]
) -> None:
    rules = WishedEInvoices(fatturapa=True, carrier="REHEARSAL", **SELLER)
    set_e_invoice_rules(wish=rules, by=ana)
    good = issues(alfa)
    set_e_invoice_address(client_id=alfa.client_id, details=replace(ALFA, recipient_code="9999999"), by=ana)
    bad = issues(alfa)

    run_jobs(at=now)

    states = {row.invoice_id: (row.state, row.reason) for row in EInvoice.objects.all()}
    assert states[good.pk] == (State.ACCEPTED, "")
    assert states[bad.pk] == (State.REJECTED, "00311: CodiceDestinatario non valido")


def test_one_whose_file_is_another_is_not_archived(made: dict[str, EInvoice], rita: User, now: datetime) -> None:
    row = mark_sent(e_invoice=made["FATTURAPA"], by=rita, at=now)
    mark_answered(e_invoice=row, is_accepted=True, by=rita, at=now)
    assert row.file is not None
    from django.core.files.storage import default_storage

    default_storage.delete(row.file.key)
    with default_storage.open(row.file.key, "wb") as stored:
        stored.write(b"<other/>")

    assert archive_accepted(at=now) == 0
    assert AuditEntry.objects.filter(action="billing.einvoice.differs").count() == 1


# -- what Postgres refuses


def test_a_file_stays_what_it_was_made_as(made: dict[str, EInvoice]) -> None:
    changes: list[dict[str, Any]] = [{"digest": "0" * 64}, {"name": "x.xml"}, {"file": None}, {"state": "ARCHIVED"}]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            EInvoice.objects.filter(format="FATTURAPA").update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        EInvoice.objects.all().delete()


def test_two_files_of_one_document_never_stand_at_once(made: dict[str, EInvoice], now: datetime) -> None:
    row = made["FATTURAPA"]
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        EInvoice.objects.create(
            invoice=row.invoice, format=row.format, state="MADE", carrier="BY_HAND", digest="1" * 64, made_at=now
        )


def test_what_it_copied_is_frozen_with_the_document(made: dict[str, EInvoice]) -> None:
    for name in ("seller_details", "client_details"):
        with pytest.raises(DatabaseError, match="neither changes nor goes"), transaction.atomic():
            Invoice.objects.filter(pk=made["FATTURAPA"].invoice_id).update(**{name: "{}"})
