"""Lock the invoices whose money changes, and take them on to where they then stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.locking import lock_rows
from modules.billing.domain.states import Status
from modules.billing.events import BalanceChanged, InvoicePaid
from modules.billing.models import Invoice
from modules.billing.services.deposits import ReasonNeeded

COUNTED = ("paid_minor", "written_off_minor")


class NotSettled(Invalid):
    """An amount that is nothing, of another currency, or more than there is; `fields` says where."""

    code = "settling-invalid"


class NothingToSettle(Conflict):
    """There is nothing that could be used, paid back, taken back or written off."""

    code = "nothing-to-settle"


def lock_invoices(invoices: Iterable[Invoice]) -> dict[Any, Invoice]:
    """Lock invoices in the order that everybody locks them in, and return them as they are, by id."""
    rows = Invoice.objects.filter(pk__in={invoice.pk for invoice in invoices})
    return {row.pk: row for row in lock_rows(rows, no_key=True).order_by("pk")}


def move_on(invoice: Invoice, *, action: str, by: Any, **said: Any) -> None:
    """Read what triggers have counted on a locked invoice, and set the status that follows."""
    before = {name: getattr(invoice, name) for name in ("status", *COUNTED)}
    invoice.refresh_from_db(fields=COUNTED)
    if invoice.status != Status.CREDITED:
        invoice.status = invoice.status_by_money.value
        invoice.save(update_fields=["status"])
    changes = {name: (old, new) for name, old in before.items() if (new := getattr(invoice, name)) != old}
    audit.record(
        action=action, of=invoice, by=by, changes=changes | {name: (None, value) for name, value in said.items()}
    )
    publish(BalanceChanged(invoice_id=invoice.pk))
    if invoice.status == Status.PAID != before["status"]:
        publish(InvoicePaid(invoice_id=invoice.pk))


def signed_by(by: Any) -> dict[str, Any]:
    """Return who writes a row down; nobody, where the gateway does."""
    return {"by_id": getattr(by, "pk", None), "by_name": str(by) if by is not None else ""}


def check_reason(reason: str) -> None:
    """Raise `ReasonNeeded` without one."""
    if not reason.strip():
        sentence = _("Say why.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})


def refused(*, field: str, sentence: str) -> NotSettled:
    return NotSettled(sentence, fields={field: [sentence]})
