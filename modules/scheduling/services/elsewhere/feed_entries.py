"""Visits as the entries of a calendar app: which, and what of them is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from access.membership import reach_of
from kernel.ranges import as_period
from modules.crm import public as crm
from modules.scheduling.domain.calendar_file import CANCELLED, Entry
from modules.scheduling.gateways.video import video_url
from modules.scheduling.models import Appointment, AppointmentChange, CalendarFeed, Location, Shows
from tenancy import current_tenant
from tenancy.addresses import tenant_url

BEHIND, AHEAD = timedelta(days=60), timedelta(days=400)


class FeedReader:
    """On whose behalf an app asks, as far as rights and the log are concerned. Nobody is signed in."""

    is_authenticated = True

    def __init__(self, pk: UUID) -> None:
        self.pk = pk

    def __str__(self) -> str:
        return str(_("A calendar app"))


def reader_of(feed: CalendarFeed) -> FeedReader | None:
    """Return with whose rights a feed is read; None once they have none."""
    reader = FeedReader(feed.reader_id) if feed.reader_id else None
    return reader if reach_of(reader, "scheduling.view_appointment") else None


def visits_in(
    feed: CalendarFeed, *, reader: FeedReader | None, at: datetime, behind: timedelta = BEHIND
) -> QuerySet[Appointment]:
    """Return the visits in a feed: some weeks back, a year ahead, and for as long the cancelled ones."""
    whose = Q(patient__in=crm.answered_for_by(feed.user_id)) if feed.user_id else Q(practitioner=feed.practitioner)
    changes = AppointmentChange.objects.filter(appointment=OuterRef("pk")).order_by("-at")
    rows = Appointment.objects.visible_to(reader).filter(whose).within(at - behind, at + AHEAD)
    rows = rows.annotate(changed_at=Subquery(changes.values("at")[:1]))
    return rows.exclude(status__in=CANCELLED, changed_at__lt=at - behind).order_by("period", "pk")


def columns_of(feed: CalendarFeed) -> list[str]:
    """Return what a feed needs to know. A name that it does not show is not even read."""
    columns = ["pk", "location_id", "period", "status", "sequence", "version", "changed_at", "created_at"]
    if feed.shows != Shows.VISIT:
        columns += ["patient_id", "patient__first_name", "patient__last_name"]
    if feed.shows == Shows.EVERYTHING:
        columns += ["service__name", "practitioner__name", "room__name"]
        columns += ["service__by_video", "practitioner__video_room"]
    return columns


def entry_of(feed: CalendarFeed, *, visit: dict[str, Any], place: Location) -> Entry:
    period, page = as_period(visit["period"]), "portal_visit" if feed.user_id else "visit"
    room = "" if feed.user_id else visit.get("room__name")
    return Entry(
        uid=f"{visit['pk']}@{settings.PLATFORM_HOST}",
        sequence=visit["sequence"],
        status=visit["status"],
        changed_at=visit["changed_at"] or visit["created_at"],
        starts_at=period.start,
        ends_at=period.end,
        summary=_summary(feed, visit),
        description=_description(feed, visit),
        location=", ".join(part for part in (room, place.name, place.address) if part),
        video_url=_video_url(visit),
        url=tenant_url(current_tenant(), reverse(f"scheduling:{page}", args=[visit["pk"]])),
    )


def _video_url(visit: dict[str, Any]) -> str:
    if not visit.get("service__by_video"):
        return ""
    return video_url(visit["pk"], status=visit["status"], own_room=visit["practitioner__video_room"])


def _summary(feed: CalendarFeed, visit: dict[str, Any]) -> str:
    if feed.shows == Shows.VISIT:
        return f"{_('Visit')}, {current_tenant().name}" if feed.user_id else _("Visit")
    names = [name for name in (visit["patient__first_name"], visit["patient__last_name"]) if name]
    if feed.shows == Shows.INITIALS:
        return f"{_('Visit')}, {' '.join(f'{name[0]}.' for name in names)}"
    if feed.user_id:
        return f"{visit['service__name']}, {current_tenant().name}"
    return f"{' '.join(names)}: {visit['service__name']}"


def _description(feed: CalendarFeed, visit: dict[str, Any]) -> str:
    """Say whom a patient's visit is with, and for whom: of several animals or children, one."""
    if not feed.user_id or feed.shows != Shows.EVERYTHING:
        return ""
    patient = f"{visit['patient__first_name']} {visit['patient__last_name']}".strip()
    return _("With %(who)s, for %(whom)s.") % {"who": visit["practitioner__name"], "whom": patient}
