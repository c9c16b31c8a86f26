"""Credit notes where people meet them: the desk's pages, the portal, mail, paper and API; and the pro forma."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from audit.models import AuditEntry
from filestore.models import StoredFile
from filestore.storage import read_file
from identity.models import User
from modules.billing.models import Invoice
from modules.billing.services import credit_invoice
from modules.billing.tests.test_crediting import sold
from modules.billing.tests.test_pages import text_of
from modules.crm.models import Client
from modules.scheduling.models import Location
from tenancy import TenantRef, use
from tests.doors import Api

__all__ = ["sold"]  # a fixture


def paper(content: bytes) -> str:
    return " ".join(PdfReader(BytesIO(content)).pages[0].extract_text().split())


def said_in(page: str, *words: str) -> set[str]:
    return {each for each in words if each in page}


def test_the_desk_credits_a_part_and_both_documents_lead_to_each_other(
    pages: Any, clinic: TenantRef, sold: Invoice, rita: User
) -> None:
    door, path = pages(rita), f"/invoices/{sold.pk}/credit/"
    form = text_of(door.get(path))
    assert "Credit invoice 2031-0001" in form
    assert "£30.00 left" in form

    refused = door.post(path, {"reason": "", "scope": "part", "quantity-0": "1"})
    assert refused.status_code == 422
    too_many = door.post(path, {"reason": "Broken", "scope": "part", "quantity-0": "4"})
    assert (too_many.status_code, "3 are left to credit" in text_of(too_many)) == (422, True)
    nothing = door.post(path, {"reason": "Broken", "scope": "part"})
    assert (nothing.status_code, "Say how much of which line" in text_of(nothing)) == (422, True)
    door.post(path, {"reason": "Broken", "scope": "part", "quantity-0": "1", "restock-0": "on"})

    with use(clinic):
        note = Invoice.objects.get(kind="CREDIT_NOTE")
    shown, back = text_of(door.get(f"/invoices/{note.pk}/")), text_of(door.get(f"/invoices/{sold.pk}/"))
    assert {f"Credit note {note.number}", "Broken", f"/invoices/{sold.pk}/"} == said_in(
        shown, f"Credit note {note.number}", "Broken", f"/invoices/{sold.pk}/"
    )
    assert {"£10.00 credited", f"/invoices/{note.pk}/"} == said_in(back, "£10.00 credited", f"/invoices/{note.pk}/")
    listed = text_of(door.get("/invoices/", {"show": "credit-notes"}))
    assert said_in(listed, str(note.number), ">2031-0001<") == {note.number}


def test_the_desk_credits_everything(pages: Any, clinic: TenantRef, issued: Invoice, rita: User) -> None:
    door = pages(rita)
    door.post(f"/invoices/{issued.pk}/credit/", {"reason": "Not theirs", "scope": "whole"})

    with use(clinic):
        assert Invoice.objects.get(pk=issued.pk).status == "CREDITED"
    again = door.get(f"/invoices/{issued.pk}/credit/")
    assert (again.status_code, again["Location"]) == (302, f"/invoices/{issued.pk}/")


def test_practitioners_credit_nothing_and_see_what_was(
    pages: Any, clinic: TenantRef, issued: Invoice, bo: User, rita: User, now: datetime
) -> None:
    with use(clinic):
        note = credit_invoice(invoice=issued, reason="Not theirs", by=rita, at=now)

    assert pages(bo).get(f"/invoices/{issued.pk}/credit/").status_code == 403
    assert Api(clinic, bo).post(f"/api/billing/invoices/{issued.pk}/credit-notes/", {"reason": "x"}).status_code == 403
    shown = Api(clinic, bo).get(f"/api/billing/invoices/{note.pk}/").json()
    assert [line["description"] for line in shown["lines"]] == ["Follow-up"]


def test_people_see_credit_notes_on_the_portal(
    pages: Any, clinic: TenantRef, issued: Invoice, pia: User, rita: User, now: datetime
) -> None:
    with use(clinic):
        Client.objects.filter(pk=issued.client_id).update(user_id=pia.pk)
        note = credit_invoice(invoice=issued, reason="Not theirs", by=rita, at=now)

    door = pages(pia)
    assert "CN-2031-0001" in text_of(door.get("/my/bills/"))
    assert "Credit note CN-2031-0001" in text_of(door.get(f"/my/bills/{issued.pk}/"))
    shown = text_of(door.get(f"/my/bills/{note.pk}/"))
    assert len(said_in(shown, "Not theirs", f"/my/bills/{issued.pk}/")) == 2


def test_the_paper_and_the_mail_name_the_invoice_and_why(
    issued: Invoice, rita: User, now: datetime, run_jobs: Callable[..., int], mailoutbox: Any
) -> None:
    run_jobs(at=now)
    note = credit_invoice(invoice=issued, reason="Ten minutes short", by=rita, at=now)

    run_jobs(at=now)

    mail = mailoutbox[-1]
    assert mail.subject == "Credit note CN-2031-0001 from Northside Physio"
    assert "It corrects invoice 2031-0001." in mail.body
    stored = StoredFile.objects.get(pk=Invoice.objects.get(pk=note.pk).pdf_id)
    said = paper(read_file(stored))
    for words in ("Credit note", "CN-2031-0001", "For invoice 2031-0001", "3 March 2031", "Ten minutes short"):
        assert words in said
    assert not any(words in said for words in ("Pay online", "Due"))


def test_a_draft_has_a_pro_forma_that_takes_no_number(
    pages: Any, clinic: TenantRef, draft: Invoice, rita: User
) -> None:
    answer = pages(rita).get(f"/invoices/{draft.pk}/proforma/")
    wired = Api(clinic, rita).get(f"/api/billing/invoices/{draft.pk}/proforma/")

    for each in (answer, wired):
        assert (each.status_code, each["Content-Type"]) == (200, "application/pdf")
        assert "Pro forma – not an invoice" in paper(each.content)
        assert "2031" not in paper(each.content).split("Follow-up")[0]
    with use(clinic):
        row = Invoice.objects.get(pk=draft.pk)
        assert (row.number, row.status, row.pdf_id, row.client_name, StoredFile.objects.count()) == (
            None, "DRAFT", None, "", 0,
        )  # fmt: skip
        assert AuditEntry.objects.filter(action="billing.invoice.viewed_proforma").count() == 2


def test_what_is_issued_has_none(pages: Any, clinic: TenantRef, issued: Invoice, rita: User) -> None:
    assert pages(rita).get(f"/invoices/{issued.pk}/proforma/").status_code == 302
    refused = Api(clinic, rita).get(f"/api/billing/invoices/{issued.pk}/proforma/")
    assert (refused.status_code, refused.json()["code"]) == (409, "no-proforma")


def test_invoices_are_credited_over_the_wire(clinic: TenantRef, sold: Invoice, rita: User) -> None:
    door, path = Api(clinic, rita), f"/api/billing/invoices/{sold.pk}/credit-notes/"
    line = door.get(f"/api/billing/invoices/{sold.pk}/").json()["lines"][0]

    body = {"reason": "Broken", "lines": [{"line_id": line["id"], "quantity": "1", "restock": True}]}
    made = door.post(path, body, key="one")
    again = door.post(path, body, key="one")
    wrong = door.post(path, {"reason": "x", "lines": [{"line_id": line["id"], "amount": "20.01"}]})

    assert (made.status_code, made.json()["kind"], made.json()["corrects_number"]) == (
        201, "CREDIT_NOTE", "2031-0001",
    )  # fmt: skip
    assert (again.json()["id"], made.json()["total"]) == (made.json()["id"], "10.00")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "credit-invalid")
    listed = door.get("/api/billing/invoices/", {"kind": "CREDIT_NOTE", "corrects_id": str(sold.pk)}).json()["items"]
    assert [each["number"] for each in listed] == [made.json()["number"]]
    assert door.get(f"/api/billing/invoices/{sold.pk}/").json()["credited"] == "10.00"


@pytest.mark.parametrize(("prefix", "status"), [("SOUTH", 302), ("a b", 422)])
def test_owners_set_prefixes_on_a_page(pages: Any, clinic: TenantRef, ana: User, prefix: str, status: int) -> None:
    with use(clinic):
        place = Location.objects.get()
    year = datetime.now().astimezone().year
    door = pages(ana)

    answer = door.post(
        "/settings/billing/numbers/",
        {"kind": "INVOICE", "location": str(place.pk), "begins_with": prefix, "year": year},
    )

    assert answer.status_code == status
    assert (f"SOUTH-{year}-0001" in text_of(door.get("/settings/billing/numbers/"))) == (status == 302)
