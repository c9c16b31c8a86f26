"""Change what somebody waits for: when they can come, with whom, for what, and how soon they need to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import EntryState, WaitingEntry
from modules.scheduling.selectors.waiting import services_of_entry
from modules.scheduling.selectors.waiting_words import wishes_in_words
from modules.scheduling.services.waiting.entries import (
    AlreadyWaiting,
    Wait,
    check_days_and_hours,
    check_hurry,
    check_location,
    lock_entry,
    lock_live,
    put_down_further,
    put_down_windows,
    read_practitioners,
    read_wanted_services,
)
from modules.scheduling.services.waiting.offering import HasAnOffer

CHANGEABLE = (
    "service_id", "location_id", "first_day", "last_day", "notice_minutes", "priority", "priority_reason", "remark"
)  # fmt: skip


class EntryChanged(Conflict):
    """Somebody else changed it since it was looked at; `current` is its version now."""

    code = "changed-meanwhile"

    def __init__(self, detail: str, *, current: WaitingEntry) -> None:
        super().__init__(detail)
        self.current = current

    def extra(self) -> dict[str, object]:
        return {"current": {"id": str(self.current.pk), "version": self.current.version, "state": self.current.state}}


@transaction.atomic
def change_entry(*, entry: WaitingEntry, wait: Wait, seen: int | None, by: Any, at: datetime) -> WaitingEntry:
    """Have an entry be as wished; for whom, and which visit or group it is about, stay.

    What is offered to them now stays offered until they answer; the next offer follows the change. Another service
    waits for that answer (`HasAnOffer`). Raises `EntryIsOver`, `EntryChanged`, `CannotWait`, `CannotBook`,
    `NotAllowed` or `AlreadyWaiting`, too.
    """
    check_hurry(priority=wait.priority, reason=wait.priority_reason, by=by)
    check_days_and_hours(wait, at=at)
    check_location(wait)
    locked, practitioners = lock_live(entry), read_practitioners(wait, by=by)
    if seen is not None and seen != locked.version:
        raise EntryChanged(_("Somebody changed this meanwhile. Look at it again."), current=locked)
    before, words = audit.snapshot(locked, CHANGEABLE), wishes_in_words(locked)
    if locked.appointment_id is None and locked.session_id is None:
        _set_services(locked, wait, by=by)
        locked.location_id = wait.location_id
    locked.first_day, locked.last_day = wait.first_day, wait.last_day
    locked.notice_minutes, locked.remark = wait.notice_minutes, wait.remark
    if by.has_perm("scheduling.offer_time"):
        locked.priority = wait.priority
        locked.priority_reason = wait.priority_reason.strip() if wait.priority != Priority.ROUTINE else ""
    locked.version += 1
    locked.save()
    locked.practitioners.set(practitioners)
    locked.windows.all().delete()
    put_down_windows(entry=locked, hours=wait.hours)
    changes, changed = audit.difference(before, locked), lock_entry(locked.pk)
    if (now := wishes_in_words(changed)) != words:
        changes |= {"wishes": (words, now)}
    audit.record(action="scheduling.waitingentry.changed", of=changed, by=by, changes=changes)
    return changed


def _set_services(entry: WaitingEntry, wait: Wait, *, by: Any) -> None:
    known = [service.pk for service in services_of_entry(entry)]
    if known == [wait.service_id, *wait.further_service_ids]:
        return
    services = read_wanted_services(wait, by=by)
    if entry.state == EntryState.OFFERED:
        raise HasAnOffer(_("They think about a time already. Take the offer back, or wait for their answer."))
    others = WaitingEntry.objects.live().filter(patient_id=entry.patient_id, appointment=None, session=None)
    if others.filter(service=services.first).exclude(pk=entry.pk).exists():
        raise AlreadyWaiting(_("They are on the waiting list for this already."))
    entry.service = services.first
    entry.further_services.all().delete()
    put_down_further(entry=entry, services=services)
