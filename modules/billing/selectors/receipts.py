"""What a receipt says of money that came in, and a refund slip of money that went back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from kernel.money import Money
from modules.billing.domain.posting import OF_CLIENT
from modules.billing.models import Invoice, LedgerEntry, LedgerLine, Payment, Refund, RefundKind, RefundState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPart:
    """How much of the money was for which invoice, and what that left to pay; below nothing, what is credit since."""

    number: str
    amount: Money
    left: Money
    taken_back_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money that came in, or went back. Names and the letterhead are those of `invoice`, the first of its parts."""

    title: str
    number: str
    invoice: Invoice
    at: datetime
    method: str
    reference: str
    parts: list[ReceiptPart]
    remark: str = ""

    @property
    def total(self) -> Money:
        return sum((part.amount for part in self.parts), Money.zero(self.invoice.currency))

    @property
    def left(self) -> Money:
        return sum((part.left for part in self.parts), Money.zero(self.invoice.currency))

    @property
    def is_taken_back(self) -> bool:
        return any(part.taken_back_at for part in self.parts)


def receipt_of(payment: Payment, *, seen_by: Any = None) -> Receipt:
    """Return the receipt of a payment, with the others of the same sum of money; `seen_by`: those that they see."""
    together = Payment.objects.filter(Q(pk=payment.pk) | Q(receipt__isnull=False, receipt=payment.receipt))
    number = _number(together.order_by("pk")[0])
    seen = together if seen_by is None else together.filter(pk__in=Payment.objects.visible_to(seen_by))
    rows = list(seen.select_related("invoice", "ledger_entry").prefetch_related("refunds").order_by("pk"))
    return Receipt(
        title=_("Receipt"),
        number=number,
        invoice=rows[0].invoice,
        at=payment.received_at,
        method=str(payment.get_method_display()),
        reference=payment.reference,
        parts=[
            ReceiptPart(
                number=str(row.invoice.number),
                amount=row.amount,
                left=_left(row.invoice, getattr(row, "ledger_entry", None)),
                taken_back_at=_taken_back_at(row),
            )
            for row in rows
        ],
    )


def slip_of(refund: Refund) -> Receipt:
    """Return the slip of money that went back, or of a payment that was taken back."""
    entry = refund.ledger_entries.order_by("pk").first()
    is_back = refund.kind == RefundKind.TAKEN_BACK
    words = {
        RefundState.ASKED: _("It is on its way."),
        RefundState.FAILED: _("It did not arrive: the money is the client's credit again."),
    }
    return Receipt(
        title=_("Payment taken back") if is_back else _("Refund"),
        number=f"{refund.invoice.number}/R{_place(Refund, refund)}",
        invoice=refund.invoice,
        at=refund.at,
        method=str(refund.get_method_display()),
        reference="",
        parts=[ReceiptPart(number=str(refund.invoice.number), amount=refund.amount, left=_left(refund.invoice, entry))],
        remark=words.get(RefundState(refund.state), ""),
    )


def _number(first: Payment) -> str:
    return f"{first.invoice.number}/{_place(Payment, first)}"


def _place(model: type[Payment] | type[Refund], row: Payment | Refund) -> int:
    """Return its place among those of its invoice. No row is ever removed, so it stays, and none is left out."""
    return model._default_manager.filter(invoice=row.invoice_id, pk__lte=row.pk).count()


def _left(invoice: Invoice, entry: LedgerEntry | None) -> Money:
    """Return what was owed on an invoice after an entry of the books; before it is entered, what is owed now."""
    if entry is None:
        return Money(invoice.balance_minor, invoice.currency)
    whose = Q(entry__invoice=invoice) | Q(entry__invoice__corrects=invoice)
    lines = LedgerLine.objects.filter(whose, entry__pk__lte=entry.pk, account__in=OF_CLIENT)
    return Money(lines.aggregate(sum=Sum("amount_minor"))["sum"] or 0, invoice.currency)


def _taken_back_at(payment: Payment) -> datetime | None:
    return next((each.at for each in payment.refunds.all() if each.kind == RefundKind.TAKEN_BACK), None)
