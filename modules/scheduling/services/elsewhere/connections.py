"""Connect a practitioner's calendar elsewhere, say what is kept in step with it, and disconnect it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel import outbound
from kernel.errors import DomainError, Invalid, NotAllowed
from kernel.events import publish
from kernel.locking import lock_row
from kernel.outbound import NotFetched
from modules.scheduling.events import CalendarSyncAsked
from modules.scheduling.gateways.caldav import SECONDS_EACH_IN_SEARCH, CalDav
from modules.scheduling.gateways.elsewhere import sentence_of
from modules.scheduling.gateways.sync import Account, CredentialsRefused, FoundCalendar, SyncFailed
from modules.scheduling.models import CalendarFeed, CalendarSync, ExternalCalendar, Practitioner
from modules.scheduling.services.elsewhere.calendar_sync import forget_account
from modules.scheduling.services.elsewhere.external_calendars import AddressNotGood, check_room_for_one_more
from modules.scheduling.services.elsewhere.pulling import forget_what_was_read

MOST_CHOICES = 100
SETTINGS = ("pushes", "pulls", "shows")


class ServerNotReached(DomainError):
    """The calendar server did not answer as one, or not at all."""

    status, code = 422, "calendar-server-not-reached"


class SignInRefused(Invalid):
    """The calendar server lets nobody in with these."""

    code = "calendar-sign-in-refused"


class CalendarNotGood(Invalid):
    """None of the calendars that there are was chosen, or none that it can be done with."""

    code = "calendar-not-good"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """What is kept in step. `key` is one of the calendars that were found; once chosen, it stays that one."""

    key: str = ""
    pushes: bool
    pulls: bool
    shows: str


def connect(*, practitioner: Practitioner, label: str, account: Account, by: Any, at: datetime) -> CalendarSync:
    """Sign in at a calendar server and keep what calendars there are; one of them is to be chosen next.

    Asks the server, so it opens its own transaction at the end. Raises `NotAllowed`, `AddressNotGood`,
    `TooManyCalendars`, `ServerNotReached` or `SignInRefused`.
    """
    calendar = ExternalCalendar(practitioner=practitioner, label=label, created_at=at)
    if not by.has_perm("scheduling.connect_calendar", calendar):
        raise NotAllowed(_("You may connect your own calendars only."))
    account = Account(_checked(account.address), account.user_name.strip(), account.password)
    found = find_calendars(account=account)
    with transaction.atomic():
        check_room_for_one_more(practitioner)
        calendar.save(force_insert=True)
        sync = CalendarSync.objects.create(
            calendar=calendar,
            address=account.address,
            user_name=account.user_name,
            password=account.password,
            choices=json.dumps(_as_choices(found)),
            made_by_id=by.pk,
        )
        connected = audit.created(calendar, ["label", "practitioner_id"])
        audit.record(action="scheduling.externalcalendar.signed_in", of=calendar, by=by, changes=connected)
    return sync


def find_calendars(*, account: Account) -> list[FoundCalendar]:
    """Return the calendars of an account. Raises `ServerNotReached` or `SignInRefused`, with what to do about it."""
    try:
        return CalDav(account, seconds=SECONDS_EACH_IN_SEARCH).calendars()
    except CredentialsRefused:
        sentence = _(
            "The calendar server refuses the user name or the password. Most want an app password, and not your own."
        )
        raise SignInRefused(sentence, fields={"password": [sentence]}) from None
    except SyncFailed as error:
        sentence = sentence_of(error.why)
        raise ServerNotReached(sentence, fields={"address": [sentence]}) from None


@transaction.atomic
def choose(*, sync: CalendarSync, wanted: SyncSettings, by: Any) -> CalendarSync:
    """Say which calendar it is and what is kept in step. Raises `NotAllowed` or `CalendarNotGood`."""
    sync = _locked(sync, by=by)
    before = audit.snapshot(sync, SETTINGS)
    if not sync.is_chosen:
        _choose_calendar(sync, wanted)
    sync.pushes, sync.pulls, sync.shows = wanted.pushes, wanted.pulls, wanted.shows
    if sync.pushes:
        _check_may_show(sync, by=by)
    if changes := audit.difference(before, sync):
        sync.made_by_id, sync.mark, sync.pulled_at = by.pk, "", None
        sync.save(update_fields=["is_chosen", "made_by_id", "mark", "pulled_at", *SETTINGS])
        if not sync.pulls:
            forget_what_was_read(calendar=sync.calendar)
        audit.record(action="scheduling.externalcalendar.kept_in_step", of=sync.calendar, by=by, changes=changes)
        publish(CalendarSyncAsked(calendar_id=sync.calendar_id))
    return sync


def renew_password(*, sync: CalendarSync, password: str, by: Any) -> CalendarSync:
    """Sign in with another password from now on, if the server takes it. Raises what `connect` does."""
    _check_may_connect(sync, by=by)
    find_calendars(account=Account(sync.address, sync.user_name, password))
    with transaction.atomic():
        sync = _locked(sync, by=by)
        sync.password, sync.failures, sync.next_try_at = password, 0, None
        sync.save(update_fields=["password", "failures", "next_try_at"])
        audit.record(action="scheduling.externalcalendar.password_renewed", of=sync.calendar, by=by)
        publish(CalendarSyncAsked(calendar_id=sync.calendar_id))
    return sync


@transaction.atomic
def ask_for_sync(*, sync: CalendarSync, by: Any) -> None:
    """Have it brought into step at once, and not when it is its turn."""
    audit.record(action="scheduling.externalcalendar.asked", of=sync.calendar, by=by)
    publish(CalendarSyncAsked(calendar_id=sync.calendar_id))


@transaction.atomic
def disconnect(*, sync: CalendarSync, by: Any, at: datetime) -> None:
    """Keep nothing in step any more: its busy times can be booked at once, what was put there is taken out by a job."""
    sync = lock_row(CalendarSync.objects.select_related("calendar"), sync.pk)
    calendar = sync.calendar
    if calendar.ended_at is not None:
        return
    forget_what_was_read(calendar=calendar)
    calendar.ended_at = at
    calendar.save(update_fields=["ended_at"])
    if sync.pushed.exists():
        sync.next_try_at, sync.failures = None, 0
        sync.save(update_fields=["next_try_at", "failures"])
        publish(CalendarSyncAsked(calendar_id=calendar.pk))
    else:
        forget_account(sync=sync)
    changes = {"ended_at": (None, at)}
    audit.record(action="scheduling.externalcalendar.disconnected", of=calendar, by=by, changes=changes)


def disconnect_those_of(*, user_id: Any, at: datetime) -> None:
    """Disconnect the calendars of somebody who left: what is on in the practice is none of theirs any more."""
    for sync in CalendarSync.objects.filter(calendar__ended_at=None, calendar__practitioner__user_id=user_id):
        disconnect(sync=sync, by=None, at=at)


def _checked(address: str) -> str:
    """Return an address as it is kept; of a bare host, with what all of them begin with."""
    address = address.strip()
    try:
        return outbound.checked_target(address if "://" in address else f"https://{address}").geturl()
    except NotFetched as error:
        raise AddressNotGood(str(error), fields={"address": [str(error)]}) from None


def _as_choices(found: Iterable[FoundCalendar]) -> list[dict[str, Any]]:
    return [
        {"key": str(number), "url": each.url, "name": each.name, "is_writable": each.is_writable}
        for number, each in enumerate(list(found)[:MOST_CHOICES], start=1)
        if urlsplit(each.url).hostname
    ]


def _choose_calendar(sync: CalendarSync, wanted: SyncSettings) -> None:
    chosen = next((each for each in sync.found if each["key"] == wanted.key), None)
    if chosen is None:
        raise CalendarNotGood(_("Choose a calendar."), fields={"key": [_("Choose a calendar.")]})
    if wanted.pushes and not chosen["is_writable"]:
        sentence = _("This calendar is read-only there: visits cannot be put into it.")
        raise CalendarNotGood(sentence, fields={"key": [sentence]})
    sync.is_chosen, sync.calendar.url = True, chosen["url"]
    sync.calendar.save(update_fields=["url"])


def _check_may_show(sync: CalendarSync, *, by: Any) -> None:
    if not by.has_perm("scheduling.share_calendar", CalendarFeed(practitioner=sync.practitioner)):
        raise NotAllowed(_("You may put your own visits into calendar apps only."))


def _check_may_connect(sync: CalendarSync, *, by: Any) -> None:
    if not by.has_perm("scheduling.connect_calendar", sync.calendar):
        raise NotAllowed(_("You may connect your own calendars only."))


def _locked(sync: CalendarSync, *, by: Any) -> CalendarSync:
    sync = lock_row(CalendarSync.objects.current().select_related("calendar__practitioner"), sync.pk)
    _check_may_connect(sync, by=by)
    return sync
