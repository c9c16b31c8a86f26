"""The list of people, narrowed by what the modules know of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kernel.modules import enabled_modules
from modules.crm.domain.facets import Asked, Facet
from modules.crm.models import Patient
from modules.crm.models.people import PatientQuerySet
from tenancy import current_tenant


def facets_for(user: Any) -> dict[str, Facet]:
    """Return by what somebody may narrow the list, in the order of the modules."""
    facets: dict[str, Facet] = {}
    for module in enabled_modules():
        if module.facets:
            facets |= module.load(module.facets)
    return {name: each for name, each in facets.items() if user.has_perm(each.permission)}


def narrowed(values: Mapping[str, Any], *, by: Any, at: datetime) -> PatientQuerySet:
    """Return the patients whom somebody may see and of whom all of these are true, by name."""
    rows = Patient.objects.visible_to(by).select_related("client").order_by("last_name", "first_name", "pk")
    facets, zone = facets_for(by), ZoneInfo(current_tenant().time_zone)
    for name, value in values.items():
        rows = rows.filter(facets[name].narrow(Asked(value=value, by=by, at=at, zone=zone)))
    return rows
