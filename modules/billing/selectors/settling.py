"""What pages and the API read of credit, refunds and write-offs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from kernel.money import Money
from modules.billing.models import BankMatch, CreditUse, Invoice, Payment, Refund, RefundKind, RefundState, WriteOff


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment, and whether it may be taken back as none."""

    payment: Payment
    is_taken_back: bool
    may_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything that moved money of an invoice: shown beside it, each with its amount."""

    payments: list[PaymentRow]
    refunds: list[Refund]
    given: list[CreditUse]
    taken: list[CreditUse]
    write_offs: list[WriteOff]

    @property
    def is_anything(self) -> bool:
        return bool(self.payments or self.taken or self.write_offs)


def settled(invoice: Invoice, *, seen_by: Any) -> Settled:
    """Return what moved the money of an invoice, the earliest of each kind first."""
    refunds = list(
        Refund.objects.visible_to(seen_by)
        .filter(invoice=invoice)
        .select_related("till_session__till")
        .order_by("at", "pk")
    )
    gone = {refund.payment_id for refund in refunds if refund.state != RefundState.FAILED}
    back = {refund.payment_id for refund in refunds if refund.kind == RefundKind.TAKEN_BACK}
    of_bank = BankMatch.objects.filter(payment=OuterRef("pk"), undone_at=None)
    payments = Payment.objects.visible_to(seen_by).filter(invoice=invoice).annotate(is_of_bank=Exists(of_bank))
    moved = credit_uses_of(invoice)
    return Settled(
        payments=[
            PaymentRow(
                payment,
                is_taken_back=payment.pk in back,
                may_be_taken_back=not (
                    payment.gateway_reference or payment.pk in gone or invoice.is_deposit or payment.is_of_bank
                ),
            )
            for payment in payments.select_related("till_session__till").order_by("received_at", "pk")
        ],
        refunds=refunds,
        given=[use for use in moved if use.source_id == invoice.pk],
        taken=[use for use in moved if use.target_id == invoice.pk],
        write_offs=write_offs_of(invoice, seen_by=seen_by),
    )


def credit_uses_of(invoice: Invoice) -> list[CreditUse]:
    """Return the credit of an invoice that paid others, and that of others which paid it."""
    uses = CreditUse.objects.select_related("source", "target").order_by("at", "pk")
    return list(uses.filter(Q(source=invoice) | Q(target=invoice)))


def write_offs_of(invoice: Invoice, *, seen_by: Any) -> list[WriteOff]:
    return list(WriteOff.objects.visible_to(seen_by).filter(invoice=invoice).order_by("at", "pk"))


def owed_by_client_of(invoice: Invoice, *, seen_by: Any) -> list[Invoice]:
    """Return what else the client of an invoice owes in its currency, what is due first to the front."""
    rows = Invoice.objects.visible_to(seen_by).to_be_paid().filter(client=invoice.client_id, currency=invoice.currency)
    return list(rows.exclude(pk=invoice.pk).order_by("due_date", "issued_at", "pk"))


def moves_of(invoice: Invoice) -> list[tuple[str, Money]]:
    """Return what else than payments and credit notes changed what is owed on an invoice, for whoever pays it."""
    refunds = Refund.objects.filter(invoice=invoice).exclude(state=RefundState.FAILED).order_by("at", "pk")
    given = CreditUse.objects.filter(source=invoice).select_related("target").order_by("at", "pk")
    taken = CreditUse.objects.filter(target=invoice).select_related("source").order_by("at", "pk")
    moves = [(str(refund.get_kind_display()), refund.amount) for refund in refunds]
    moves += [(_("Credit used for %(number)s") % {"number": use.target}, use.amount) for use in given]
    moves += [(_("Credit of %(number)s") % {"number": use.source}, -use.amount) for use in taken]
    if invoice.written_off:
        moves.append((_("Not asked for any more"), -invoice.written_off))
    return moves
