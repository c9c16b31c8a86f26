"""Who can be booked, when, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction

from access.models import Member, Role
from audit import recording as audit
from modules.scheduling.models import Location, Practitioner, Service
from modules.scheduling.services.practice.hours import put_down_week

USUAL_WEEK = tuple(
    (weekday, start, end) for weekday in range(5) for start, end in ((time(9), time(13)), (time(14), time(18)))
)


@transaction.atomic
def make_practitioner_of_member(*, member_id: UUID, user_id: UUID, role: str) -> Practitioner | None:
    """Make a new colleague bookable, with a usual week and every service; None for those who are not booked."""
    if role != Role.PRACTITIONER or Practitioner.objects.filter(user_id=user_id).exists():
        return None
    member = Member.objects.get(pk=member_id)
    practitioner = add_practitioner(name=member.name, user_id=user_id, by=None)
    services = list(Service.objects.current().order_by("name"))
    practitioner.services.set(services)
    changes = {"services": (None, [service.name for service in services])}
    audit.record(action="scheduling.practitioner.services_set", of=practitioner, by=None, changes=changes)
    return practitioner


@transaction.atomic
def add_practitioner(*, name: str, user_id: UUID | None, by: Any) -> Practitioner:
    """Add somebody who can be booked, with a usual week at the first location."""
    category = Practitioner.objects.count() % 8 + 1
    practitioner = Practitioner.objects.create(name=name, user_id=user_id, category=category)
    location = Location.objects.order_by("pk").first()
    if location is not None:
        put_down_week(practitioner=practitioner, location=location, week=USUAL_WEEK, by=by)
    added = audit.created(practitioner, ["name", "user_id", "category"])
    audit.record(action="scheduling.practitioner.added", of=practitioner, by=by, changes=added)
    return practitioner


def end(*, thing: Any, by: Any, at: datetime) -> None:
    """Take a practitioner, room or service out of use. What was booked stays; nothing is deleted."""
    thing.ended_at = at
    thing.save(update_fields=["ended_at"])
    changes = {"ended_at": (None, at)}
    audit.record(action=f"scheduling.{thing._meta.model_name}.ended", of=thing, by=by, changes=changes)


def note_settings(*, thing: Any, before: Mapping[str, Any], after: Mapping[str, Any], by: Any) -> None:
    """Record that a form changed these fields of a service, room or location."""
    changes = {field: (_shown(before.get(field)), _shown(value)) for field, value in after.items()}
    audit.record(action=f"scheduling.{thing._meta.model_name}.saved", of=thing, by=by, changes=changes)


def _shown(value: Any) -> Any:
    """Return a form's value as the log keeps it: of several things chosen, their names."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return sorted(str(each) for each in value)
    return value
