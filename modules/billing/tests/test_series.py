"""Series of numbers: by kind, location and year, each with a prefix that tells it apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from modules.billing.domain.numbers import Prefixed, alike, is_prefix, prefix_of
from modules.billing.domain.states import DocumentKind
from modules.billing.models import Invoice, NumberSeries
from modules.billing.services import (
    PrefixNotValid,
    PrefixTaken,
    SeriesInUse,
    WishedPrefix,
    draft_invoice_for_visit,
    issue_invoice,
    set_prefix,
)
from modules.scheduling.models import Appointment, Location
from tenancy import TenantRef
from tests.doors import Api

INVOICE, CREDIT_NOTE = DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE


@pytest.fixture
def north(in_clinic: TenantRef) -> Location:
    return Location.objects.get()


@pytest.fixture
def prefixed(in_clinic: TenantRef, ana: User, now: datetime) -> Callable[..., NumberSeries]:
    """`prefixed("NORTH", at=location)`: Ana sets a prefix."""

    def set_it(
        prefix: str, *, at: Location | None = None, kind: DocumentKind = INVOICE, year: int = 2031
    ) -> NumberSeries:
        wish = WishedPrefix(kind=kind, location_id=at.pk if at else None, prefix=prefix, year=year)
        return set_prefix(wish=wish, by=ana, at=now)

    return set_it


@pytest.mark.parametrize("text", ["", "CN", "NORTH", "A-1", "12345678"])
def test_prefixes_are_letters_and_digits(text: str) -> None:
    assert is_prefix(text)


@pytest.mark.parametrize("text", ["-", "cn", "A-", "A--B", "A B", "Ä", "123456789", "A_B"])
def test_anything_else_is_no_prefix(text: str) -> None:
    assert not is_prefix(text)


def test_a_prefix_holds_from_its_year_until_the_next() -> None:
    known = [Prefixed(INVOICE, None, 2030, ""), Prefixed(INVOICE, None, 2032, "IN")]

    found = [prefix_of(known, kind=INVOICE, location_id=None, year=year) for year in (2029, 2030, 2031, 2032, 2040)]

    assert found == ["", "", "", "IN", "IN"]
    assert list(alike([*known, Prefixed(CREDIT_NOTE, None, 2033, "IN")], since=2031)) == [(2033, "IN")]


def test_a_location_with_a_prefix_counts_for_itself(
    bill: Callable[[int], Invoice],
    draft: Invoice,
    north: Location,
    prefixed: Callable[..., NumberSeries],
    rita: User,
    now: datetime,
) -> None:
    prefixed("NORTH", at=north)

    numbers = [issue_invoice(invoice=each, by=rita, at=now) for each in (bill(100), draft, bill(100))]

    assert [each.number for each in numbers] == ["2031-0001", "NORTH-2031-0001", "2031-0002"]
    assert [each.location_id for each in numbers] == [None, north.pk, None]


def test_a_location_without_one_counts_with_the_practice(issued: Invoice, north: Location) -> None:
    assert (issued.number, issued.location_id) == ("2031-0001", north.pk)
    assert NumberSeries.objects.get().location_id is None


def test_a_prefix_is_kept_in_the_years_to_come(
    visit: Appointment, north: Location, prefixed: Callable[..., NumberSeries], rita: User, now: datetime
) -> None:
    prefixed("NORTH", at=north)
    draft = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    assert issue_invoice(invoice=draft, by=rita, at=datetime(2033, 5, 1, tzinfo=UTC)).number == "NORTH-2033-0001"


def test_once_a_number_is_given_out_its_year_keeps_the_prefix(
    issued: Invoice, bill: Callable[[int], Invoice], prefixed: Callable[..., NumberSeries], rita: User, now: datetime
) -> None:
    with pytest.raises(SeriesInUse) as refused:
        prefixed("IN")
    prefixed("IN", year=2032)

    assert str(refused.value) == ("The numbers of 2031 are in use, up to 2031-0001. Set another prefix from 2032 on.")
    later = issue_invoice(invoice=bill(1), by=rita, at=now + timedelta(days=365))
    assert [issue_invoice(invoice=bill(1), by=rita, at=now).number, later.number] == ["2031-0002", "IN-2032-0001"]


def test_two_series_never_bear_the_same_prefix(
    north: Location, prefixed: Callable[..., NumberSeries], issued: Invoice
) -> None:
    for prefix, at, kind, year in (
        ("CN", north, INVOICE, 2031),
        ("", None, CREDIT_NOTE, 2031),
        ("cn", None, INVOICE, 2032),
    ):
        with pytest.raises(PrefixTaken, match="Two series never"), transaction.atomic():
            prefixed(prefix, at=at, kind=kind, year=year)
    prefixed("N", at=north, year=2032)
    with pytest.raises(PrefixTaken), transaction.atomic():
        prefixed("N", at=north, kind=CREDIT_NOTE)

    assert set(NumberSeries.objects.values_list("kind", "prefix")) == {("INVOICE", ""), ("INVOICE", "N")}


def test_postgres_refuses_two_alike_too(issued: Invoice) -> None:
    with pytest.raises(IntegrityError, match="series_told_apart"), transaction.atomic():
        NumberSeries.objects.create(kind="CREDIT_NOTE", year=2031, prefix="")
    with pytest.raises(IntegrityError, match="series_once_a_year"), transaction.atomic():
        NumberSeries.objects.create(year=2031, prefix="X")


def test_a_location_may_count_with_the_practice_again(
    north: Location, prefixed: Callable[..., NumberSeries], draft: Invoice, rita: User, now: datetime
) -> None:
    prefixed("NORTH", at=north)
    prefixed("", at=north)

    assert issue_invoice(invoice=draft, by=rita, at=now).number == "2031-0001"
    entry = AuditEntry.objects.filter(action="billing.numberseries.set").latest("at")
    assert entry.changes["prefix"] == ["NORTH", None]


@pytest.mark.parametrize(("prefix", "year"), [("a b", 2031), ("X", 2030), ("X", 2033)])
def test_nothing_else_is_taken(prefixed: Callable[..., NumberSeries], prefix: str, year: int) -> None:
    with pytest.raises(PrefixNotValid):
        prefixed(prefix, year=year)


@pytest.mark.parametrize(
    "change", [{"next": 1}, {"next": 9}, {"prefix": "X"}, {"year": 2030}, {"kind": "CREDIT_NOTE"}, {"last_on": None}]
)
def test_a_series_only_counts_forward(issued: Invoice, change: dict[str, object]) -> None:
    with pytest.raises(DatabaseError, match="counts forward"), transaction.atomic():
        NumberSeries.objects.update(**change)


def test_a_series_in_use_is_not_removed(issued: Invoice) -> None:
    with pytest.raises(DatabaseError, match=r"stays|still referenced"), transaction.atomic():
        NumberSeries.objects.all()._raw_delete("default")


def test_owners_set_prefixes_over_the_wire(clinic: TenantRef, ana: User, rita: User, north: Location) -> None:
    year = timezone.localdate().year
    body = {"kind": "INVOICE", "location_id": str(north.pk), "prefix": "north", "year": year}
    door = Api(clinic, ana)

    answer = door.put("/api/billing/number-series/", body)

    assert (answer.status_code, answer.json()["prefix"]) == (200, "NORTH")
    listed = door.get("/api/billing/number-series/").json()["items"]
    assert [(each["prefix"], each["next_number"]) for each in listed][-1] == ("NORTH", f"NORTH-{year}-0001")
    assert Api(clinic, rita).put("/api/billing/number-series/", body).status_code == 403
