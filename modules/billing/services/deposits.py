"""The deposit of a visit: asked for, paid, waived, let go; and what becomes of one whose visit is not to be.

Whoever changes how a deposit stands locks its invoice first, then, through the calendar, the visit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.locking import lock_rows
from kernel.money import Money
from modules.billing.domain.states import Status
from modules.billing.domain.sums import Charge
from modules.billing.events import DepositClosed
from modules.billing.models import Deposit, Invoice
from modules.billing.services import deposit_rules
from modules.billing.services.drafting import day_of, discard, record_draft
from modules.billing.services.ledger import enter_deposit
from modules.billing.services.lines import Line, write_lines
from modules.billing.services.links import pay_path
from modules.scheduling import public as scheduling
from tenancy import current_tenant


class DepositIsOver(Conflict):
    """It is paid, waived, or was let go."""

    code = "deposit-over"


class NothingLeft(Conflict):
    """There is nothing of it to be kept or paid back."""

    code = "nothing-left"


class ReasonNeeded(Invalid):
    code = "reason-needed"


class Outcome(StrEnum):
    """What becomes of a deposit whose visit is not to be."""

    KEPT = "KEPT"
    RETURNED = "RETURNED"  # outside of here: in cash, or at the gateway
    CREDITED = "CREDITED"  # taken off the next bill


@transaction.atomic
def ask_for_deposit(
    *, appointment_id: UUID, terms: scheduling.Terms, until: datetime, by: Any, at: datetime
) -> Deposit:
    """Draw up the deposit of a visit: an invoice of its own, which is issued when it is paid."""
    visit = scheduling.find_visit(appointment_id)
    if visit is None:
        raise LookupError("A deposit is asked for once the visit is written.")
    invoice = Invoice.objects.create(
        client_id=visit.client_id, patient_id=visit.patient_id, currency=terms.amount.currency
    )
    write_lines(invoice=invoice, lines=_lines_of(visit, terms), on=day_of(at), bears_duty=False)
    record_draft(invoice=invoice, by=by)
    deposit = Deposit.objects.create(
        appointment_id=appointment_id,
        invoice=invoice,
        amount_minor=terms.amount.minor,
        currency=terms.amount.currency,
        until=until,
        asked_at=at,
    )
    changes = audit.created(deposit, ["appointment_id", "amount_minor", "until"])
    audit.record(action="billing.deposit.asked", of=deposit, by=by, changes=changes)
    return deposit


def place_deposit(*, invoice: Invoice, at: datetime) -> None:
    """Make the visit certain whose deposit, a locked invoice, is paid now. If it cannot be had, staff hear of it."""
    deposit = Deposit.objects.select_for_update(no_key=True).get(invoice=invoice)
    if scheduling.confirm_reservation(deposit.appointment_id, at=at):
        return
    deposit.unplaced_at = at
    _share_out(deposit)
    deposit.save(update_fields=["unplaced_at", "kept_minor", "returned_minor"])
    enter_deposit(deposit=deposit, kept=deposit.kept_minor, returned=deposit.returned_minor, at=at)
    audit.record(action="billing.deposit.unplaced", of=deposit, by=None, changes={"unplaced_at": (None, at)})


@transaction.atomic
def close_unpaid(*, appointment_id: UUID, at: datetime) -> None:
    """Discard the deposit of a visit that is not to be, unless it was paid: then what was agreed is kept."""
    deposit = _locked(appointment_id=appointment_id)
    visit = scheduling.find_visit(appointment_id)
    if deposit is None or visit is None or not visit.came_to_nothing:
        return
    if deposit.is_open:
        discard(locked=deposit.invoice, by=None)
        publish(DepositClosed(invoice_id=deposit.invoice_id))
    elif deposit.left:
        before = audit.snapshot(deposit, ["kept_minor", "returned_minor"])
        _share_out(deposit)
        if changes := audit.difference(before, deposit):
            deposit.save(update_fields=["kept_minor", "returned_minor"])
            _enter(deposit, before, at=at)
            audit.record(action="billing.deposit.shared_out", of=deposit, by=None, changes=changes)


@transaction.atomic
def waive_deposit(*, deposit: Deposit, reason: str, by: Any, at: datetime) -> Deposit:
    """Do without a deposit: the visit is certain at once. Raises `ReasonNeeded` or `DepositIsOver`."""
    if not reason.strip():
        sentence = _("Say why it is waived.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    locked = _locked(appointment_id=deposit.appointment_id)
    if locked is None or not locked.is_open:
        raise DepositIsOver(_("This deposit is no longer waited for."))
    discard(locked=locked.invoice, by=by)
    locked.waived_at, locked.waived_because = at, reason.strip()
    locked.waived_by_id, locked.waived_by_name = by.pk, str(by)
    locked.save(update_fields=["waived_at", "waived_because", "waived_by_id", "waived_by_name"])
    changes = audit.created(locked, ["waived_at", "waived_because"])
    audit.record(action="billing.deposit.waived", of=locked, by=by, changes=changes)
    publish(DepositClosed(invoice_id=locked.invoice_id))
    if not scheduling.confirm_reservation(locked.appointment_id, at=at):
        raise DepositIsOver(_("The time of this visit has been given away. Book another one."))
    return locked


@transaction.atomic
def settle_deposit(*, deposit: Deposit, outcome: Outcome, by: Any, at: datetime) -> Deposit:
    """Say what becomes of a deposit whose visit is not to be. Raises `NothingLeft`."""
    locked = _locked(appointment_id=deposit.appointment_id)
    visit = scheduling.find_visit(deposit.appointment_id)
    if locked is None or visit is None or not locked.left:
        raise NothingLeft(_("Nothing is left of this deposit."))
    if not (visit.came_to_nothing or visit.status == "NO_SHOW"):
        raise NothingLeft(_("This deposit is taken off the bill of its visit."))
    names = ["kept_minor", "returned_minor", "credited_at", "unplaced_at"]
    before, left = audit.snapshot(locked, names), locked.left.minor
    locked.unplaced_at = None
    if outcome is Outcome.KEPT:
        locked.kept_minor += left
    elif outcome is Outcome.RETURNED:
        locked.returned_minor += left
    else:
        locked.credited_at = at
    locked.save(update_fields=names)
    _enter(locked, before, at=at)
    changes = audit.difference(before, locked)
    audit.record(action=f"billing.deposit.{outcome.lower()}", of=locked, by=by, changes=changes)
    return locked


class DepositDesk:
    """What the calendar asks of the billing: its port `Deposits`."""

    def terms(self, priced: Sequence[tuple[UUID, Money]]) -> scheduling.Terms | None:
        return deposit_rules.terms(priced=priced)

    def ask(self, *, appointment_id: UUID, terms: scheduling.Terms, until: datetime, by: object, at: datetime) -> None:
        ask_for_deposit(appointment_id=appointment_id, terms=terms, until=until, by=by, at=at)

    def find(self, appointment_id: UUID) -> scheduling.Deposit | None:
        columns = ("amount_minor", "currency", "until", "waived_at", "invoice__status")  # and not whose it is
        rows = Deposit.objects.select_related("invoice").only(*columns)
        deposit = rows.filter(appointment_id=appointment_id).first()
        if deposit is None:
            return None
        return scheduling.Deposit(
            amount=deposit.amount,
            state=_state_of(deposit),
            until=deposit.until,
            invoice_id=deposit.invoice_id,
            pay_path=pay_path(deposit.invoice) if deposit.is_open else "",
        )


DESK = DepositDesk()


def _state_of(deposit: Deposit) -> scheduling.DepositState:
    if deposit.waived_at is not None:
        return scheduling.DepositState.WAIVED
    states = {Status.PAID: scheduling.DepositState.PAID, Status.VOID: scheduling.DepositState.OVER}
    states[Status.CREDITED] = scheduling.DepositState.OVER
    return states.get(Status(deposit.invoice.status), scheduling.DepositState.OPEN)


def _locked(*, appointment_id: UUID) -> Deposit | None:
    """Return the deposit of a visit, with its invoice locked before it."""
    invoice = lock_rows(Invoice.objects.filter(deposit__appointment_id=appointment_id), no_key=True).first()
    if invoice is None:
        return None
    deposit = Deposit.objects.select_for_update(no_key=True).get(invoice=invoice)
    deposit.invoice = invoice
    return deposit


def _enter(deposit: Deposit, before: Mapping[str, Any], *, at: datetime) -> None:
    kept, returned = deposit.kept_minor - before["kept_minor"], deposit.returned_minor - before["returned_minor"]
    enter_deposit(deposit=deposit, kept=kept, returned=returned, at=at)


def _share_out(deposit: Deposit) -> None:
    """Keep the fee and pay back the refund that were agreed when the visit was cancelled, as far as it goes."""
    agreed = scheduling.find_cancellation(deposit.appointment_id)
    if agreed is not None:
        rest = deposit.amount_minor - deposit.used_minor
        deposit.kept_minor = min(agreed.fee.minor, rest)
        deposit.returned_minor = min(agreed.refund.minor, rest - deposit.kept_minor)


def _lines_of(visit: scheduling.Visit, terms: scheduling.Terms) -> list[Line]:
    """Return a line for each service that asks for a deposit, at that service's rate of tax."""
    names = {visit.service_id: (visit.service_name, visit.tax_rate)}
    names |= {each.id: (each.name, each.tax_rate) for each in visit.further}
    with translation.override(current_tenant().language):
        when = date_format(visit.starts_at, "D j M Y, H:i")
        words = _("Deposit for %(service)s")
    return [
        Line(
            description=(words % {"service": names[service_id][0]})[:200],
            detail=when,
            charge=Charge(Decimal(1), amount, names[service_id][1]),
        )
        for service_id, amount in terms.parts
    ]
