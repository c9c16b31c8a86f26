"""Which packages a visit can be paid from, as a form shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from modules.scheduling.gateways.packages import PackageCard, UnitState
from modules.scheduling.services.series.packages import packages_of
from tenancy.requests import Request


def packages_to_choose(request: Request, values: Any) -> dict[str, Any]:
    """Return those of the patient chosen that cover any service chosen; the one that runs out first is suggested."""
    patient_id = _uuid(values.get("patient", ""))
    chosen = [_uuid(each) for each in [values.get("service", ""), *values.getlist("further")]]
    if patient_id is None:
        return {}
    return _choice(request, [patient_id], [each for each in chosen if each], values)


def own_packages_to_choose(request: Request, patient_ids: Sequence[UUID], values: Any) -> dict[str, Any]:
    """Return what somebody on the portal can pay a visit from; of several people's, nothing is suggested."""
    service_id = _uuid(values.get("service", ""))
    return _choice(request, patient_ids, [service_id] if service_id else [], values)


def _choice(request: Request, patient_ids: Sequence[UUID], service_ids: Sequence[UUID], values: Any) -> dict[str, Any]:
    on = timezone.localdate()
    usable = {
        card.id: card  # one for the family is each of theirs
        for patient_id in patient_ids
        for card in packages_of(patient_id=patient_id, on=on, seen_by=request.user)
        if any(_has_left(card, service_id) for service_id in service_ids)
    }
    packages = list(usable.values())
    suggested = packages[0].id if packages and len(patient_ids) == 1 else None
    return {"packages": packages, "package_id": _uuid(values["package"]) if "package" in values else suggested}


def _has_left(card: PackageCard, service_id: UUID) -> bool:
    return card.count(UnitState.FREE, service_id=service_id) > 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
