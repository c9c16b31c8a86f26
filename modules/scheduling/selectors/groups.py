"""Groups as they are listed: with how many come, and which of them can be booked online."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Lower

from kernel.periods import Period, as_utc
from kernel.ranges import as_period, as_range
from modules.scheduling.domain.hours import Offered
from modules.scheduling.domain.states import HOLDS_ITS_TIME
from modules.scheduling.models import Appointment, Claim, GroupSession, Kind
from modules.scheduling.selectors.slots import last_moment
from modules.scheduling.selectors.wanted import Asker, Wanted

OFFERED_FOR = timedelta(days=90)


def sessions_between(start: datetime, end: datetime, *, seen_by: Any) -> Any:
    """Return the groups of a stretch of time that somebody may see, with `taken` places, in order."""
    return with_taken(GroupSession.objects.visible_to(seen_by).within(start, end))


def with_taken(rows: Any) -> Any:
    holding = Q(appointments__status__in=HOLDS_ITS_TIME)
    return rows.for_display().annotate(taken=Count("appointments", filter=holding)).order_by(Lower("period"), "pk")


def busy_otherwise(coming: Mapping[UUID, Sequence[Appointment]], periods: Mapping[UUID, Period]) -> dict[UUID, int]:
    """Return, of each group, how many of those who come have something else in a period, besides these visits."""
    people = {visit.patient_id for visits in coming.values() for visit in visits}
    own = {visit.pk for visits in coming.values() for visit in visits}
    if not people:
        return {}
    around = Period(min(each.start for each in periods.values()), max(each.end for each in periods.values()))
    rows = Claim.objects.filter(kind=Kind.PATIENT, resource_id__in=people, during__overlap=as_range(around))
    taken: dict[UUID, list[Period]] = {}
    for patient_id, during in rows.exclude(appointment_id__in=own).values_list("resource_id", "during"):
        taken.setdefault(patient_id, []).append(as_period(during))
    return {
        group_id: sum(
            any(each.overlaps(periods[group_id]) for each in taken.get(visit.patient_id, ())) for visit in visits
        )
        for group_id, visits in coming.items()
    }


def open_groups(*, asker: Asker, at: datetime) -> list[GroupSession]:
    """Return the groups that somebody online can book, the full ones too: one can wait for a place."""
    rows = GroupSession.objects.standing().within(at, at + OFFERED_FOR)
    offered = with_taken(rows.filter(service__offered=Offered.ONLINE.value, service__ended_at=None))
    return [session for session in offered if is_offered_online(session, asker=asker, at=at)]


def is_offered_online(session: GroupSession, *, asker: Asker, at: datetime) -> bool:
    """Test whether a group can be booked online by somebody like this, now."""
    wanted, at = Wanted((session.service,)), as_utc(at)
    in_time = at + wanted.notice <= session.starts_at < last_moment(wanted, session.location.zone, at=at)
    for_them = wanted.offered == Offered.ONLINE and wanted.is_for(asker)
    return for_them and in_time and session.starts_at > at
