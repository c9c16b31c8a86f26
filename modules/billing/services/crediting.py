"""Take what was paid before off a visit's bill, each unit of it once."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q, Sum
from django.utils import translation
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.locking import lock_rows
from modules.billing.domain.deposits import part_of
from modules.billing.domain.sums import Amounts, TaxOfRate
from modules.billing.models import Deposit, Invoice
from modules.billing.services.lines import TakenOff, remove_taken_off, write_taken_off
from modules.scheduling import public as scheduling
from tenancy import current_tenant

WITHOUT_A_VISIT = ("CANCELLED", "LAPSED")


def take_off_deposits(*, invoice: Invoice, visit: scheduling.Visit) -> None:
    """Take off a visit's new draft its own deposit, and what the client has left of others, as far as the bill goes."""
    rows = (
        Deposit.objects.select_related("invoice")
        .with_money_left()
        .filter(
            Q(appointment_id=visit.id)
            | Q(invoice__client_id=visit.client_id, appointment__status__in=WITHOUT_A_VISIT)
            | Q(invoice__client_id=visit.client_id, credited_at__isnull=False),
            currency=invoice.currency,
        )
    )
    to_pay = invoice.lines.filter(is_duty=False).aggregate(sum=Sum("gross_minor"))["sum"] or 0
    taken_off: list[TakenOff] = []
    for deposit in lock_rows(rows, no_key=True).order_by("pk"):
        size = min(deposit.left.minor, to_pay)
        if size > 0:
            taken_off += _taken_off(deposit, size)
            _use(deposit, size)
            to_pay -= size
    if taken_off:
        write_taken_off(invoice=invoice, taken_off=taken_off)


def give_back_deposits(*, invoice: Invoice) -> None:
    """Let a draft that is discarded go of what it had taken off: the next bill may have it."""
    if let_go_of_deposits(invoice=invoice):
        remove_taken_off(invoice=invoice)


def let_go_of_deposits(*, invoice: Invoice) -> bool:
    """Give what an invoice had taken off back to its deposits; its lines stay. True if there was any."""
    used = invoice.lines.filter(deposit__isnull=False).values("deposit").annotate(sum=Sum("gross_minor"))
    for each in used.order_by("deposit"):
        _use(Deposit.objects.select_related("invoice").get(pk=each["deposit"]), each["sum"])
    return bool(used)


def _use(deposit: Deposit, size: int) -> None:
    """Count so much of a deposit as used, in minor units; below zero, as used no more."""
    Deposit.objects.filter(pk=deposit.pk).update(used_minor=F("used_minor") + size)
    changes = {"used_minor": (deposit.used_minor, deposit.used_minor + size)}
    audit.record(action="billing.deposit.used", of=deposit, by=None, changes=changes)


def _taken_off(deposit: Deposit, size: int) -> Iterator[TakenOff]:
    with translation.override(current_tenant().language):
        description = _("Deposit paid, invoice %(number)s") % {"number": deposit.invoice.number}
    lines = list(deposit.invoice.lines.all())
    paid = [TaxOfRate(line.tax_rate, Amounts(line.net, line.tax, line.gross)) for line in lines]
    whose = {line.tax_rate: line for line in lines}
    for part in part_of(paid, start=_spent(deposit), size=size):
        yield TakenOff(deposit=deposit, description=description, part=part, of=whose[part.rate])


def _spent(deposit: Deposit) -> int:
    return deposit.used_minor + deposit.kept_minor + deposit.returned_minor
