"""Credit an issued invoice, the whole of it or a part: by a document of its own, which names it and says why.

The invoice stays locked until the credit note is issued, so of two who credit at once the second sees what the first
has left; the database counts as well, and refuses more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.money import Money
from modules.billing.domain.credits import Creditable
from modules.billing.domain.states import DocumentKind, Status
from modules.billing.domain.sums import Amounts
from modules.billing.events import InvoiceCredited, InvoicePaid
from modules.billing.models import Deposit, Invoice, InvoiceLine
from modules.billing.services.crediting import let_go_of_deposits
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.services.issuing import issue
from modules.billing.services.packages.calling_off import call_off_purchases
from modules.billing.services.settling.writing_off import make_room_for_credit
from modules.inventory import public as inventory
from tenancy import current_tenant


class NotCreditable(Conflict):
    """A draft, a credit note, an invoice that is credited already, or a deposit that is used."""

    code = "not-creditable"


class CreditNotValid(Invalid):
    """More than is left of a line, nothing, or of another invoice; `fields` says which."""

    code = "credit-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedCredit:
    """What of a line is credited: so many, or so much money, tax included; without either all that is left.

    `restock`: what comes back goes on the shelf again. A reduction of the price brings nothing back.
    """

    line_id: UUID
    quantity: Decimal | None = None
    amount: Money | None = None
    restock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a line of a credit note takes back of a line of the invoice."""

    line: InvoiceLine
    state: Creditable
    amounts: Amounts
    quantity: Decimal
    is_reduction: bool = False
    restock: bool = False

    @property
    def is_the_rest(self) -> bool:
        return self.amounts.gross.minor == self.state.left


