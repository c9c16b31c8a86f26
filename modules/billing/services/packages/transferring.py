"""Pass a package on to somebody else, who draws from then on what is left of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.billing.models import PackagePurchase
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.services.drafting import UnknownPatient
from modules.billing.services.packages.calling_off import PackageInUse
from modules.billing.services.packages.selling import ClosedToThem
from modules.crm import public as crm
from modules.scheduling.public import UnitState
from tenancy import current_tenant


class NotTransferable(Conflict):
    """It stays with whom it was sold to, is over, or is theirs already."""

    code = "package-not-transferable"


@transaction.atomic
def transfer_package(*, purchase: PackagePurchase, to_id: UUID, reason: str, by: Any, at: datetime) -> PackagePurchase:
    """Let somebody else have what is left of a package. What was had, and its bill, stay with whom they were.

    Raises `ReasonNeeded`, `UnknownPatient`, `ClosedToThem`, `NotTransferable`, or `PackageInUse` while some are booked.
    """
    if not reason.strip():
        sentence = _("Say why it is passed on.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    locked = PackagePurchase.objects.select_for_update(no_key=True).get(pk=purchase.pk)
    to = crm.find_patient(to_id, seen_by=by)
    if to is None:
        raise UnknownPatient(_("There is no such patient."))
    if not to.is_active:
        raise ClosedToThem(_("This patient's record is closed."))
    _check_transferable(locked, to, at=at)
    changes = {
        "patient_id": (locked.patient_id, to.id),
        "client_id": (locked.client_id, to.client_id),
        "reason": (None, reason.strip()),
    }
    audit.record(action="billing.package.passed_on", of=locked, by=by, changes=changes)
    locked.patient_id, locked.client_id = to.id, to.client_id
    locked.save(update_fields=["patient_id", "client_id"])
    audit.record(action="billing.package.received", of=locked, by=by, changes=changes)
    return locked


def _check_transferable(purchase: PackagePurchase, to: crm.PatientCard, *, at: datetime) -> None:
    words = {"package": purchase.name}
    if not purchase.is_transferable:
        raise NotTransferable(_("%(package)s was sold for one person, and cannot be passed on.") % words)
    states = set(purchase.units.values_list("state", flat=True))
    today = at.astimezone(ZoneInfo(current_tenant().time_zone)).date()
    if purchase.ended_at is not None or purchase.expires_on < today or states == {UnitState.USED}:
        raise NotTransferable(_("Nothing is left of %(package)s.") % words)
    if purchase.patient_id == to.id:
        raise NotTransferable(_("It is theirs already."))
    if UnitState.RESERVED in states:
        sentence = _("Sessions of %(package)s are booked. Cancel those visits first, or wait until they are over.")
        raise PackageInUse(sentence % words)
