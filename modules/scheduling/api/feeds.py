"""Addresses for calendar apps, and calendars elsewhere whose busy times are read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from httpapi.transactions import own_transaction
from kernel.errors import Invalid
from modules.scheduling.models import CalendarFeed, ExternalCalendar
from modules.scheduling.schemas.feeds import CalendarIn, CalendarOut, FeedChangeIn, FeedIn, FeedOut, MadeFeedOut
from modules.scheduling.services.elsewhere import external_calendars, feeds
from modules.scheduling.services.elsewhere.feeds import MadeFeed
from tenancy.requests import Request

router = Router()


@router.get("/calendar-feeds/", response=Page[FeedOut], summary="Addresses for calendar apps")
@endpoint("scheduling.share_calendar")
def list_feeds(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    rows = CalendarFeed.objects.visible_to(request.user).current().in_order()
    return page_of(rows, page, FeedOut.of)


@router.post("/calendar-feeds/", response={201: MadeFeedOut}, summary="Make an address for a calendar app")
@own_transaction
@endpoint("scheduling.share_calendar")
def make_feed(request: Request, body: FeedIn) -> Status[MadeFeedOut]:
    """Make one. With no Idempotency-Key: the answer holds the secret, and is not kept."""
    made = feeds.make_feed(
        practitioner=feeds.calendar_to_share(practitioner_id=body.practitioner_id, by=request.user),
        label=body.label,
        shows=body.shows,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, _out(made))


@router.patch("/calendar-feeds/{uuid:feed_id}/", response=FeedOut, summary="Change what an address shows")
@endpoint("scheduling.share_calendar")
def change_feed(request: Request, feed_id: UUID, body: FeedChangeIn) -> FeedOut:
    changed = feeds.change_feed(feed=_feed(request, feed_id), label=body.label, shows=body.shows, by=request.user)
    return FeedOut.of(changed)


@router.post("/calendar-feeds/{uuid:feed_id}/address/", response={201: MadeFeedOut}, summary="Renew an address")
@own_transaction
@endpoint("scheduling.share_calendar")
def renew_feed(request: Request, feed_id: UUID) -> Status[MadeFeedOut]:
    return Status(201, _out(feeds.renew_feed(feed=_feed(request, feed_id), by=request.user)))


@router.delete("/calendar-feeds/{uuid:feed_id}/", response={204: None}, summary="Revoke an address")
@endpoint("scheduling.share_calendar")
def revoke_feed(request: Request, feed_id: UUID) -> Status[None]:
    feeds.revoke_feed(feed=_feed(request, feed_id), by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/external-calendars/", response=Page[CalendarOut], summary="Calendars elsewhere")
@endpoint("scheduling.connect_calendar")
def list_calendars(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    rows, now = ExternalCalendar.objects.visible_to(request.user).current().by_address().in_order(), timezone.now()
    return page_of(rows, page, lambda calendar: CalendarOut.of(calendar, at=now))


@router.post("/external-calendars/", response={201: CalendarOut}, summary="Read busy times from a calendar")
@endpoint("scheduling.connect_calendar")
def connect_calendar(request: Request, body: CalendarIn) -> Status[CalendarOut]:
    practitioner = feeds.calendar_to_share(practitioner_id=body.practitioner_id, by=request.user)
    if practitioner is None:
        raise Invalid("Say whose calendar it is.", fields={"practitioner_id": ["Say whose calendar it is."]})
    now = timezone.now()
    calendar = external_calendars.connect_calendar(
        practitioner=practitioner, url=body.url, label=body.label, by=request.user, at=now
    )
    return Status(201, CalendarOut.of(calendar, at=now))


@router.post("/external-calendars/{uuid:calendar_id}/reading/", response={202: None}, summary="Read a calendar now")
@endpoint("scheduling.connect_calendar")
def read_calendar(request: Request, calendar_id: UUID) -> Status[None]:
    external_calendars.ask_for_reading(calendar=_calendar(request, calendar_id), by=request.user)
    return Status(202, None)


@router.delete("/external-calendars/{uuid:calendar_id}/", response={204: None}, summary="Disconnect a calendar")
@endpoint("scheduling.connect_calendar")
def disconnect_calendar(request: Request, calendar_id: UUID) -> Status[None]:
    calendar = _calendar(request, calendar_id)
    external_calendars.disconnect_calendar(calendar=calendar, by=request.user, at=timezone.now())
    return Status(204, None)


def _feed(request: Request, feed_id: UUID) -> CalendarFeed:
    return get_object_or_404(CalendarFeed.objects.visible_to(request.user).current(), pk=feed_id)


def _calendar(request: Request, calendar_id: UUID) -> ExternalCalendar:
    return get_object_or_404(ExternalCalendar.objects.visible_to(request.user).current().by_address(), pk=calendar_id)


def _out(made: MadeFeed) -> MadeFeedOut:
    return MadeFeedOut(feed=FeedOut.of(made.feed), url=made.url)
