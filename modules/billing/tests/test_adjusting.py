"""Discounts and surcharges on drafts: what they come to, who may give how much, and that issuing freezes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.models import AuditEntry
from identity.models import User
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.adjustments import Kind
from modules.billing.models import Adjustment, Deposit, DiscountReason, Invoice, InvoiceLine, Treatment, TreatmentCode
from modules.billing.services import (
    AdjustmentInvalid,
    DiscountTooHigh,
    LimitInvalid,
    ReasonInvalid,
    ReasonTaken,
    UnknownAdjustment,
    UnknownLine,
    WishedAdjustment,
    WishedLine,
    add_adjustment,
    add_reason,
    change_adjustment,
    draft_invoice_by_hand,
    end_reason,
    issue_invoice,
    remove_adjustment,
    remove_treatment,
    set_limits,
    void_draft,
)
from modules.billing.services.drafting import NotADraft
from modules.crm.models import Note, Patient
from modules.scheduling.models import Appointment
from tenancy import TenantRef

Gives = Callable[..., Adjustment]


@pytest.fixture
def gives(ana: User, now: datetime) -> Gives:
    """`gives(invoice, "10")`: Ana, the owner, takes 10 % off all of it; `line=` off one line; `by=` somebody else."""

    def give(invoice: Invoice, percent: str = "", *, amount: int = 0, line: Any = None, **more: Any) -> Adjustment:
        by = more.pop("by", ana)
        return add_adjustment(
            invoice=invoice, wish=wish(percent, amount=amount, **more), line_id=line.pk if line else None, by=by, at=now
        )

    return give


def wish(percent: str = "", *, amount: int = 0, **more: Any) -> WishedAdjustment:
    worth = {"percent": Decimal(percent)} if percent else {"amount": Money(amount, "GBP")}
    return WishedAdjustment(**({"reason": "Loyalty"} | worth | more))


def sums(invoice: Invoice) -> tuple[str, str]:
    found = Invoice.objects.get(pk=invoice.pk)
    return str(found.gross), str(found.tax)


@pytest.fixture
def two_lines(patient: Patient, rita: User, now: datetime) -> Invoice:
    """60.00 with 20 % of tax in it, and 40.00 without any."""
    lines = [
        WishedLine(description="Insoles", unit_price=Money(3000, "GBP"), quantity=Decimal(2), tax_rate=Decimal(20)),
        WishedLine(description="Advice", unit_price=Money(4000, "GBP")),
    ]
    return draft_invoice_by_hand(patient_id=patient.pk, lines=lines, by=rita, at=now)


def test_a_tenth_off_the_whole_is_off_each_line(two_lines: Invoice, gives: Gives) -> None:
    """54.00 and 36.00 are left; in 54.00 there are 9.00 of tax."""
    given = gives(two_lines, "10")

    given.refresh_from_db()
    assert (str(given.total), given.by_name, given.reason) == ("10.00", "Ana", "Loyalty")
    assert sums(two_lines) == ("90.00", "9.00")
    assert [str(line.gross) for line in two_lines.lines.all()] == ["54.00", "36.00"]


def test_an_amount_off_a_line_leaves_the_others_alone(two_lines: Invoice, gives: Gives) -> None:
    first = two_lines.lines.all()[0]

    gives(two_lines, amount=600, line=first)

    line = two_lines.lines.get(pk=first.pk)
    assert (str(line.listed), str(line.price), str(line.gross), str(line.tax)) == ("60.00", "54.00", "54.00", "9.00")
    assert sums(two_lines) == ("94.00", "9.00")


def test_a_surcharge_needs_no_reason_and_no_leave(two_lines: Invoice, gives: Gives, rita: User) -> None:
    gives(two_lines, amount=500, kind=Kind.SURCHARGE, reason="", by=rita)

    assert sums(two_lines)[0] == "105.00"


def test_one_is_changed_and_taken_away_and_the_sums_follow(
    two_lines: Invoice, gives: Gives, ana: User, now: datetime
) -> None:
    given = gives(two_lines, "10")

    change_adjustment(adjustment=given, wish=wish("50", reason="Goodwill"), by=ana, at=now)
    assert sums(two_lines) == ("50.00", "5.00")

    remove_adjustment(adjustment=given, by=ana, at=now)
    assert sums(two_lines) == ("100.00", "10.00")
    with pytest.raises(UnknownAdjustment):
        remove_adjustment(adjustment=given, by=ana, at=now)
    deeds = AuditEntry.objects.filter(object_type="billing.invoice", object_id=str(two_lines.pk))
    assert [entry.action.rpartition(".")[2] for entry in deeds.order_by("pk")] == [
        "drafted",
        "discounted",
        "adjustment_changed",
        "adjustment_removed",
    ]


def test_all_off_is_nothing_and_issuing_it_pays_it(two_lines: Invoice, gives: Gives, ana: User, now: datetime) -> None:
    gives(two_lines, "100")

    assert sums(two_lines) == ("0.00", "0.00")
    assert issue_invoice(invoice=two_lines, by=ana, at=now).status == "PAID"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"percent": None}, "percent"),
        ({"amount": Money(5, "GBP")}, "percent"),
        ({"percent": Decimal("100.01")}, "percent"),
        ({"percent": Decimal(0)}, "percent"),
        ({"percent": Decimal("0.001")}, "percent"),
        ({"percent": Decimal("NaN")}, "percent"),
        ({"percent": None, "amount": Money(-5, "GBP")}, "amount"),
        ({"percent": None, "amount": Money(5, "EUR")}, "amount"),
        ({"percent": None, "amount": Money(10001, "GBP")}, "amount"),
    ],
)
def test_what_makes_no_sense_is_refused(
    wrong: dict[str, Any], field: str, two_lines: Invoice, ana: User, now: datetime
) -> None:
    wished = WishedAdjustment(**({"percent": Decimal(10), "reason": "Loyalty"} | wrong))

    with pytest.raises(AdjustmentInvalid) as refused:
        add_adjustment(invoice=two_lines, wish=wished, by=ana, at=now)

    assert list(refused.value.fields) == [field]
    assert not Adjustment.objects.exists()


def test_nothing_is_taken_off_nothing(two_lines: Invoice, gives: Gives) -> None:
    gives(two_lines, "100", line=two_lines.lines.all()[1])

    with pytest.raises(AdjustmentInvalid, match="nothing left"):
        gives(two_lines, "10", line=two_lines.lines.all()[1])


def test_a_line_of_another_invoice_is_unknown(two_lines: Invoice, bill: Callable[..., Invoice], gives: Gives) -> None:
    with pytest.raises(UnknownLine):
        gives(two_lines, "10", line=bill(100).lines.get())


# -- how much who may give


def test_the_desk_gives_up_to_its_limit_and_the_refusal_names_it(two_lines: Invoice, gives: Gives, rita: User) -> None:
    gives(two_lines, "10", by=rita)

    with pytest.raises(DiscountTooHigh) as refused:
        gives(two_lines, amount=1, line=two_lines.lines.all()[0], by=rita)

    assert str(refused.value) == "You may give up to 10 % without asking; this would be 10.02 %. Ask an owner."
    assert Adjustment.objects.count() == 1


def test_small_ones_do_not_add_up_to_a_large_one(two_lines: Invoice, gives: Gives, rita: User) -> None:
    line = two_lines.lines.all()[0]
    gives(two_lines, "6", line=line, by=rita)

    with pytest.raises(DiscountTooHigh):
        gives(two_lines, "5", line=line, by=rita)
    with pytest.raises(DiscountTooHigh):
        gives(two_lines, "5", by=rita)
    gives(two_lines, "5", line=two_lines.lines.all()[1], by=rita)


def test_an_amount_counts_as_the_part_that_it_is(two_lines: Invoice, gives: Gives, rita: User) -> None:
    gives(two_lines, amount=1000, by=rita)

    with pytest.raises(DiscountTooHigh):
        gives(two_lines, amount=1, by=rita)


def test_what_an_owner_gave_does_not_use_up_what_the_desk_may(two_lines: Invoice, gives: Gives, rita: User) -> None:
    gives(two_lines, "50")

    gives(two_lines, "10", by=rita)

    assert sums(two_lines)[0] == "40.00"


def test_owners_say_how_much_a_role_may_give(two_lines: Invoice, gives: Gives, ana: User, rita: User) -> None:
    set_limits(percents={"receptionist": Decimal(0)}, by=ana)
    with pytest.raises(DiscountTooHigh, match="no discount"):
        gives(two_lines, "1", by=rita)

    set_limits(percents={"receptionist": None}, by=ana)
    gives(two_lines, "90", by=rita)


def test_whoever_changes_anothers_discount_gives_it(
    two_lines: Invoice, gives: Gives, rita: User, now: datetime
) -> None:
    given = gives(two_lines, "50")

    with pytest.raises(DiscountTooHigh):
        change_adjustment(adjustment=given, wish=wish("40"), by=rita, at=now)


@pytest.mark.parametrize("limits", [{"owner": Decimal(5)}, {"admin": Decimal(101)}, {"admin": Decimal("NaN")}])
def test_a_limit_is_a_share_and_none_of_the_owners(limits: Any, in_clinic: TenantRef, ana: User) -> None:
    with pytest.raises(LimitInvalid):
        set_limits(percents=limits, by=ana)


# -- what else happens to a draft


def test_treatments_that_come_and_go_keep_the_discounts_of_the_others(
    draft: Invoice,
    manual: TreatmentCode,
    note: Note,
    does: Callable[..., Treatment],
    gives: Gives,
    bo: User,
    now: datetime,
) -> None:
    first = does(manual)
    gives(draft, "50", line=InvoiceLine.objects.get(treatment=first))
    second = does(manual)
    gives(draft, "10", line=InvoiceLine.objects.get(treatment=second))
    assert sums(draft)[0] == "91.60"  # 58.00 + 12.00 + 21.60

    remove_treatment(note_id=note.pk, treatment=second, by=bo, at=now)

    assert (sums(draft)[0], Adjustment.objects.count()) == ("70.00", 1)


def test_what_was_paid_before_is_taken_off_what_is_left(
    visit: Appointment, draft: Invoice, gives: Gives, ana: User, rita: User, now: datetime, pay: Callable[..., Any]
) -> None:
    """A deposit of 20.00 on a visit of 58.00: with half off, 9.00 are left to pay; with all off, it is for the next."""
    void_draft(invoice=draft, by=rita, at=now)
    asked = _paid_deposit(visit, 2000, by=rita, at=now, pay=pay)
    from modules.billing.services import draft_invoice_for_visit

    again = draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    assert sums(again)[0] == "38.00"

    half = gives(again, "50")
    assert sums(again)[0] == "9.00"

    change_adjustment(adjustment=half, wish=wish("100"), by=ana, at=now)
    asked.refresh_from_db()
    assert (sums(again)[0], str(asked.left)) == ("0.00", "20.00")


def _paid_deposit(visit: Appointment, minor: int, *, by: User, at: datetime, pay: Callable[..., Any]) -> Deposit:
    from modules.billing.services.deposits import ask_for_deposit
    from modules.scheduling.public import Terms

    terms = Terms(parts=((visit.service_id, Money(minor, "GBP")),), minutes=30)
    deposit = ask_for_deposit(appointment_id=visit.pk, terms=terms, until=at, by=by, at=at)
    pay(deposit.invoice, minor)
    return deposit


def test_a_deposit_is_asked_for_as_its_rule_says(visit: Appointment, gives: Gives, rita: User, now: datetime) -> None:
    from modules.billing.services.deposits import ask_for_deposit
    from modules.scheduling.public import Terms

    terms = Terms(parts=((visit.service_id, Money(500, "GBP")),), minutes=30)
    deposit = ask_for_deposit(appointment_id=visit.pk, terms=terms, until=now, by=rita, at=now)

    with pytest.raises(NotADraft):
        gives(deposit.invoice, "10")


def test_once_issued_nothing_of_it_changes(
    two_lines: Invoice, gives: Gives, ana: User, rita: User, now: datetime
) -> None:
    given = gives(two_lines, "10")
    issue_invoice(invoice=two_lines, by=rita, at=now)

    for do in (
        lambda: gives(two_lines, "10"),
        lambda: change_adjustment(adjustment=given, wish=wish("20"), by=ana, at=now),
        lambda: remove_adjustment(adjustment=given, by=ana, at=now),
    ):
        with pytest.raises(NotADraft):
            do()
    for sql in (
        lambda: Adjustment.objects.filter(pk=given.pk).update(total_minor=1),
        lambda: Adjustment.objects.filter(pk=given.pk).delete(),
        lambda: Adjustment.objects.filter(pk=given.pk).update(reason=""),
        lambda: Adjustment.objects.create(**_columns(two_lines, given)),
    ):
        with _refused_by_postgres():
            sql()


def test_postgres_puts_a_discount_on_a_line_of_its_own_invoice_only(
    two_lines: Invoice, bill: Callable[..., Invoice], gives: Gives
) -> None:
    given = gives(two_lines, "10")

    with _refused_by_postgres():
        Adjustment.objects.create(**_columns(two_lines, given) | {"line": bill(100).lines.get()})


def _columns(invoice: Invoice, given: Adjustment) -> dict[str, Any]:
    names = ("kind", "percent", "currency", "reason", "by_id", "by_name", "given_at")
    return {name: getattr(given, name) for name in names} | {"id": new_id(), "invoice": invoice}


@contextmanager
def _refused_by_postgres() -> Iterator[None]:
    with pytest.raises(DatabaseError), transaction.atomic():
        yield


# -- reasons


def test_reasons_are_offered_once_and_until_they_are_ended(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    reason = add_reason(text="  Staff   and family ", by=ana)
    assert reason.text == "Staff and family"

    with pytest.raises(ReasonTaken):
        add_reason(text="staff and family", by=ana)
    with pytest.raises(ReasonInvalid):
        add_reason(text=" ", by=ana)

    for _ in range(2):
        end_reason(reason=reason, by=ana, at=now)
    add_reason(text="Staff and family", by=ana)
    assert DiscountReason.objects.filter(ended_at=None).count() == 1
