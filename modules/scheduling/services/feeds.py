"""Secret addresses at which a calendar app finds somebody's visits: make them, take them back, answer at them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.permissions import is_staff
from audit import recording as audit
from identity.secrets import digest, new_secret
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from kernel.ranges import as_period
from modules.scheduling.domain.calendar_file import CANCELLED, Entry, feed_file
from modules.scheduling.gateways.video import video_url
from modules.scheduling.models import Appointment, AppointmentChange, CalendarFeed, Location, Practitioner, Shows
from tenancy import current_tenant
from tenancy.addresses import tenant_url

MOST_FEEDS = 10
BEHIND, AHEAD = timedelta(days=60), timedelta(days=400)
NOTE_FETCH_EVERY = timedelta(minutes=5)
LABELLED = ("label", "shows")


class TooManyFeeds(Conflict):
    """Nobody has that many devices; an address that nobody uses is one that nobody watches."""

    code = "too-many-feeds"


class ShowsTooMuch(Invalid):
    """A patient's own feed has no use for their initials."""

    code = "feed-shows"


@dataclass(frozen=True, slots=True)
class MadeFeed:
    """A feed and its address, which is shown this once: what is kept does not lead back to it."""

    feed: CalendarFeed
    url: str


class FeedReader:
    """On whose behalf an app asks, as far as rights and the log are concerned. Nobody is signed in."""

    is_authenticated = True

    def __init__(self, pk: UUID) -> None:
        self.pk = pk

    def __str__(self) -> str:
        return str(_("A calendar app"))


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """What an app is told; `content` is None if it has the same already."""

    etag: str
    content: bytes | None


@transaction.atomic
def make_feed(*, practitioner: Practitioner | None, label: str, shows: str, by: Any, at: datetime) -> MadeFeed:
    """Make an address for a practitioner's visits, or for those of `by` and theirs.

    Raises `NotAllowed`, `ShowsTooMuch` or `TooManyFeeds`.
    """
    owner = {"practitioner": practitioner} if practitioner else {"user_id": by.pk}
    feed = CalendarFeed(**owner, label=label, shows=shows, made_by_id=by.pk, created_at=at)
    _check(feed, by=by)
    if CalendarFeed.objects.current().filter(**owner).count() >= MOST_FEEDS:
        raise TooManyFeeds(_("There are %(most)d addresses already. Revoke one first.") % {"most": MOST_FEEDS})
    secret = new_secret()
    feed.digest = digest(secret)
    feed.save(force_insert=True)
    made = audit.created(feed, ["label", "shows", "practitioner_id", "user_id"])
    audit.record(action="scheduling.calendarfeed.made", of=feed, by=by, changes=made)
    return MadeFeed(feed, _url(secret))


def calendar_to_share(*, practitioner_id: UUID | None, by: Any) -> Practitioner | None:
    """Return the practitioner whose visits are meant; None for what concerns a patient's account. Raises `Invalid`.

    Who works here and names nobody means their own calendar.
    """
    if practitioner_id is None and not is_staff(by):
        return None
    whose = {"pk": practitioner_id} if practitioner_id else {"user_id": by.pk}
    practitioner: Practitioner | None = Practitioner.objects.current().filter(**whose).first()
    if practitioner is None:
        sentence = _("There is no such calendar.")
        raise Invalid(sentence, fields={"practitioner_id": [sentence]})
    return practitioner


@transaction.atomic
def renew_feed(*, feed: CalendarFeed, by: Any) -> MadeFeed:
    """Give a feed another address; the one before is dead at once. Raises `NotAllowed`."""
    feed = _locked(feed, by=by)
    secret = new_secret()
    feed.digest, feed.last_fetched_at, feed.made_by_id = digest(secret), None, by.pk
    feed.save(update_fields=["digest", "last_fetched_at", "made_by_id"])
    audit.record(action="scheduling.calendarfeed.renewed", of=feed, by=by)
    return MadeFeed(feed, _url(secret))


@transaction.atomic
def change_feed(*, feed: CalendarFeed, label: str, shows: str, by: Any) -> CalendarFeed:
    """Name a feed otherwise, or have it tell more or less. Raises `NotAllowed` or `ShowsTooMuch`."""
    feed = _locked(feed, by=by)
    before = audit.snapshot(feed, LABELLED)
    feed.label, feed.shows = label, shows
    _check(feed, by=by)
    if changes := audit.difference(before, feed):
        feed.save(update_fields=LABELLED)
        audit.record(action="scheduling.calendarfeed.changed", of=feed, by=by, changes=changes)
    return feed


