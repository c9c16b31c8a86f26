"""Who may see and change whom."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rules.predicates import predicate

from access.grants import is_granted
from access.permissions import anything


@predicate
def is_in_their_care(user: Any, patient: Any) -> bool:
    return is_granted(permission="care_for_patient", to=user, on=patient)


@predicate
def is_themself(user: Any, patient: Any) -> bool:
    return patient.client.user_id is not None and patient.client.user_id == user.pk


@predicate
def is_about_their_patient(user: Any, note: Any) -> bool:
    return is_granted(permission="care_for_patient", to=user, on=note.patient)


@predicate
def is_shared_with_them(user: Any, note: Any) -> bool:
    return note.shared_with_patient and note.is_signed and is_themself.test(user, note.patient)


@predicate
def wrote_it(user: Any, note: Any) -> bool:
    return note.author_id == user.pk


PERMISSIONS = {
    "crm.view_patient": {"all": anything, "care": is_in_their_care, "self": is_themself},
    "crm.register_patient": {"all": anything},
    "crm.change_patient": {"all": anything, "care": is_in_their_care},
    "crm.view_note": {"all": anything, "care": is_about_their_patient, "self": is_shared_with_them},
    "crm.write_note": {"care": is_in_their_care},
    "crm.sign_note": {"care": wrote_it},
}

WORDS = {
    "crm.view_patient": _("See records"),
    "crm.register_patient": _("Register people"),
    "crm.change_patient": _("Change contact and registration details"),
    "crm.view_note": _("Read clinical notes"),
    "crm.write_note": _("Write clinical notes"),
    "crm.sign_note": _("Sign clinical notes"),
}
