"""Whoever keeps papers and insurances needs a right to these and to the record; the record is locked meanwhile."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from kernel.errors import Conflict, NotAllowed
from kernel.locking import lock_row
from modules.crm.models import Patient


class NotTheirsToKeep(NotAllowed):
    code = "paper-not-allowed"


class ChangedMeanwhile(Conflict):
    """Somebody else changed it since it was looked at."""

    code = "changed-meanwhile"

    def __init__(self, row: Any) -> None:
        super().__init__(_("Somebody changed this meanwhile. Look at it again."))
        self.row = row

    def extra(self) -> dict[str, object]:
        return {"current": {"id": str(self.row.pk), "version": self.row.version}}


def locked_record(*, patient: Patient, right: str, by: Any) -> Patient:
    """Lock a patient for a change beside the record. Raises `NotTheirsToKeep`."""
    if not (by.has_perm(right) and by.has_perm("crm.view_patient", patient)):
        raise NotTheirsToKeep(_("Your role does not allow changing this."))
    return lock_row(Patient.objects.select_related("client"), patient.pk)


def check_seen(*, row: Any, seen: int | None) -> None:
    """Raise `ChangedMeanwhile` unless the row is as it was `seen`. None does not ask."""
    if seen is not None and seen != row.version:
        raise ChangedMeanwhile(row)
