"""Which state of a record somebody had before them: of two who change it at once, neither overwrites the other."""

from __future__ import annotations

import json
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from kernel.locking import lock_row
from modules.crm.models import Client, Patient
from modules.crm.services.registering import ContactDetails, PatientDetails, names_in


class RecordChanged(Conflict):
    """Somebody else changed the record since it was looked at; `patient` is how it stands now."""

    code = "record-changed"

    def __init__(self, patient: Patient) -> None:
        super().__init__(_("Somebody changed this record meanwhile. Nothing was overwritten: look at it again."))
        self.patient = patient

    def extra(self) -> dict[str, object]:
        return {"current": {"id": str(self.patient.pk), "state": state_of(self.patient)}}


def state_of(patient: Patient) -> str:
    """Return what becomes another as soon as anything changes that the form of a record shows.

    It is made with the server's key: of so little, a plain digest would tell a phone number to whoever tries them all.
    """
    points = patient.client.contact_points.order_by("rank", "pk").values_list("system", "value", "use", "label", "note")
    shown = [*_values(patient, PatientDetails), *_values(patient.client, ContactDetails), [list(row) for row in points]]
    text = json.dumps(shown, default=str)
    return salted_hmac(f"crm.patient:{patient.pk}", text, algorithm="sha256").hexdigest()[:32]


def check_state(patient: Patient, *, seen: str | None) -> None:
    """Raise `RecordChanged` unless the record is as it was `seen`, and have it stay so. None does not ask."""
    if seen is None:
        return
    now = lock_row(Patient.objects.select_related("client"), patient.pk)
    now.client = lock_row(Client.objects.all(), now.client_id)
    if state_of(now) != seen:
        raise RecordChanged(now)


def _values(row: Any, details: type[PatientDetails | ContactDetails]) -> list[Any]:
    return [getattr(row, name) for name in names_in(details)]
