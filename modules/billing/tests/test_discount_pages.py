"""Discounts on pages and by API: given in a dialog on the draft, shown wherever the bill is, set by owners."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from identity.models import User
from kernel.ids import new_id
from modules.billing.documents.invoice import invoice_pdf
from modules.billing.models import Adjustment, DiscountLimit, DiscountReason, Invoice
from modules.billing.services import WishedAdjustment, add_adjustment, issue_invoice
from modules.billing.services.links import pay_path
from modules.crm.services import claim_records
from tenancy import TenantRef
from tests.doors import Api

SENT = {"kind": "DISCOUNT", "line": "", "percent": "10", "amount": "", "reason": "Loyalty"}


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def give(invoice: Invoice, percent: str, *, by: User, at: datetime, line: Any = None, reason: str = "Loyalty") -> Any:
    wish = WishedAdjustment(percent=Decimal(percent), reason=reason)
    return add_adjustment(invoice=invoice, wish=wish, line_id=line and line.pk, by=by, at=at)


def test_the_desk_gives_changes_and_takes_away_a_discount_and_sees_the_sums(
    draft: Invoice, rita: User, pages: Any
) -> None:
    desk, path = pages(rita), f"/invoices/{draft.pk}/"

    given = desk.post(f"{path}adjustments/", SENT)
    shown = text_of(desk.get(path))
    row = Adjustment.objects.get()
    changed = desk.post(f"{path}adjustments/{row.pk}/", SENT | {"percent": "", "amount": "5.80", "reason": "Goodwill"})
    again = text_of(desk.get(f"{path}?adjustment={row.pk}"))
    removed = desk.post(f"{path}adjustments/{row.pk}/removal/")

    assert [answer.status_code for answer in (given, changed, removed)] == [302, 302, 302]
    assert "Discount 10 %: Loyalty" in shown
    assert "£52.20" in shown
    assert 'value="Goodwill"' in again
    assert "£58.00" in text_of(desk.get(path))


def test_a_double_click_gives_it_once(draft: Invoice, rita: User, pages: Any) -> None:
    sent = SENT | {"idempotency_key": str(new_id())}

    for _ in range(2):
        assert pages(rita).post(f"/invoices/{draft.pk}/adjustments/", sent).status_code == 302

    assert Adjustment.objects.count() == 1


def test_a_line_has_its_list_price_struck_and_what_is_left(draft: Invoice, rita: User, pages: Any) -> None:
    desk, path, line = pages(rita), f"/invoices/{draft.pk}/", draft.lines.get()

    opened = text_of(desk.get(f"{path}?on={line.pk}"))
    desk.post(f"{path}adjustments/", SENT | {"line": str(line.pk)})
    shown = text_of(desk.get(path))

    assert f'<option value="{line.pk}" selected>Follow-up</option>' in opened
    assert "List price </span>£58.00</s>£52.20" in shown
    assert "-£5.80 Discount 10 %: Loyalty" in shown


def test_too_much_is_refused_in_the_dialog_with_the_limit(draft: Invoice, rita: User, pages: Any) -> None:
    answer = pages(rita).post(f"/invoices/{draft.pk}/adjustments/", SENT | {"percent": "10.5"})

    assert answer.status_code == 403
    assert "You may give up to 10 % without asking; this would be 10.5 %. Ask an owner." in text_of(answer)
    assert "data-open-now" in text_of(answer)


def test_an_issued_invoice_offers_none_and_shows_those_there_are(
    draft: Invoice, ana: User, rita: User, pages: Any, now: datetime
) -> None:
    give(draft, "50", by=ana, at=now)
    issue_invoice(invoice=draft, by=rita, at=now)

    text = text_of(pages(rita).get(f"/invoices/{draft.pk}/"))

    assert "Discount 50 %: Loyalty" in text
    assert "Take away" not in text
    assert "Discount or surcharge</button>" not in text


def test_the_portal_and_whoever_has_the_link_see_what_was_taken_off(
    draft: Invoice, ana: User, pia: User, pages: Any, now: datetime
) -> None:
    give(draft, "50", by=ana, at=now, line=draft.lines.get())
    issued = issue_invoice(invoice=draft, by=ana, at=now)
    claim_records(user=pia, verified_emails=["b@mail.example"], at=now)

    for text in (text_of(pages(None).get(pay_path(issued))), text_of(pages(pia).get(f"/my/bills/{issued.pk}/"))):
        assert "Discount 50 %: Loyalty, -£29.00" in text
        assert "£58.00</s>£29.00" in text


def test_the_paper_shows_list_price_discount_and_what_is_left(
    draft: Invoice, ana: User, now: datetime, in_clinic: TenantRef
) -> None:
    give(draft, "10", by=ana, at=now, line=draft.lines.get())
    give(draft, "50", by=ana, at=now, reason="Goodwill")
    issued = issue_invoice(invoice=draft, by=ana, at=now)
    issued = Invoice.objects.for_display().get(pk=issued.pk)

    text = read_pdf(invoice_pdf(issued, pay_url=""))

    for words in ("Discount 10 %: Loyalty, -£5.80", "£58.00", "£52.20", "Discount 50 %: Goodwill", "-£26.10", "£26.10"):
        assert words in text


def test_by_api_it_is_the_same(draft: Invoice, rita: User, ana: User, api: Callable[..., Api]) -> None:
    desk, path = api(rita), f"/api/billing/invoices/{draft.pk}/adjustments/"
    line = draft.lines.get()

    given = desk.post(path, {"percent": "10", "reason": "Loyalty", "line_id": str(line.pk)})
    row = given.json()["lines"][0]["adjustments"][0]
    refused = desk.put(f"{path}{row['id']}/", {"percent": "11", "reason": "Loyalty"})
    wrong = desk.post(path, {"percent": "5"})
    changed = desk.put(f"{path}{row['id']}/", {"kind": "SURCHARGE", "amount": "2.00"})

    assert (given.status_code, given.json()["total"]) == (201, "52.20")
    told = given.json()["lines"][0]
    assert (told["list_price"], told["price"], told["total"]) == ("58.00", "52.20", "52.20")
    assert (row["kind"], row["percent"], row["change"], row["by_name"]) == ("DISCOUNT", "10.00", "-5.80", "Rita")
    assert (refused.status_code, refused.json()["code"]) == (403, "discount-too-high")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["reason"])
    assert changed.json()["total"] == "60.00"
    assert desk.client.delete(f"{path}{row['id']}/").status_code == 204
    assert api(ana).get(f"/api/billing/invoices/{draft.pk}/").json()["total"] == "58.00"


def test_who_treats_gives_none(draft: Invoice, bo: User, api: Callable[..., Api], pages: Any) -> None:
    assert api(bo).post(f"/api/billing/invoices/{draft.pk}/adjustments/", {"percent": "1"}).status_code == 403
    assert pages(bo).post(f"/invoices/{draft.pk}/adjustments/", SENT).status_code == 403


def test_reasons_are_added_and_removed_in_the_settings_and_offered(
    draft: Invoice, ana: User, rita: User, pages: Any, api: Callable[..., Api]
) -> None:
    owner, path = pages(ana), "/settings/billing/discounts/"

    added = owner.post(path, {"text": "Staff"})
    twice = owner.post(path, {"text": "staff"})
    offered = text_of(pages(rita).get(f"/invoices/{draft.pk}/"))
    reason = DiscountReason.objects.get()
    removed = owner.post(f"{path}{reason.pk}/removal/")

    assert [answer.status_code for answer in (added, twice, removed)] == [302, 422, 302]
    assert '<option value="Staff">' in offered
    assert api(ana).post("/api/billing/discount-reasons/", {"text": "Family"}).status_code == 201
    assert [each["text"] for each in api(rita).get("/api/billing/discount-reasons/").json()] == ["Family"]


def test_only_owners_set_the_limits(
    in_clinic: TenantRef, ana: User, rita: User, pages: Any, api: Callable[..., Api]
) -> None:
    owner, path = pages(ana), "/settings/billing/discounts/"

    saved = owner.post(f"{path}limits/", {"admin": "", "receptionist": "15", "practitioner": "0"})
    wrong = owner.post(f"{path}limits/", {"admin": "", "receptionist": "150", "practitioner": "0"})
    by_api = api(ana).put("/api/billing/discount-limits/", {"admin": 50, "receptionist": None, "practitioner": 0})

    assert (saved.status_code, wrong.status_code) == (302, 422)
    assert by_api.json() == {"admin": "50.00", "receptionist": None, "practitioner": "0.00"}
    assert DiscountLimit.objects.get(role="receptionist").percent is None
    assert pages(rita).post(f"{path}limits/", {}).status_code == 403
    assert api(rita).put("/api/billing/discount-limits/", {}).status_code == 403


def read_pdf(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())