@transaction.atomic
def revoke_feed(*, feed: CalendarFeed, by: Any, at: datetime) -> None:
    """Close an address for good."""
    feed = CalendarFeed.objects.select_for_update().get(pk=feed.pk)
    if feed.ended_at is None:
        feed.ended_at, feed.digest = at, ""
        feed.save(update_fields=["ended_at", "digest"])
        audit.record(action="scheduling.calendarfeed.revoked", of=feed, by=by, changes={"ended_at": (None, at)})


def close_feeds_of(*, user_id: UUID, at: datetime) -> None:
    """Revoke the addresses of somebody who left: coming back does not bring them back."""
    theirs = Q(user_id=user_id) | Q(practitioner__user_id=user_id)
    for feed in CalendarFeed.objects.filter(theirs, ended_at=None):
        revoke_feed(feed=feed, by=None, at=at)


def find_feed(*, secret: str) -> CalendarFeed | None:
    """Return the feed behind an address, unless it was revoked or its owner may no longer see their visits."""
    feeds = CalendarFeed.objects.current().select_related("practitioner")
    feed = feeds.filter(digest=digest(secret)).exclude(digest="").first()
    return feed if feed is not None and _reader(feed) is not None else None


def _reader(feed: CalendarFeed) -> FeedReader | None:
    """Return with whose rights a feed is read; None once they have none."""
    reader = FeedReader(feed.reader_id) if feed.reader_id else None
    return reader if reach_of(reader, "scheduling.view_appointment") else None


def answer_feed(*, feed: CalendarFeed, known: str, at: datetime) -> FeedAnswer:
    """Return what an app is told that has the version `known`. What is told of patients is noted in the log."""
    reader = _reader(feed)
    visits = list(_visits(feed, reader, at=at).values(*_columns(feed)))
    tenant = current_tenant()
    places = {place.pk: place for place in Location.objects.all()}
    told = (visits, feed.shows, tenant.name, tenant.primary_name, [(p.name, p.address) for p in places.values()])
    etag = f'"{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"'
    _note_fetch(feed, at=at)
    if etag in known:
        return FeedAnswer(etag, None)
    if feed.shows != Shows.VISIT:
        subjects = [visit["patient_id"] for visit in visits]
        audit.listed(what=Appointment, subjects=subjects, by=reader, how="fetched")
    entries = [_entry(feed, visit, places[visit["location_id"]]) for visit in visits]
    return FeedAnswer(etag, feed_file(_name(feed), entries))


def _check(feed: CalendarFeed, *, by: Any) -> None:
    if not by.has_perm("scheduling.share_calendar", feed):
        raise NotAllowed(_("You may put your own visits into calendar apps only."))
    if feed.practitioner is None and feed.shows == Shows.INITIALS:
        raise ShowsTooMuch(_("Choose what it shows."), fields={"shows": [_("Choose what it shows.")]})


def _locked(feed: CalendarFeed, *, by: Any) -> CalendarFeed:
    feed = lock_row(CalendarFeed.objects.current(), feed.pk)
    _check(feed, by=by)
    return feed


def _url(secret: str) -> str:
    return tenant_url(current_tenant(), reverse("scheduling:feed", args=[secret]))


def _visits(feed: CalendarFeed, reader: FeedReader | None, *, at: datetime) -> QuerySet[Appointment]:
    """Return the visits in a feed: some weeks back, a year ahead, and for as long the cancelled ones."""
    whose = Q(patient__client__user_id=feed.user_id) if feed.user_id else Q(practitioner=feed.practitioner)
    changes = AppointmentChange.objects.filter(appointment=OuterRef("pk")).order_by("-at")
    rows = Appointment.objects.visible_to(reader).filter(whose).within(at - BEHIND, at + AHEAD)
    rows = rows.annotate(changed_at=Subquery(changes.values("at")[:1]))
    return rows.exclude(status__in=CANCELLED, changed_at__lt=at - BEHIND).order_by("period", "pk")


def _columns(feed: CalendarFeed) -> list[str]:
    """Return what a feed needs to know. A name that it does not show is not even read."""
    columns = ["pk", "location_id", "period", "status", "sequence", "version", "changed_at", "created_at"]
    if feed.shows != Shows.VISIT:
        columns += ["patient_id", "patient__first_name", "patient__last_name"]
    if feed.shows == Shows.EVERYTHING:
        columns += ["service__name", "practitioner__name", "room__name"]
        columns += ["service__by_video", "practitioner__video_room"]
    return columns


def _entry(feed: CalendarFeed, visit: dict[str, Any], place: Location) -> Entry:
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


def _name(feed: CalendarFeed) -> str:
    tenant = current_tenant()
    return f"{tenant.name}: {feed.practitioner.name}" if feed.practitioner else tenant.name


def _note_fetch(feed: CalendarFeed, *, at: datetime) -> None:
    if feed.last_fetched_at is None or at - feed.last_fetched_at > NOTE_FETCH_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_fetched_at=at)
