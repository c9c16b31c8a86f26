"""What the calendar holds about people, for whoever makes two records one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.crm.public import Holding, Holdings, Merged
from modules.scheduling.models import Claim, Kind


def _two_visits_at_once(merged: Merged) -> Iterator[str]:
    """Nobody is in two places: what was booked for both records at one time has to be called off for one."""
    ids = {*merged.patients, *merged.patients.values()}
    claims = Claim.objects.filter(kind=Kind.PATIENT, resource_id__in=ids).order_by("place", "during", "pk")
    for _place, of_one_place in groupby(claims, key=lambda claim: claim.place):
        for one, other in pairwise(of_one_place):
            if one.during.upper > other.during.lower:
                when = formats.date_format(timezone.localtime(other.during.lower), "DATETIME_FORMAT")
                yield _("Both have a visit at the same time, %(when)s. Move or cancel one of them first.") % {
                    "when": when
                }


HOLDINGS: Holdings = (
    Holding(
        model="scheduling.Appointment",
        label=gettext_lazy("Visits"),
        patient="patient_id",
        day="period",
        permission="scheduling.view_appointment",
        hindrances=_two_visits_at_once,
        clash=gettext_lazy("Both have a visit at the same time. Move or cancel one of them first."),
    ),
    Holding(
        model="scheduling.Series",
        label=gettext_lazy("Series of visits"),
        patient="patient_id",
        day="created_at",
        permission="scheduling.view_appointment",
    ),
    Holding(
        model="scheduling.WaitingEntry",
        label=gettext_lazy("On the waiting list"),
        patient="patient_id",
        day="created_at",
        permission="scheduling.view_waiting",
    ),
    Holding(
        model="scheduling.Offer",
        label=gettext_lazy("Times offered"),
        patient="patient_id",
        day="period",
        permission="scheduling.view_waiting",
        clash=gettext_lazy("Both have been offered a time that overlaps. Take one of the offers back first."),
    ),
)
