"""Keep a calendar elsewhere in step: put visits there, and read when its owner is busy.

What is to be there is worked out anew each time and compared with what is known to be there, so no change can be
forgotten, whoever made it. While somebody else is waited for, no transaction is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from modules.scheduling.gateways.caldav import CalDav
from modules.scheduling.gateways.elsewhere import Unread
from modules.scheduling.gateways.sync import Account, CalendarServer, CredentialsRefused, Rejected, SyncFailed
from modules.scheduling.models import CalendarSync, ExternalCalendar
from modules.scheduling.services.elsewhere import pulling, pushing
from modules.scheduling.services.elsewhere.sync_steps import LeaseLost, Step, give_back, take_lease
from modules.scheduling.services.visits import telling

GIVE_UP_AFTER = timedelta(days=3)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
WAIT_WHEN_REFUSED = timedelta(hours=6)  # who knocks too often with a wrong password is locked out


def open_server(account: Account) -> CalendarServer:
    return CalDav(account)


def calendars_to_sync(*, at: datetime) -> list[UUID]:
    """Return the calendars whose turn it is."""
    due = CalendarSync.objects.in_use().exclude(next_try_at__gt=at)
    return list(due.order_by("pk").values_list("calendar_id", flat=True))


def calendars_that_show(*, practitioners: Iterable[UUID]) -> list[UUID]:
    """Return the calendars into which the visits of these practitioners are put."""
    pushed = CalendarSync.objects.in_use().current().filter(pushes=True)
    rows = pushed.filter(calendar__practitioner_id__in=list(practitioners))
    return list(rows.order_by("pk").values_list("calendar_id", flat=True))


def sync_calendar(*, calendar_id: UUID, at: datetime, is_asked: bool = False) -> bool:
    """Bring a calendar elsewhere and ours into step, and return whether there is more to do at once.

    Opens its own transactions. `is_asked`: somebody waits for it, whether it is its turn or not.
    """
    lease = take_lease(calendar_id=calendar_id)
    if lease is None:
        return False
    is_more = False
    try:
        is_more = _keep_in_step(calendar_id, lease, at=at, is_asked=is_asked)
    except LeaseLost:
        return False
    finally:
        is_asked_again = give_back(lease)
    return is_more or is_asked_again


def _keep_in_step(calendar_id: UUID, lease: UUID, *, at: datetime, is_asked: bool) -> bool:
    syncs = CalendarSync.objects.in_use().select_related("calendar__practitioner")
    sync = syncs.filter(calendar_id=calendar_id).first()
    if sync is None or (sync.next_try_at and sync.next_try_at > at and not is_asked):
        return False
    step = Step(sync, open_server(Account(sync.address, sync.user_name, sync.password)), lease, at)
    try:
        is_more = _take_out(step) if sync.is_over else _push_and_pull(step, is_asked=is_asked)
    except (SyncFailed, Unread) as error:
        _note_failure(step, error)
        return False
    if not sync.is_over:
        _note_success(step)
    return is_more


def _push_and_pull(step: Step, *, is_asked: bool) -> bool:
    is_more = pushing.push(step)
    if step.sync.pulls and (is_asked or pulling.is_due(step)):
        is_more |= pulling.pull(step)
    return is_more


def _take_out(step: Step) -> bool:
    """Take out what was put there, and forget the account once nothing is left of it."""
    if pushing.take_out(step):
        return True
    _finish(step)
    return False


@transaction.atomic
def _note_success(step: Step) -> None:
    step.prolong()
    step.sync.failures, step.sync.next_try_at = 0, None
    step.sync.save(update_fields=["failures", "next_try_at"])
    calendar = step.sync.calendar
    calendar.last_tried_at = calendar.last_ok_at = step.at
    calendar.problem = _small_problem(step.sync)
    calendar.save(update_fields=["last_tried_at", "last_ok_at", "problem"])


def _small_problem(sync: CalendarSync) -> str:
    """Return what is wrong with some of it, if all of it went well."""
    if sync.pushed.filter(attempts__gt=0).exists():
        return "some-rejected"
    return "left-out" if sync.calendar.entries.filter(is_unread=True).exists() else ""


@transaction.atomic
def _note_failure(step: Step, error: SyncFailed | Unread) -> None:
    """Write down what stood in the way, and wait longer each time. What was ended is given up after some days."""
    step.prolong()
    sync, calendar = step.sync, step.sync.calendar
    if sync.is_over and _is_to_be_given_up(calendar, error, at=step.at):
        _finish(step)
        return
    wait = min(FIRST_WAIT * 2 ** min(sync.failures, 10), LONGEST_WAIT)
    sync.failures = min(sync.failures + 1, 1000)
    sync.next_try_at = step.at + (WAIT_WHEN_REFUSED if isinstance(error, CredentialsRefused) else wait)
    sync.save(update_fields=["failures", "next_try_at"])
    calendar.last_tried_at, calendar.problem = step.at, error.why
    calendar.save(update_fields=["last_tried_at", "problem"])
    if not sync.is_over and calendar.is_stale(step.at) and calendar.practitioner.user_id is not None:
        telling.about_stale_calendar(calendar, at=step.at)


def _is_to_be_given_up(calendar: ExternalCalendar, error: SyncFailed | Unread, *, at: datetime) -> bool:
    ended_at = calendar.ended_at or calendar.practitioner.ended_at or at
    return isinstance(error, CredentialsRefused | Rejected) or at - ended_at > GIVE_UP_AFTER


@transaction.atomic
def _finish(step: Step) -> None:
    """Be done with a calendar that was disconnected: what is still there, only its owner can take out."""
    step.prolong()
    left = step.sync.pushed.exclude(digest="").count()
    step.sync.pushed.all().delete()
    CalendarSync.objects.filter(pk=step.sync.pk).update(left_behind=F("left_behind") + left)
    forget_account(sync=step.sync)


def forget_account(*, sync: CalendarSync) -> None:
    """Keep nothing with which anybody could sign in there."""
    sync.address = sync.user_name = sync.password = sync.choices = sync.mark = ""
    sync.has_account = sync.pushes = sync.pulls = False
    names = ["address", "user_name", "password", "choices", "mark", "has_account", "pushes", "pulls"]
    sync.save(update_fields=names)
    sync.calendar.url = ""
    sync.calendar.save(update_fields=["url"])