@transaction.atomic
def credit_invoice(
    *, invoice: Invoice, reason: str, by: Any, at: datetime, wished: Sequence[WishedCredit] = ()
) -> Invoice:
    """Issue a credit note over these parts of an invoice; without any, over all that is left. Return the credit note.

    What is credited as a whole can be billed anew: its visits and treatments, and the deposits that it took off.
    Raises `ReasonNeeded`, `NotCreditable`, `CreditNotValid` or `PackageInUse`.
    """
    if not reason.strip():
        sentence = _("Say why it is credited.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    locked = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    _check_creditable(locked)
    states = states_of(locked)
    parts = _chosen(locked, states, wished) if wished else _rest(states)
    is_whole = _is_whole(states, parts)
    if is_whole:
        parts += _rest({pk: state for pk, state in states.items() if pk not in {part.line.pk for part in parts}})
    _check_parts(locked, parts, is_whole=is_whole)
    call_off_purchases(lines=[part.line for part in parts if part.is_the_rest], by=by, at=at)
    if is_whole:
        let_go_of_deposits(invoice=locked)
    credited = sum(part.amounts.gross.minor for part in parts)
    make_room_for_credit(invoice=locked, credited=credited, reason=reason.strip(), by=by, at=at)
    credit_note = _write(locked, parts, reason=reason.strip())
    _put_back(credit_note, by=by, at=at)
    credit_note = issue(locked=credit_note, by=by, at=at)
    _move_on(locked, credit_note, is_whole=is_whole, by=by)
    return credit_note


def states_of(invoice: Invoice) -> dict[UUID, tuple[InvoiceLine, Creditable]]:
    """Return what is left to be credited of each line of an invoice, in their order."""
    lines = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    backs = InvoiceLine.objects.filter(
        corrects_line__invoice=invoice, is_reduction=False, invoice__status=Status.CREDIT.value
    )
    taken = dict(backs.values_list("corrects_line").annotate(sum=Sum("quantity")))
    return {
        line.pk: (
            line,
            Creditable(
                Amounts(line.net, line.tax, line.gross),
                line.quantity,
                line.credited_minor,
                taken.get(line.pk, Decimal(0)),
            ),
        )
        for line in lines
    }


States = dict[UUID, tuple[InvoiceLine, Creditable]]


def _check_creditable(invoice: Invoice) -> None:
    if not invoice.is_issued:
        raise NotCreditable(_("A draft is discarded, not credited."))
    if invoice.is_credit_note:
        raise NotCreditable(_("A credit note is not credited. Write a new invoice."))
    if invoice.status == Status.CREDITED:
        raise NotCreditable(_("Invoice %(number)s is credited already.") % {"number": invoice.number})
    if invoice.is_deposit:
        deposit = Deposit.objects.select_for_update(no_key=True).get(invoice=invoice)
        if deposit.returned_minor:
            raise NotCreditable(_("This deposit was paid back."))
        if deposit.used_minor or deposit.kept_minor:
            raise NotCreditable(_("This deposit is used. Credit the invoice that took it off first."))


def _rest(states: States) -> list[Part]:
    """Return all that is left; also of lines that cost nothing, unless they came back."""
    return [
        Part(
            line=line,
            state=state,
            amounts=state.part(state.left),
            quantity=state.quantity_left if state.quantity_left > 0 else Decimal(1),
            is_reduction=state.quantity_left <= 0,
        )
        for line, state in states.values()
        if state.left or (not line.gross_minor and state.quantity_left > 0)
    ]


def _chosen(invoice: Invoice, states: States, wished: Sequence[WishedCredit]) -> list[Part]:
    parts: list[Part] = []
    for number, wish in enumerate(wished):
        at = f"lines.{number}"
        found = states.get(wish.line_id)
        if found is None or found[0].deposit_id is not None or any(part.line.pk == wish.line_id for part in parts):
            raise _wrong(f"{at}.line_id", _("Choose each line of this invoice at most once."))
        parts.append(_part(wish, *found, at=at, invoice=invoice))
    return parts


def _part(wish: WishedCredit, line: InvoiceLine, state: Creditable, *, at: str, invoice: Invoice) -> Part:
    if wish.quantity is not None and wish.amount is not None:
        raise _wrong(f"{at}.amount", _("Either a quantity or an amount."))
    if wish.restock and (line.item_id is None or wish.amount is not None):
        raise _wrong(f"{at}.restock", _("Only goods that come back go on the shelf."))
    if wish.amount is not None:
        if wish.amount.currency != invoice.currency or not 0 < wish.amount.minor <= state.left:
            raise _wrong(f"{at}.amount", _too_much(state))
        size, quantity = wish.amount.minor, Decimal(1)
    else:
        quantity = state.quantity_left if wish.quantity is None else wish.quantity
        if not (quantity.is_finite() and quantity == round(quantity, 3) and 0 < quantity <= state.quantity_left):
            words = {"line": line.description, "left": f"{state.quantity_left.normalize():f}"}
            raise _wrong(f"{at}.quantity", _("Of %(line)s %(left)s are left to credit.") % words)
        size = state.gross_of(quantity)
        if size > state.left:
            raise _wrong(f"{at}.quantity", _too_much(state))
    return Part(
        line=line,
        state=state,
        amounts=state.part(size),
        quantity=quantity,
        is_reduction=wish.amount is not None,
        restock=wish.restock,
    )


def _is_whole(states: States, parts: Sequence[Part]) -> bool:
    """Test whether nothing that costs something is left then; deposits that were taken off do not count."""
    rest = {part.line.pk: part.is_the_rest for part in parts}
    costly = [pk for pk, (line, state) in states.items() if state.left > 0]
    return bool(parts) and all(rest.get(pk, False) for pk in costly)


def _check_parts(invoice: Invoice, parts: Sequence[Part], *, is_whole: bool) -> None:
    total = sum(part.amounts.gross.minor for part in parts)
    if invoice.is_deposit and not is_whole:
        raise _wrong("lines", _("A deposit is credited as a whole."))
    left = invoice.gross_minor - invoice.credited_minor
    if not is_whole and total > left:
        words = {"left": Money(left, invoice.currency).shown(current_tenant().language)}
        sentence = _("A deposit was taken off this invoice. Credit %(left)s at most, or the whole of it.")
        raise _wrong("lines", sentence % words)
    if not parts or (not total and not is_whole):
        raise _wrong("lines", _("Say what is credited."))


def _write(invoice: Invoice, parts: Sequence[Part], *, reason: str) -> Invoice:
    sums = {name: sum(getattr(part.amounts, name).minor for part in parts) for name in ("net", "tax", "gross")}
    credit_note = Invoice.objects.create(
        kind=DocumentKind.CREDIT_NOTE.value,
        corrects=invoice,
        reason=reason,
        client_id=invoice.client_id,
        patient_id=invoice.patient_id,
        currency=invoice.currency,
        prices_include_tax=invoice.prices_include_tax,
        **{f"{name}_minor": minor for name, minor in sums.items()},
    )
    InvoiceLine.objects.bulk_create(
        _row(credit_note, part, position=position) for position, part in enumerate(parts, start=1)
    )
    return credit_note


def _row(credit_note: Invoice, part: Part, *, position: int) -> InvoiceLine:
    row = InvoiceLine(
        invoice=credit_note,
        position=position,
        corrects_line=part.line,
        description=part.line.description,
        detail=part.line.detail,
        quantity=part.quantity,
        unit_price_minor=_unit_price(credit_note, part).minor,
        tax_rate=part.line.tax_rate,
        tax_category=part.line.tax_category,
        tax_reason=part.line.tax_reason,
        tax_code=part.line.tax_code,
        currency=credit_note.currency,
        deposit_id=part.line.deposit_id,
        item_id=part.line.item_id if part.restock else None,
        is_reduction=part.is_reduction,
    )
    row.net_minor, row.tax_minor = part.amounts.net.minor, part.amounts.tax.minor
    row.gross_minor = part.amounts.gross.minor
    return row


def _unit_price(credit_note: Invoice, part: Part) -> Money:
    """Return the price that was billed for one; after a discount, what is left of it."""
    priced = part.amounts.gross if credit_note.prices_include_tax else part.amounts.net
    if part.line.unit_price.times(part.quantity) == priced:
        return part.line.unit_price
    return priced.times(1 / part.quantity)


def _put_back(credit_note: Invoice, *, by: Any, at: datetime) -> None:
    back = [
        inventory.Sold(item_id=line.item_id, quantity=line.quantity, line_id=line.pk)
        for line in InvoiceLine.objects.filter(invoice=credit_note, item__isnull=False)
        if line.item_id
    ]
    if back:
        inventory.put_back(lines=back, by=by, at=at)


def _move_on(invoice: Invoice, credit_note: Invoice, *, is_whole: bool, by: Any) -> None:
    before = (invoice.status, invoice.credited_minor)
    invoice.refresh_from_db(fields=["credited_minor"])  # the trigger has counted it
    invoice.status = (Status.CREDITED if is_whole else invoice.status_by_money).value
    invoice.save(update_fields=["status"])
    changes = {
        "status": (before[0], invoice.status),
        "credited_minor": (before[1], invoice.credited_minor),
        "credit_note_id": (None, credit_note.pk),
        "reason": (None, credit_note.reason),
    }
    audit.record(action="billing.invoice.credited", of=invoice, by=by, changes=changes)
    publish(InvoiceCredited(invoice_id=invoice.pk, credit_note_id=credit_note.pk))
    if invoice.status == Status.PAID != before[0]:
        publish(InvoicePaid(invoice_id=invoice.pk))


def _too_much(state: Creditable) -> str:
    left = Money(state.left, state.whole.gross.currency).shown(current_tenant().language)
    return _("At most %(left)s are left of this line.") % {"left": left}


def _wrong(at: str, sentence: str) -> CreditNotValid:
    return CreditNotValid(sentence, fields={at: [sentence]})
