"""By what the calendar narrows the list of people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Max, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from modules.crm.public import Facet, FacetAsked, Facets, Shape, within
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Practitioner
from modules.scheduling.models.appointments import AppointmentQuerySet

SEE = "scheduling.view_appointment"
VISITS = (
    ("coming", _("Has a visit to come")),
    ("none", _("Has no visit to come")),
    ("never", _("Was never here")),
)


def _seen(asked: FacetAsked) -> AppointmentQuerySet:
    return Appointment.objects.visible_to(asked.by).visits().exclude(patient=None)


def _been(asked: FacetAsked) -> AppointmentQuerySet:
    """Those that have begun, less those that were called off or missed."""
    not_there = [Status.CANCELLED, Status.NO_SHOW, Status.LAPSED]
    return _seen(asked).filter(period__startswith__lte=asked.at).exclude(status__in=not_there)


def _by_last_visit(asked: FacetAsked) -> Q:
    last = _been(asked).order_by().values("patient").annotate(last=Max(Lower("period")))
    return Q(pk__in=last.filter(**within("last", asked.moments)).values("patient"))


def _by_visits(asked: FacetAsked) -> Q:
    if asked.value == "never":
        return ~Q(pk__in=_been(asked).values("patient"))
    coming = Q(pk__in=_seen(asked).holding_time().filter(period__startswith__gt=asked.at).values("patient"))
    return coming if asked.value == "coming" else ~coming


def _by_practitioner(asked: FacetAsked) -> Q:
    return Q(pk__in=_seen(asked).holding_time().filter(practitioner=asked.value).values("patient"))


def _practitioners(_by: Any) -> Iterable[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Practitioner.objects.order_by("name").values_list("pk", "name")]


FACETS: Facets = {
    "last_visit": Facet(title=_("Last visit"), permission=SEE, narrow=_by_last_visit, shape=Shape.DAYS),
    "visits": Facet(title=_("Visits"), permission=SEE, narrow=_by_visits, choices=lambda _by: VISITS),
    "practitioner": Facet(title=_("Visits with"), permission=SEE, narrow=_by_practitioner, choices=_practitioners),
}
