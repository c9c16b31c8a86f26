"""What was answered: taken over into the record, one by one or all, and reviewed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.crm.models import FilledForm, FormReview, Patient
from modules.crm.selectors import present_values, proposals_of, state_of_person
from modules.crm.services.questionnaires.asking import locked_form
from modules.crm.services.records import change_patient
from modules.crm.services.registering import ContactDetails, NotRegistrable, PatientDetails, names_in


class PersonChanged(Conflict):
    """The fields of the person are not what was shown beside the answers."""

    code = "person-changed"


class NothingToTake(Invalid):
    """The form has no such answer that could be taken over."""

    code = "nothing-to-take-over"


@transaction.atomic
def take_over(*, filled: FilledForm, keys: Collection[str], seen: str, by: Any, at: datetime) -> Patient:
    """Write answers into the fields of the person that they are for. `seen` is the state that was shown beside them.

    Raises `NotAllowed`, `PersonChanged`, `NothingToTake`, or what changing the record raises.
    """
    _check_may_review(filled, by=by)
    patient = lock_row(Patient.objects.select_related("client"), filled.patient_id)
    filled.patient = patient
    open_to_take = {each.question.key: each for each in proposals_of(filled, seen_by=by) if each.may_take}
    if not keys or not set(keys) <= set(open_to_take):
        raise NothingToTake(_("Choose answers that can be taken over."))
    answers, known = filled.answers, present_values(patient)
    wanted = {open_to_take[key].question.field: answers[key] for key in keys}
    if all(known[field] == value for field, value in wanted.items()):
        return patient
    if seen != state_of_person(filled):
        raise PersonChanged(_("The record was changed meanwhile. Look at it as it is now."))
    details, contact = changed_person(patient=patient, wanted=wanted)
    audit.record(action="crm.filledform.taken_over", of=filled, by=by, changes={"fields": (None, sorted(wanted))})
    return change_patient(patient=patient, details=details, contact=contact, by=by, at=at)


@transaction.atomic
def review_form(*, filled: FilledForm, by: Any, at: datetime) -> FormReview:
    """Note that the answers were read by somebody who may. Twice is no error: the first one stays.

    Raises `NotAllowed`.
    """
    _check_may_review(filled, by=by)
    locked_form(filled.asked_id)  # what was sent is append-only, and cannot be locked
    review, is_first = FormReview.objects.get_or_create(
        filled=filled, defaults={"at": at, "by_id": by.pk, "by_name": str(by)}
    )
    if is_first:
        audit.record(action="crm.filledform.reviewed", of=filled, by=by)
    return review


def _check_may_review(filled: FilledForm, *, by: Any) -> None:
    if not by.has_perm("crm.review_form", filled):
        raise NotAllowed(_("Your role does not allow this for this record."))


def changed_person(*, patient: Patient, wanted: dict[str, Any]) -> tuple[PatientDetails, ContactDetails]:
    """Return the record as it would be. Whoever is their own client has one name, not two."""
    client = patient.client
    details = PatientDetails(**{name: getattr(patient, name) for name in names_in(PatientDetails)})
    contact = ContactDetails(**{name: getattr(client, name) for name in names_in(ContactDetails)})
    of_patient = {name.partition(".")[2]: value for name, value in wanted.items() if name.startswith("patient.")}
    of_client = {name.partition(".")[2]: value for name, value in wanted.items() if name.startswith("client.")}
    if (details.first_name, details.last_name) == (contact.first_name, contact.last_name):
        of_client = {name: of_patient[name] for name in ("first_name", "last_name") if name in of_patient} | of_client
    _check_email(of_client.get("email", ""))
    if "birth_date" in of_patient:
        of_patient["birth_date"] = date.fromisoformat(of_patient["birth_date"])
    return replace(details, **of_patient), replace(contact, **of_client)


def _check_email(text: str) -> None:
    try:
        if text:
            validate_email(text)
    except ValidationError:
        sentence = _("“%(text)s” is not an e-mail address.") % {"text": text}
        raise NotRegistrable(sentence, fields={"email": [sentence]}) from None
