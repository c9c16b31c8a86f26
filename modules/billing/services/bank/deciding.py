"""Decide what a line of the bank was: payments of invoices, something written down before, or nothing of ours.

The line is locked first, then the invoices. A line that is decided stays so until that is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.locking import lock_row, lock_rows
from kernel.money import Money
from modules.billing.domain.bank.proposals import Proposal
from modules.billing.domain.states import Method
from modules.billing.models import BankLine, BankMatch, BankStatement, Invoice, LineState, Payment, Refund
from modules.billing.selectors.bank import found, given_back, lines_of, matched
from modules.billing.services.bank.refusals import (
    LineNotOpen,
    LineOpen,
    MatchInvalid,
    ProposalOver,
    already_decided,
)
from modules.billing.services.settling.moving_on import check_reason, lock_invoices, signed_by
from modules.billing.services.settling.receiving import Share, receive
from modules.billing.services.settling.refunding import take_back_payment
from tenancy import current_tenant

NOON = time(12)


@transaction.atomic
def confirm_line(*, line: BankLine, shares: Sequence[Share], by: Any, at: datetime) -> list[Payment]:
    """Write down that a line pays these invoices of one client. What is beyond them is the client's credit.

    Raises `LineNotOpen` or `MatchInvalid`, and what `receive` raises.
    """
    locked = _open(line)
    total = sum((share.amount.minor for share in shares), 0)
    if not locked.is_incoming or total > locked.amount_minor:
        raise _not_matching(_("The shares come to more than the line."))
    payments = receive(
        shares=shares,
        method=Method.BANK_TRANSFER,
        reference=_reference(locked),
        beyond=Money(locked.amount_minor - total, locked.currency) or None,
        by=by,
        at=_received_at(locked, [share.invoice for share in shares], at=at),
    )
    _match(locked, payments=payments, made=True, client_id=payments[0].invoice.client_id, by=by, at=at)
    return payments


@transaction.atomic
def link_line(*, line: BankLine, recorded: Sequence[UUID], by: Any, at: datetime) -> list[BankMatch]:
    """Say that a line is what was written down before, so that nothing is counted twice: payments, or a refund.

    Raises `LineNotOpen` or `MatchInvalid`.
    """
    locked = _open(line)
    payments: list[Payment] = []
    refunds: list[Refund] = []
    if locked.is_incoming:
        asked = Payment.objects.filter(pk__in=recorded).select_related("invoice")
        lock_invoices(payment.invoice for payment in asked)
        payments = list(asked.exclude(pk__in=matched("payment")).exclude(pk__in=given_back()))
    else:
        free = Refund.objects.filter(pk__in=recorded).exclude(pk__in=matched("refund"))
        refunds = list(free.select_related("invoice"))
    rows: list[Any] = [*payments, *refunds]
    total = sum(row.amount_minor for row in rows)
    is_by_bank = all(row.method == Method.BANK_TRANSFER for row in rows)
    is_one = len({row.invoice.client_id for row in rows}) == 1
    if not is_by_bank or not is_one or len(rows) != len(set(recorded)) or total != abs(locked.amount_minor):
        raise _not_matching(_("This is not what was written down: it went back, is another line, or another amount."))
    client_id = rows[0].invoice.client_id
    return _match(locked, payments=payments, refunds=refunds, made=False, client_id=client_id, by=by, at=at)


@transaction.atomic
def confirm_proposal(*, line: BankLine, key: str, by: Any, at: datetime) -> None:
    """Do what was proposed for a line, if it still holds. Raises `LineNotOpen` or `ProposalOver`."""
    locked = _open(line)
    (one,) = found([locked])
    proposal = next((each for each in one.proposals if each.key == key), None)
    if proposal is None:
        raise ProposalOver(_("This does not hold any more: look at what is owed by now. Nothing was booked."))
    _do(locked, proposal, by=by, at=at)


@transaction.atomic
def confirm_sure_ones(*, statement: BankStatement, by: Any, at: datetime) -> int:
    """Confirm every open line of a statement of which it is sure what it was. Return how many were.

    One that somebody decides on at the same moment, or whose invoice is paid by then, stays as it is.
    """
    sure = [(each.line, each.sure) for each in found(lines_of(statement, state=LineState.OPEN)) if each.sure]
    # All of them at once, in the order in which everybody locks: lines, then invoices.
    list(lock_rows(BankLine.objects.filter(pk__in=[line.pk for line, _proposal in sure])))
    paid = {invoice_id for _line, proposal in sure for invoice_id, _minor in proposal.shares}
    lock_invoices(Invoice.objects.filter(pk__in=paid))
    return sum(_is_confirmed(line, proposal, by=by, at=at) for line, proposal in sure)


@transaction.atomic
def ignore_line(*, line: BankLine, reason: str, by: Any, at: datetime) -> BankLine:
    """Say that a line is nothing of ours, and why. Raises `ReasonNeeded` or `LineNotOpen`."""
    check_reason(reason)
    locked = _open(line)
    _decide(locked, LineState.IGNORED, by=by, at=at, ignored_because=reason.strip())
    return locked


@transaction.atomic
def open_line_again(*, line: BankLine, by: Any, at: datetime) -> BankLine:
    """Take back what was decided on a line. Payments that were made by confirming it are taken back as well.

    Raises `LineOpen`, or `NothingToSettle` where money of such a payment went back or is used for another invoice.
    """
    locked = lock_row(BankLine.objects.all(), line.pk)
    if locked.is_open:
        raise LineOpen(_("This line is open."))
    matches = list(locked.matches.filter(undone_at=None).select_related("payment__invoice").order_by("position"))
    made = [match.payment for match in matches if match.made and match.payment is not None]
    lock_invoices(payment.invoice for payment in made)
    if given_back().filter(payment__in=[payment.pk for payment in made]).exists():
        raise MatchInvalid(_("Money of this payment was given back. Settle it at the invoice."))
    locked.matches.filter(undone_at=None).update(undone_at=at)
    for payment in made:
        reason = _("Line of the bank of %(day)s opened again") % {"day": f"{locked.booked_on:%Y-%m-%d}"}
        take_back_payment(payment=payment, reason=reason, by=by, at=at)
    _decide(locked, LineState.OPEN, by=by, at=at)
    return locked


def _is_confirmed(line: BankLine, proposal: Proposal, *, by: Any, at: datetime) -> bool:
    try:
        confirm_proposal(line=line, key=proposal.key, by=by, at=at)
    except (LineNotOpen, ProposalOver, MatchInvalid):
        return False
    return True


def _open(line: BankLine) -> BankLine:
    locked = lock_row(BankLine.objects.all(), line.pk)
    if not locked.is_open:
        raise already_decided()
    return locked


def _do(line: BankLine, proposal: Proposal, *, by: Any, at: datetime) -> None:
    if proposal.recorded:
        link_line(line=line, recorded=proposal.recorded, by=by, at=at)
        return
    locked = lock_invoices(Invoice.objects.filter(pk__in=[invoice_id for invoice_id, _minor in proposal.shares]))
    shares = [
        Share(invoice=locked[invoice_id], amount=Money(minor, line.currency)) for invoice_id, minor in proposal.shares
    ]
    if any(not share.invoice.is_payable or share.amount > share.invoice.to_pay for share in shares):
        raise ProposalOver(_("Somebody paid this meanwhile: look at what is owed by now. Nothing was booked."))
    confirm_line(line=line, shares=shares, by=by, at=at)


def _match(
    line: BankLine,
    *,
    payments: Sequence[Payment] = (),
    refunds: Sequence[Refund] = (),
    made: bool,
    client_id: UUID,
    by: Any,
    at: datetime,
) -> list[BankMatch]:
    things: list[dict[str, Any]] = [{"payment": each} for each in payments] + [{"refund": each} for each in refunds]
    matches = [
        BankMatch(line=line, position=position, made=made, at=at, **thing, **signed_by(by))
        for position, thing in enumerate(things)
    ]
    try:
        with transaction.atomic():
            BankMatch.objects.bulk_create(matches)
    except IntegrityError:
        raise already_decided() from None
    said = {
        "payments": [str(each.pk) for each in payments],
        "refunds": [str(each.pk) for each in refunds],
        "invoices": [str(each.invoice) for each in payments] + [str(each.invoice) for each in refunds],
    }
    _decide(line, LineState.MATCHED, by=by, at=at, client_id=client_id, said=said)
    return matches


def _decide(
    line: BankLine,
    state: LineState,
    *,
    by: Any,
    at: datetime,
    ignored_because: str = "",
    client_id: UUID | None = None,
    said: dict[str, list[str]] | None = None,
) -> None:
    names = ("state", "ignored_because", "client_id")
    before = audit.snapshot(line, names)
    line.state, line.ignored_because, line.client_id = state.value, ignored_because, client_id
    signed: dict[str, Any] = signed_by(by) if state is not LineState.OPEN else signed_by(None)
    line.decided_at = None if state is LineState.OPEN else at
    line.decided_by_id, line.decided_by_name = signed["by_id"], signed["by_name"]
    line.save()
    action = {LineState.OPEN: "opened", LineState.MATCHED: "matched", LineState.IGNORED: "ignored"}[state]
    more = {name: (None, value) for name, value in (said or {}).items() if value}
    audit.record(action=f"billing.bankline.{action}", of=line, by=by, changes=audit.difference(before, line) | more)


def _received_at(line: BankLine, invoices: Sequence[Invoice], *, at: datetime) -> datetime:
    """Return when the money came: at noon of the day on which it was booked, but never before what it pays."""
    booked = datetime.combine(line.booked_on, NOON, ZoneInfo(current_tenant().time_zone))
    issued = [invoice.issued_at for invoice in invoices if invoice.issued_at is not None]
    return min(at, max([booked, *issued]))


def _reference(line: BankLine) -> str:
    return (line.bank_reference or line.reference or line.text)[:100]


def _not_matching(sentence: str) -> MatchInvalid:
    return MatchInvalid(sentence, fields={"shares": [sentence]})
