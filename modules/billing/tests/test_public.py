"""What other modules are told."""

from __future__ import annotations

from collections.abc import Callable

from identity.models import User
from kernel.ids import new_id
from modules.billing import public as billing
from modules.billing.models import Invoice, Payment
from modules.scheduling.models import Appointment


def test_the_invoice_of_a_visit_is_told_to_whom_may_see_it(
    visit: Appointment, issued: Invoice, pay: Callable[..., Payment], rita: User, bo: User, bea: User
) -> None:
    pay(issued, 800)

    card = billing.invoice_of_visit(visit.pk, seen_by=rita)
    assert card is not None
    assert (card.number, card.status, str(card.total), str(card.to_pay)) == ("2031-0001", "PARTIAL", "58.00", "50.00")
    assert billing.invoice_of_visit(visit.pk, seen_by=bo) == card
    assert billing.invoice_of_visit(visit.pk, seen_by=bea) is None
    assert billing.invoice_of_visit(new_id(), seen_by=rita) is None


def test_nothing_is_owed_on_a_draft(visit: Appointment, draft: Invoice, rita: User, pia: User) -> None:
    (card,) = billing.invoices_of_patient(visit.patient_id, seen_by=rita)

    assert (card.number, str(card.to_pay)) == (None, "0.00")
    assert billing.invoices_of_patient(visit.patient_id, seen_by=pia) == []
