"""Keep the draft of a visit in step with what was done in it; and bill what an issued invoice no longer takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.locking import lock_rows
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, InvoiceLine, Treatment
from modules.billing.services.crediting import give_back_deposits, take_off_deposits
from modules.billing.services.drafting import UnknownVisit, day_of, discard, draft_after_visit, record_draft
from modules.billing.services.lines import Line, rewrite_treatments, taxed, write_lines
from modules.billing.services.treatments.lines import treatment_lines
from modules.scheduling import public as scheduling


class NothingToBill(Conflict):
    code = "nothing-to-bill"


@transaction.atomic
def bring_up_to_date(*, appointment_id: UUID, by: Any, at: datetime, without: UUID | None = None) -> None:
    """Have the draft of a visit bill what was done in it, and no more. An issued invoice is never touched.

    A visit that is over and has no bill yet, because a package paid for it, gets one if it costs something now.
    `without` is a treatment that is about to go. Called again, it does nothing.
    """
    lock_rows(Treatment.objects.of_visit(appointment_id), no_key=True)
    draft = _draft_of(appointment_id)
    if draft is not None:
        _rewrite(draft, appointment_id, without=without, by=by)
    elif _is_to_be_billed(appointment_id, without=without):
        draft_after_visit(appointment_id=appointment_id, at=at)


@transaction.atomic
def draft_further_invoice(*, appointment_id: UUID, by: Any, at: datetime) -> Invoice:
    """Draw up a further invoice of a visit, of exactly what is on none yet; asked again, the same draft is returned.

    Raises `UnknownVisit` or `NothingToBill`.
    """
    visit = scheduling.find_visit(appointment_id, seen_by=by)
    if visit is None:
        raise UnknownVisit(_("There is no such visit."))
    lines = treatment_lines(visit.id)
    if draft := _draft_of(visit.id):
        _rewrite(draft, visit.id, by=by)
        return draft
    if not any(line.charge.unit_price for line in lines):
        raise NothingToBill(_("Everything that was done in this visit is billed."))
    invoice = Invoice.objects.create(
        client_id=visit.client_id, patient_id=visit.patient_id, currency=visit.price.currency
    )
    write_lines(invoice=invoice, lines=lines, on=day_of(visit.starts_at))
    take_off_deposits(invoice=invoice, visit=visit)
    record_draft(invoice=invoice, by=by)
    return invoice


def _draft_of(appointment_id: UUID) -> Invoice | None:
    """Return the draft that a visit, or something done in it, is on; locked, so that nobody issues it meanwhile."""
    lines = InvoiceLine.objects.filter(Q(appointment=appointment_id) | Q(treatment__appointment=appointment_id))
    rows = Invoice.objects.filter(status=Status.DRAFT.value, deposit=None, pk__in=lines.values("invoice"))
    return lock_rows(rows, no_key=True).order_by("created_at", "pk").first()


def _is_to_be_billed(appointment_id: UUID, *, without: UUID | None) -> bool:
    visit = scheduling.find_visit(appointment_id)
    if visit is None or visit.status != "COMPLETED":
        return False
    is_billed = InvoiceLine.objects.filter(appointment=appointment_id).exists()
    costly = Treatment.objects.of_visit(appointment_id).not_billed().values_list("pk", flat=True)
    return not is_billed and any(each != without for each in costly)


def _rewrite(draft: Invoice, appointment_id: UUID, *, by: Any, without: UUID | None = None) -> None:
    visit = scheduling.find_visit(appointment_id)
    wanted = [line for line in treatment_lines(appointment_id, on=draft) if line.treatment_id != without]
    wanted = taxed(wanted, on=day_of(visit.starts_at if visit else draft.created_at))
    if _as_billed(draft) == [_told(line) for line in wanted]:
        return
    before = draft.gross_minor
    give_back_deposits(invoice=draft)
    rewrite_treatments(invoice=draft, lines=wanted)
    if not draft.lines.exists():
        discard(locked=draft, by=by)
        return
    if visit is not None:
        take_off_deposits(invoice=draft, visit=visit)
    changes = {"gross_minor": (before, draft.gross_minor)}
    audit.record(action="billing.invoice.changed", of=draft, by=by, changes=changes)


def _as_billed(draft: Invoice) -> list[tuple[Any, ...]]:
    rows = draft.lines.filter(treatment__isnull=False).order_by("position")
    return list(rows.values_list("treatment_id", "quantity", "unit_price_minor", "tax_rate"))


def _told(line: Line) -> tuple[Any, ...]:
    charge = line.charge
    return (line.treatment_id, charge.quantity, charge.unit_price.minor, charge.tax_rate)
