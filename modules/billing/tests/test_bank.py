"""What the lines of the bank are decided to be: payments, what was written down before, or nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from audit.models import AuditEntry
from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method, Status
from modules.billing.models import (
    BankLine,
    BankMatch,
    BankStatement,
    Invoice,
    LedgerEntry,
    LineState,
    Payment,
    Refund,
)
from modules.billing.selectors.bank import Found, found, lines_of
from modules.billing.selectors.settling import settled
from modules.billing.services import (
    NothingToSettle,
    NotSettled,
    Share,
    TooMuch,
    WishedLine,
    WishedRefund,
    draft_invoice_by_hand,
    issue_invoice,
    pay_back,
    receive,
    record_payment,
    take_back_payment,
    use_credit,
)
from modules.billing.services.bank.deciding import (
    confirm_line,
    confirm_proposal,
    confirm_sure_ones,
    ignore_line,
    link_line,
    open_line_again,
)
from modules.billing.services.bank.keeping import take_in
from modules.billing.services.bank.refusals import (
    LineNotOpen,
    LineOpen,
    MatchInvalid,
    ProposalOver,
)
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.tests.bank import PAYER, Entry, camt
from modules.billing.tests.conftest import register
from modules.billing.tests.test_ledger import books
from modules.billing.tests.test_settling import pounds, stand

Issue = Callable[[int], Invoice]
Read = Callable[..., BankStatement]


@pytest.fixture
def billed(bill: Callable[[int], Invoice], rita: User, now: datetime) -> Issue:
    """`billed(minor)` issues an invoice over so many pence."""
    return lambda minor: issue_invoice(invoice=bill(minor), by=rita, at=now - timedelta(days=3))


@pytest.fixture
def read(in_clinic: object, ana: User, now: datetime) -> Read:
    """`read(entries)` keeps a statement that has them."""

    def keep(*entries: Entry) -> BankStatement:
        (statement,) = take_in(name="march.xml", content=camt(*entries), by=ana, at=now).statements
        return statement

    return keep


def one(statement: BankStatement) -> BankLine:
    return lines_of(statement).get()


def looked(statement: BankStatement) -> Found:
    (only,) = found(lines_of(statement))
    return only


def confirmed(statement: BankStatement, *, by: User, at: datetime) -> BankLine:
    """Confirm the first that is proposed for the only line."""
    only = looked(statement)
    confirm_proposal(line=only.line, key=only.proposals[0].key, by=by, at=at)
    return one(statement)


# -- confirmed


def test_a_line_that_says_the_number_is_confirmed_with_one_click(
    billed: Issue, read: Read, ana: User, now: datetime
) -> None:
    invoice = billed(5800)
    statement = read(Entry(amount="58.00", text=f"Invoice {invoice.number}", iban=PAYER, bank_reference="A1"))
    assert looked(statement).proposals[0].is_sure

    line = confirmed(statement, by=ana, at=now)

    payment = Payment.objects.get()
    assert (payment.method, payment.reference, payment.amount) == (Method.BANK_TRANSFER, "A1", pounds(5800))
    assert (line.state, line.client_id, line.decided_by_name) == (LineState.MATCHED, invoice.client_id, str(ana))
    assert line.matches.get().payment == payment
    assert stand(invoice) == (Status.PAID, 0, 0)
    assert books()["BANK"] == 5800


def test_the_payment_came_on_the_day_of_the_bank_and_never_before_the_invoice(
    bill: Callable[[int], Invoice], read: Read, rita: User, ana: User, now: datetime
) -> None:
    early = issue_invoice(invoice=bill(5800), by=rita, at=now - timedelta(days=5))
    late = issue_invoice(invoice=bill(4200), by=rita, at=now)
    day = f"{now - timedelta(days=2):%Y-%m-%d}"
    statement = read(
        Entry(amount="58.00", text=str(early.number), day=day), Entry(amount="42.00", text=str(late.number), day=day)
    )

    assert confirm_sure_ones(statement=statement, by=ana, at=now) == 2

    assert f"{Payment.objects.get(invoice=early).received_at:%Y-%m-%d}" == day
    assert LedgerEntry.objects.get(payment__invoice=early).day == (now - timedelta(days=2)).date()
    assert Payment.objects.get(invoice=late).received_at == now


def test_one_line_pays_several_invoices_and_what_is_beyond_is_credit(
    billed: Issue, read: Read, ana: User, now: datetime
) -> None:
    first, second = billed(5800), billed(4200)
    statement = read(Entry(amount="103.00", text=f"{first.number} {second.number}"))

    confirmed(statement, by=ana, at=now)

    assert stand(first) == (Status.PAID, 0, 0)
    assert stand(second) == (Status.PAID, 0, 300)
    assert len(set(Payment.objects.values_list("receipt", flat=True))) == 1
    assert BankMatch.objects.count() == 2


def test_a_part_of_an_invoice_is_paid_by_hand(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    invoice = billed(5800)
    line = one(read(Entry(amount="20.00", text="thanks")))

    confirm_line(line=line, shares=[Share(invoice=invoice, amount=pounds(2000))], by=ana, at=now)

    assert stand(invoice) == (Status.PARTIAL, 3800, 0)


def test_shares_do_not_come_to_more_than_the_line_or_what_is_owed(
    billed: Issue, read: Read, ana: User, now: datetime
) -> None:
    first, second = billed(5800), billed(5800)
    line = one(read(Entry(amount="60.00", text="thanks")))

    with pytest.raises(MatchInvalid, match="more than the line"):
        confirm_line(line=line, shares=[Share(invoice=first, amount=pounds(6001))], by=ana, at=now)
    with pytest.raises(TooMuch):
        confirm_line(line=line, shares=[Share(invoice=first, amount=pounds(6000))], by=ana, at=now)
    with pytest.raises(NotSettled, match="Pay what is owed first"):
        confirm_line(line=line, shares=[Share(invoice=second, amount=pounds(5700))], by=ana, at=now)
    assert not Payment.objects.exists()
    assert one(line.statement).is_open


def test_a_line_is_booked_once(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    invoice, other = billed(5800), billed(5800)
    line = confirmed(read(Entry(amount="58.00", text=str(invoice.number))), by=ana, at=now)

    with pytest.raises(LineNotOpen):
        confirm_line(line=line, shares=[Share(invoice=other, amount=pounds(5800))], by=ana, at=now)
    with pytest.raises(LineNotOpen):
        ignore_line(line=line, reason="x", by=ana, at=now)
    assert Payment.objects.count() == 1


def test_an_invoice_that_two_lines_name_is_paid_once(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    invoice = billed(5800)
    said = {"amount": "58.00", "text": f"Invoice {invoice.number}"}
    statement = read(Entry(**said, bank_reference="A1"), Entry(**said, bank_reference="A2"))
    first, second = found(lines_of(statement))
    assert not first.proposals[0].is_sure
    key = second.proposals[0].key

    confirm_proposal(line=first.line, key=first.proposals[0].key, by=ana, at=now)

    with pytest.raises(ProposalOver, match="does not hold any more"):
        confirm_proposal(line=second.line, key=key, by=ana, at=now)
    second = found([second.line])[0]
    assert [str(each) for each in second.settled] == [invoice.number]
    assert [each.shares for each in second.proposals] == []
    assert Payment.objects.count() == 1


def test_all_sure_ones_are_confirmed_and_others_stay(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    first, second, third = billed(5800), billed(4200), billed(4200)
    statement = read(
        Entry(amount="58.00", text=str(first.number)),
        Entry(amount="42.00", text=str(second.number)),
        Entry(amount="42.00", text="for something"),
        Entry(amount="10.00", text=str(third.number)),
    )

    assert confirm_sure_ones(statement=statement, by=ana, at=now) == 2
    assert confirm_sure_ones(statement=statement, by=ana, at=now) == 0
    assert lines_of(statement, state="OPEN").count() == 2


def test_an_account_that_paid_before_is_known_again(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    first = billed(5800)
    confirmed(read(Entry(amount="58.00", text=str(first.number), iban=PAYER)), by=ana, at=now)
    second = billed(4200)

    (later,) = found(lines_of(read(Entry(amount="42.00", text="as always", iban=PAYER))))

    assert later.sure is not None
    assert later.sure.numbers == (second.number,)
    assert later.shown[0].sentence == "This account paid for the same client before; the amount is the same"


def test_an_invoice_of_somebody_else_is_not_paid_with_it(
    billed: Issue, read: Read, rita: User, ana: User, now: datetime
) -> None:
    theirs = register("Somebody Else", by=rita, at=now)
    wish = WishedLine(description="x", unit_price=pounds(100))
    draft = draft_invoice_by_hand(patient_id=theirs.pk, lines=[wish], by=rita, at=now)
    other = issue_invoice(invoice=draft, by=rita, at=now)
    line = one(read(Entry(amount="59.00", text="x")))
    shares = [Share(invoice=billed(5800), amount=pounds(5800)), Share(invoice=other, amount=pounds(100))]

    with pytest.raises(NotSettled, match="one client"):
        confirm_line(line=line, shares=shares, by=ana, at=now)


# -- written down before


def test_what_was_written_down_before_is_linked_and_not_counted_twice(
    billed: Issue, read: Read, rita: User, ana: User, now: datetime
) -> None:
    first, second = billed(5800), billed(4200)
    shares = [Share(invoice=each, amount=each.gross) for each in (first, second)]
    receive(shares=shares, method=Method.BANK_TRANSFER, by=rita, at=now)
    statement = read(Entry(amount="100.00", text=f"{first.number}", day=f"{now - timedelta(days=2):%Y-%m-%d}"))
    assert looked(statement).shown[0].reasons[0].startswith("written down on 3 Mar 2031 already")

    line = confirmed(statement, by=ana, at=now)

    assert [match.made for match in line.matches.all()] == [False, False]
    assert Payment.objects.count() == 2
    assert books()["BANK"] == 10000
    with pytest.raises(NothingToSettle, match="Undo it there"):
        take_back_payment(payment=Payment.objects.filter(invoice=first).get(), reason="x", by=ana, at=now)

    open_line_again(line=line, by=ana, at=now)

    assert stand(first) == (Status.PAID, 0, 0)
    assert not Refund.objects.exists()


def test_a_payment_is_linked_once_and_only_as_a_whole(
    billed: Issue, read: Read, rita: User, ana: User, now: datetime
) -> None:
    invoice = billed(5800)
    paid = {"amount": pounds(5800), "method": Method.BANK_TRANSFER}
    payment = record_payment(invoice=invoice, **paid, by=rita, at=now)
    first, second = lines_of(read(Entry(amount="58.00", text="a"), Entry(amount="58.00", text="b")))
    (small,) = lines_of(read(Entry(amount="57.00", text="c")))

    with pytest.raises(MatchInvalid):
        link_line(line=small, recorded=[payment.pk], by=ana, at=now)
    link_line(line=first, recorded=[payment.pk], by=ana, at=now)
    with pytest.raises(MatchInvalid):
        link_line(line=second, recorded=[payment.pk], by=ana, at=now)


# -- what went


def test_what_went_back_by_bank_is_its_refund(billed: Issue, read: Read, rita: User, ana: User, now: datetime) -> None:
    invoice = billed(5800)
    paid = {"amount": pounds(7000), "method": Method.BANK_TRANSFER, "beyond": True}
    record_payment(invoice=invoice, **paid, by=rita, at=now)
    wish = WishedRefund(amount=pounds(1200), method=Method.BANK_TRANSFER)
    (refund,) = pay_back(invoice=invoice, wished=[wish], reason="Too much", by=rita, at=now)

    line = confirmed(read(Entry(amount="-12.00", text=f"Refund {invoice.number}")), by=ana, at=now)

    assert line.matches.get().refund == refund
    assert Refund.objects.count() == 1


# -- left out, and taken back


def test_a_line_is_left_out_for_a_reason_and_taken_back(read: Read, ana: User, now: datetime) -> None:
    line = one(read(Entry(amount="-5.00", text="Fees")))

    with pytest.raises(ReasonNeeded):
        ignore_line(line=line, reason=" ", by=ana, at=now)
    with pytest.raises(LineOpen):
        open_line_again(line=line, by=ana, at=now)
    line = ignore_line(line=line, reason="Fees of the bank", by=ana, at=now)
    assert (line.state, line.ignored_because) == (LineState.IGNORED, "Fees of the bank")

    assert open_line_again(line=line, by=ana, at=now).is_open
    actions = AuditEntry.objects.filter(object_type="billing.bankline").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["billing.bankline.ignored", "billing.bankline.opened"]


def test_a_payout_of_the_gateway_is_said_to_be_one(read: Read) -> None:
    assert looked(read(Entry(amount="500.00", name="Stripe Payments UK", text="STRIPE PAYOUT"))).is_payout


def test_what_the_bank_says_is_undone_at_the_bank_alone(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    invoice = billed(5000)
    line = one(read(Entry(amount="50.00", text="x")))
    confirm_line(line=line, shares=[Share(invoice=invoice, amount=pounds(5000))], by=ana, at=now)

    (row,) = settled(invoice, seen_by=ana).payments

    assert not row.may_be_taken_back
    with pytest.raises(NothingToSettle):
        take_back_payment(payment=row.payment, reason="x", by=ana, at=now)


def test_undoing_takes_the_payments_back_and_the_line_is_open(
    billed: Issue, read: Read, ana: User, now: datetime
) -> None:
    first, second = billed(5800), billed(4200)
    line = confirmed(read(Entry(amount="100.00", text=f"{first.number} {second.number}")), by=ana, at=now)

    line = open_line_again(line=line, by=ana, at=now)

    assert (line.is_open, line.client_id) == (True, None)
    assert [stand(each)[1] for each in (first, second)] == [5800, 4200]
    assert books().get("BANK", 0) == 0
    again = confirmed(line.statement, by=ana, at=now)
    assert again.matches.filter(undone_at=None).count() == 2
    assert stand(second) == (Status.PAID, 0, 0)


def test_what_was_used_for_another_invoice_is_not_undone(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    invoice, other = billed(5800), billed(200)
    line = one(read(Entry(amount="60.00", text="x")))
    confirm_line(line=line, shares=[Share(invoice=invoice, amount=pounds(5800))], by=ana, at=now)
    use_credit(source=invoice, target=other, by=ana, at=now)

    with pytest.raises(NothingToSettle, match="used for another invoice"):
        open_line_again(line=line, by=ana, at=now)


def test_of_what_was_given_back_nothing_is_undone(billed: Issue, read: Read, ana: User, now: datetime) -> None:
    invoice = billed(5800)
    line = one(read(Entry(amount="60.00", text="x")))
    (payment,) = confirm_line(line=line, shares=[Share(invoice=invoice, amount=pounds(5800))], by=ana, at=now)
    wish = WishedRefund(amount=Money(200, "GBP"), method=Method.BANK_TRANSFER, payment_id=payment.pk)
    pay_back(invoice=invoice, wished=[wish], reason="Too much", by=ana, at=now)

    with pytest.raises(MatchInvalid, match="given back"):
        open_line_again(line=line, by=ana, at=now)
