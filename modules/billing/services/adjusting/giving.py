"""Give a discount or put a surcharge on a draft, change one, take it away: its sums follow at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid, NotFound
from kernel.locking import lock_row, lock_rows
from kernel.money import LARGEST_MINOR_UNITS, Money
from modules.billing.domain.adjustments import Kind
from modules.billing.domain.states import Status
from modules.billing.domain.sums import HUNDRED
from modules.billing.models import LONGEST_REASON, Adjustment, Invoice, InvoiceLine
from modules.billing.selectors import visit_billed_by
from modules.billing.services.adjusting.limits import check_limit, limit_of
from modules.billing.services.crediting import give_back_deposits, take_off_deposits
from modules.billing.services.drafting import NotADraft
from modules.billing.services.lines import reckon_draft, reckoning_of
from modules.scheduling import public as scheduling


class AdjustmentInvalid(Invalid):
    """A discount or a surcharge that makes no sense; `fields` says where."""

    code = "adjustment-invalid"


class UnknownLine(NotFound):
    code = "line-unknown"


class UnknownAdjustment(NotFound):
    code = "adjustment-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedAdjustment:
    """Either so many per cent or an amount; a discount says why."""

    kind: Kind = Kind.DISCOUNT
    percent: Decimal | None = None
    amount: Money | None = None
    reason: str = ""


@transaction.atomic
def add_adjustment(
    *, invoice: Invoice, wish: WishedAdjustment, by: Any, at: datetime, line_id: UUID | None = None
) -> Adjustment:
    """Put a discount or a surcharge on a line of a draft, or on all of it.

    Raises `NotADraft`, `UnknownLine`, `AdjustmentInvalid` or `DiscountTooHigh`.
    """
    draft = _draft(invoice)
    line = _line(draft, line_id) if line_id else None
    row = Adjustment(invoice=draft, line=line, currency=draft.currency)
    verb = "discounted" if wish.kind is Kind.DISCOUNT else "surcharged"
    with _reckoned_anew(draft, verb, by=by):
        _write(row, wish, by=by, at=at)
    return row


@transaction.atomic
def change_adjustment(*, adjustment: Adjustment, wish: WishedAdjustment, by: Any, at: datetime) -> Adjustment:
    """Give another one in its place: whoever changes it is who gave it. Raises what `add_adjustment` does."""
    draft = _draft(adjustment.invoice)
    row = _locked(adjustment, draft)
    with _reckoned_anew(draft, "adjustment_changed", by=by):
        _write(row, wish, by=by, at=at)
    return row


@transaction.atomic
def remove_adjustment(*, adjustment: Adjustment, by: Any, at: datetime) -> None:
    """Take a discount or a surcharge away from a draft. Raises `NotADraft`."""
    draft = _draft(adjustment.invoice)
    row = _locked(adjustment, draft)
    with _reckoned_anew(draft, "adjustment_removed", by=by):
        row.delete()


def _locked(adjustment: Adjustment, draft: Invoice) -> Adjustment:
    row = lock_rows(Adjustment.objects.filter(invoice=draft, pk=adjustment.pk), no_key=True).first()
    if row is None:
        raise UnknownAdjustment(_("This discount is no longer there."))
    row.invoice = draft
    return row


def _draft(invoice: Invoice) -> Invoice:
    locked = lock_row(Invoice.objects.all(), invoice.pk, no_key=True)
    if locked.is_deposit:
        raise NotADraft(_("A deposit is asked for as its rule says. Change the rule, or waive the deposit."))
    if locked.status == Status.VOID:
        raise NotADraft(_("This draft was discarded."))
    if locked.status != Status.DRAFT:
        raise NotADraft(_("Invoice %(number)s is issued. It can only be credited.") % {"number": locked.number})
    return locked


def _line(draft: Invoice, line_id: UUID) -> InvoiceLine:
    line = InvoiceLine.objects.filter(invoice=draft, deposit=None, is_duty=False, pk=line_id).first()
    if line is None:
        raise UnknownLine(_("There is no such line on this draft."))
    return line


@contextmanager
def _reckoned_anew(draft: Invoice, verb: str, *, by: Any) -> Iterator[None]:
    """Work the draft out anew after a change; what was paid before is taken off what it comes to then."""
    before, visit_id = draft.gross_minor, visit_billed_by(draft)
    give_back_deposits(invoice=draft)
    yield
    reckon_draft(invoice=draft)
    visit = scheduling.find_visit(visit_id) if visit_id else None
    if visit is not None:
        take_off_deposits(invoice=draft, visit=visit)
    changes = {"gross_minor": (before, draft.gross_minor)}
    audit.record(action=f"billing.invoice.{verb}", of=draft, by=by, changes=changes)


def _write(row: Adjustment, wish: WishedAdjustment, *, by: Any, at: datetime) -> None:
    reason = " ".join(wish.reason.split())
    _check(row, wish, reason)
    row.kind, row.reason = wish.kind.value, reason
    row.percent, row.amount_minor = wish.percent, wish.amount.minor if wish.amount is not None else None
    row.limit_percent = limit_of(by)
    row.by_id, row.by_name, row.given_at = by.pk, str(by), at
    if row.is_discount:
        _check_limit(row)
    row.save()


def _check(row: Adjustment, wish: WishedAdjustment, reason: str) -> None:
    percent, amount = wish.percent, wish.amount
    most = HUNDRED if wish.kind is Kind.DISCOUNT else Decimal("999.99")
    wrong = {
        "percent": (
            (percent is None) == (amount is None)
            or (
                percent is not None
                and not (percent.is_finite() and 0 < percent <= most and percent == round(percent, 2))
            ),
            _("Either so many per cent, up to %(most)s, or an amount.") % {"most": most},
        ),
        "amount": (
            amount is not None and not (amount.currency == row.currency and 0 < amount.minor <= LARGEST_MINOR_UNITS),
            _("More than nothing, in the currency of the invoice."),
        ),
        "reason": (
            len(reason) > LONGEST_REASON or (wish.kind is Kind.DISCOUNT and not reason),
            _("Say why, in at most %(most)d characters.") % {"most": LONGEST_REASON},
        ),
    }
    _refuse({field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong})


def _check_limit(row: Adjustment) -> None:
    """Hold what is off each price by now, with this one, against what its giver may give; and the price against it."""
    draft = row.invoice
    lines = list(InvoiceLine.objects.filter(invoice=draft, deposit=None, is_duty=False).order_by("position"))
    others = list(Adjustment.objects.filter(invoice=draft).exclude(pk=row.pk).order_by("pk"))
    found, own = reckoning_of(invoice=draft, rows=lines, given=others)
    prices = {line.pk: priced for line, priced in zip(lines, found.lines, strict=True)}
    whole = sum((priced.before for priced in found.lines), Money.zero(draft.currency))
    if row.line_id is None:
        _check_room(row, whole)
    else:
        _check_room(row, prices[row.line_id].before)
    own[row.line_id].append(row)
    of_all = [(each, each.as_value().percent_of(whole)) for each in own[None]]
    for line in lines if row.line_id is None else [each for each in lines if each.pk == row.line_id]:
        listed = prices[line.pk].listed
        of_line = [(each, each.as_value().percent_of(listed)) for each in own[line.pk]]
        check_limit(limit=row.limit_percent, of_line=[*of_line, *of_all])


def _check_room(row: Adjustment, price: Money) -> None:
    if not price:
        _refuse({"percent": [_("There is nothing left to take off.")]})
    if row.amount is not None and row.amount > price:
        _refuse({"amount": [_("That is more than it costs.")]})


def _refuse(problems: dict[str, list[str]]) -> None:
    if problems:
        raise AdjustmentInvalid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)
