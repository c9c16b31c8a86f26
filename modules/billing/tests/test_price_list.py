"""The price list of treatments: one meaning for a code on a day, and a file that is loaded whole or not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from identity.models import User
from kernel.ids import new_id
from modules.billing.models import TreatmentCode
from modules.billing.services import (
    PriceListInvalid,
    TreatmentCodeInvalid,
    TreatmentCodeTaken,
    add_code,
    change_code,
    load_price_list,
)
from modules.billing.tests.conftest import details
from tenancy import TenantRef


def test_one_code_means_one_thing_on_a_day(manual: TreatmentCode, ana: User) -> None:
    with pytest.raises(TreatmentCodeTaken):
        add_code(details=details("mt", valid_from=date(2032, 1, 1)), by=ana)

    change_code(row=manual, details=details(valid_until=date(2031, 12, 31)), by=ana)
    dearer = add_code(details=details("MT", 2600, valid_from=date(2032, 1, 1)), by=ana)

    assert list(TreatmentCode.objects.valid_on(date(2031, 12, 31))) == [manual]
    assert list(TreatmentCode.objects.valid_on(date(2032, 1, 1))) == [dearer]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": " "},
        {"name": ""},
        {"unit": ""},
        {"price": -1},
        {"tax_rate": Decimal(101)},
        {"service_id": new_id()},
        {"valid_until": date(2030, 1, 1)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], in_clinic: TenantRef, ana: User) -> None:
    with pytest.raises(TreatmentCodeInvalid):
        add_code(details=details(**wrong), by=ana)


def file_of(*rows: str) -> bytes:
    return "\n".join(("code,name,price,unit,service,included,valid_from", *rows)).encode()


def test_a_file_adds_and_describes_anew(manual: TreatmentCode, ana: User) -> None:
    content = file_of("mt,Manual therapy long,30.00,30 minutes,Follow-up,,", "EX,Exercise,18,session,,yes,2031-02-01")

    assert load_price_list(content=content, by=ana, on=date(2031, 3, 3)) == 2

    manual.refresh_from_db()
    exercise = TreatmentCode.objects.get(code="EX")
    assert (manual.price_minor, manual.name, manual.service_id is not None) == (3000, "Manual therapy long", True)
    assert (exercise.price_minor, exercise.is_included, exercise.valid_from) == (1800, True, date(2031, 2, 1))


def test_a_file_with_one_mistake_loads_nothing_and_names_each_row(in_clinic: TenantRef, ana: User) -> None:
    content = file_of(
        "A,Fine,10,session,,,", "B,,10,session,,,", "C,Also,10,session,Nowhere,,", "a,Again,10,session,,,"
    )

    with pytest.raises(PriceListInvalid) as refused:
        load_price_list(content=content, by=ana, on=date(2031, 3, 3))

    told = refused.value.fields["file"]
    assert [each.split(":")[0] for each in told] == ["Row 5", "Row 3", "Row 4"]
    assert not TreatmentCode.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There is nothing in this file."),
        (b"code,what\nA,b", "These columns are missing: name, price."),
        (b"code,name,price\nA,b,dear", "Row 2: the price is not a number."),
    ],
    ids=["empty", "columns", "number"],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, sentence: str, in_clinic: TenantRef, ana: User) -> None:
    with pytest.raises(PriceListInvalid) as refused:
        load_price_list(content=content, by=ana, on=date(2031, 3, 3))

    assert str(refused.value) == sentence


def test_the_settings_add_change_load_and_end(in_clinic: TenantRef, ana: User, pages: Any) -> None:
    browser = pages(ana)
    sent = {
        "code": "MT", "name": "Manual therapy", "price": "24", "unit": "session", "tax_rate": "0",
        "valid_from": "2031-01-01", "is_included": "no",
    }  # fmt: skip

    added = browser.post("/settings/treatments/new/", sent)
    row = TreatmentCode.objects.get()
    changed = browser.post(f"/settings/treatments/{row.pk}/", sent | {"price": "26"})
    refused = browser.post("/settings/treatments/new/", sent)
    shown = browser.get("/settings/treatments/").content.decode()
    ended = browser.post(f"/settings/treatments/{row.pk}/end/")

    assert [each.status_code for each in (added, changed, refused, ended)] == [302, 302, 422, 302]
    assert "£26.00" in shown
    assert TreatmentCode.objects.kept().count() == 0
