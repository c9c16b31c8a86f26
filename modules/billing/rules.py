"""Who may see and do what with an invoice."""

from __future__ import annotations

from typing import Any

from rules.predicates import predicate

from access.permissions import anything


@predicate
def is_for_their_service(user: Any, invoice: Any) -> bool:
    return invoice.lines.filter(appointment__practitioner__user_id=user.pk).exists()


@predicate
def is_theirs(user: Any, invoice: Any) -> bool:
    return invoice.is_issued and invoice.client.user_id is not None and invoice.client.user_id == user.pk


@predicate
def was_paid_by_them(user: Any, payment: Any) -> bool:
    return is_theirs.test(user, payment.invoice)


PERMISSIONS = {
    "billing.view_invoice": {"all": anything, "care": is_for_their_service, "self": is_theirs},
    "billing.view_document": {"all": anything, "self": is_theirs},
    "billing.write_invoice": {"all": anything},
    "billing.view_payment": {"all": anything, "self": was_paid_by_them},
    "billing.take_payment": {"all": anything},
    "billing.ask_for_payment": {"all": anything, "self": is_theirs},
    "billing.manage": {"all": anything},
}
