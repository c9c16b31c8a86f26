"""Secret addresses at which a calendar app finds somebody's visits: make them, take them back, answer at them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from access.permissions import is_staff
from audit import recording as audit
from identity.secrets import digest, new_secret
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.scheduling.domain.calendar_file import feed_file
from modules.scheduling.models import Appointment, CalendarFeed, Location, Practitioner, Shows
from modules.scheduling.services.elsewhere.feed_entries import columns_of, entry_of, reader_of, visits_in
from tenancy import current_tenant
from tenancy.addresses import tenant_url

MOST_FEEDS = 10
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
    return feed if feed is not None and reader_of(feed) is not None else None


def answer_feed(*, feed: CalendarFeed, known: str, at: datetime) -> FeedAnswer:
    """Return what an app is told that has the version `known`. What is told of patients is noted in the log."""
    reader = reader_of(feed)
    visits = list(visits_in(feed, reader=reader, at=at).values(*columns_of(feed)))
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
    entries = [entry_of(feed, visit=visit, place=places[visit["location_id"]]) for visit in visits]
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


def _name(feed: CalendarFeed) -> str:
    tenant = current_tenant()
    return f"{tenant.name}: {feed.practitioner.name}" if feed.practitioner else tenant.name


def _note_fetch(feed: CalendarFeed, *, at: datetime) -> None:
    if feed.last_fetched_at is None or at - feed.last_fetched_at > NOTE_FETCH_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_fetched_at=at)
