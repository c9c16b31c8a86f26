"""What was done in a visit, as its note says; the bill follows as far as it is a draft."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotFound
from kernel.locking import lock_row
from modules.billing.models import Treatment, TreatmentCode
from modules.billing.services.treatments.billing import bring_up_to_date
from modules.crm import public as crm
from modules.scheduling import public as scheduling

FROZEN = ("code", "name", "unit", "price_minor", "currency", "tax_rate", "is_included")


class TreatmentInvalid(Invalid):
    code = "treatment-invalid"


class UnknownTreatment(NotFound):
    code = "treatment-code-unknown"


class TreatmentsClosed(Conflict):
    """The note is signed: what was done in the visit stands."""

    code = "treatments-closed"


class TreatmentBilled(Conflict):
    code = "treatment-billed"


@transaction.atomic
def add_treatment(*, note_id: UUID, code_id: UUID, quantity: Decimal, by: Any, at: datetime) -> Treatment:
    """Say in the note of a visit that something was done, with its name and price as of the day of the visit.

    Raises `NoSuchNote`, `NotInCare`, `NotYourNote`, `TreatmentsClosed`, `UnknownTreatment` or `TreatmentInvalid`.
    """
    _check_quantity(quantity)
    visit = _visit_of(_open_note(note_id, by=by))
    code = TreatmentCode.objects.valid_on(visit.starts_at.date()).filter(pk=code_id).first()
    if code is None:
        raise UnknownTreatment(_("This is not on the list on the day of the visit."))
    treatment = Treatment.objects.create(
        appointment_id=visit.id,
        treatment_code=code,
        quantity=quantity,
        noted_at=at,
        by_id=by.pk,
        by_name=str(by),
        **{name: getattr(code, name) for name in FROZEN},
    )
    changes = audit.created(treatment, ["appointment_id", "quantity", *FROZEN])
    audit.record(action="billing.treatment.noted", of=treatment, by=by, changes=changes)
    bring_up_to_date(appointment_id=visit.id, by=by, at=at)
    return treatment


@transaction.atomic
def change_treatment(*, note_id: UUID, treatment: Treatment, quantity: Decimal, by: Any, at: datetime) -> Treatment:
    """Say how much of it was done. Raises what `add_treatment` raises, or `TreatmentBilled`."""
    _check_quantity(quantity)
    locked = _locked(note_id, treatment, by=by)
    before, locked.quantity = locked.quantity, quantity
    if before != quantity:
        locked.save(update_fields=["quantity"])
        audit.record(action="billing.treatment.changed", of=locked, by=by, changes={"quantity": (before, quantity)})
        bring_up_to_date(appointment_id=locked.appointment_id, by=by, at=at)
    return locked


@transaction.atomic
def remove_treatment(*, note_id: UUID, treatment: Treatment, by: Any, at: datetime) -> None:
    """Say that it was not done. Raises what `change_treatment` raises."""
    locked = _locked(note_id, treatment, by=by)
    audit.record(action="billing.treatment.removed", of=locked, by=by, changes={"quantity": (locked.quantity, None)})
    bring_up_to_date(appointment_id=locked.appointment_id, without=locked.pk, by=by, at=at)
    locked.delete()


def _open_note(note_id: UUID, *, by: Any) -> crm.NoteCard:
    note = crm.note_to_add_to(note_id, by=by)
    if note.is_signed:
        raise TreatmentsClosed(_("This note is signed: what was done stands. The desk bills by hand what is missing."))
    return note


def _visit_of(note: crm.NoteCard) -> scheduling.Visit:
    visit = scheduling.find_visit(note.appointment_id) if note.appointment_id else None
    if visit is None:
        raise TreatmentInvalid(_("Treatments are of a visit. This note has none."))
    return visit


def _locked(note_id: UUID, treatment: Treatment, *, by: Any) -> Treatment:
    """Return a treatment that nobody bills or changes before this transaction is over."""
    note = _open_note(note_id, by=by)
    rows = Treatment.objects.filter(appointment=note.appointment_id).select_related("line__invoice", "appointment")
    locked = lock_row(rows, treatment.pk)
    if locked.invoice is not None and locked.invoice.is_issued:
        sentence = _("This is on invoice %(number)s, which is issued. It can only be credited.")
        raise TreatmentBilled(sentence % {"number": locked.invoice.number})
    return locked


def _check_quantity(quantity: Decimal) -> None:
    if not (quantity.is_finite() and 0 < quantity < 10**6 and quantity == round(quantity, 3)):
        sentence = _("More than nothing, to the thousandth.")
        raise TreatmentInvalid(sentence, fields={"quantity": [sentence]})
