"""Change one, the following or all groups of a series, and call them off: looked at first, then all or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import recording as audit
from kernel.errors import Conflict
from kernel.locking import lock_row
from kernel.periods import Period, as_utc
from modules.scheduling.domain.series import cut_before, refused, shifted, so_often
from modules.scheduling.models import Appointment, GroupSession, Series
from modules.scheduling.selectors import Wanted, read_occasions, suitable_rooms
from modules.scheduling.selectors.groups import busy_otherwise
from modules.scheduling.services.groups.making import GroupChange, cancel_group, change_group, coming_to
from modules.scheduling.services.placing.locking import lock_resources
from modules.scheduling.services.series.changing import Scope, SeriesChanged, replace_series
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.cancelling import CallOff
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.wishes import Services, check_room, read_practitioner


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsChange:
    """What is to be another, from the group `group_id` on. What is None stays.

    `day` is where that one goes, and the others go as many days later or earlier; `starts` is the time of all of them
    on the wall clock. Those in `skip` stay as they are. `seen` is the mark of the plan that was looked at.
    """

    scope: Scope
    group_id: UUID
    day: date | None = None
    starts: time | None = None
    length: int | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    places: int | None = None
    title: str | None = None
    skip: frozenset[UUID] = frozenset()
    seen: str = ""
    tell: Tell = Tell.SOON

    @property
    def is_move(self) -> bool:
        return any(
            each is not None for each in (self.day, self.starts, self.length, self.practitioner_id, self.room_id)
        )


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    """One group as it would be, and what is in its way."""

    session: GroupSession
    starts_at: datetime
    ends_at: datetime
    coming: int
    in_the_way: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        return not self.in_the_way


@dataclass(frozen=True, slots=True)
class GroupsPlan:
    """Every group that the change is about, and a mark of what they were when they were looked at."""

    groups: list[ChangedGroup]
    seen: str


class GroupsInTheWay(Conflict):
    """Some of them cannot be changed like that. `taken` says which, and why; nothing was saved."""

    code = "groups-taken"

    def __init__(self, detail: str, *, plan: GroupsPlan) -> None:
        super().__init__(detail)
        self.plan = plan

    def extra(self) -> dict[str, object]:
        return {
            "taken": [
                {"group_id": str(each.session.pk), "start_time": each.starts_at.isoformat(), "reasons": each.in_the_way}
                for each in self.plan.groups
                if not each.is_free
            ]
        }


@dataclass(frozen=True)
class _Reach:
    """The groups that a change is about, and where they go."""

    change: GroupsChange
    sessions: list[GroupSession]

    @cached_property
    def days(self) -> int:
        first = next(each for each in self.sessions if each.pk == self.change.group_id)
        return (self.change.day - _local(first).date()).days if self.change.day else 0

    def period(self, session: GroupSession) -> Period:
        """Return when a group would be: on the wall clock of its location, whatever the clocks do in between."""
        was, change = _local(session), self.change
        day, at = was.date() + timedelta(days=self.days), change.starts or was.time()
        start = as_utc(datetime.combine(day, at, session.location.zone)) if self.is_elsewhen else session.starts_at
        length = timedelta(minutes=change.length) if change.length else session.ends_at - session.starts_at
        return Period(start, start + length)

    @property
    def is_elsewhen(self) -> bool:
        return bool(self.days) or self.change.starts is not None

    def practitioner(self, session: GroupSession) -> UUID:
        return self.change.practitioner_id or session.practitioner_id


def groups_in(*, series: Series, scope: Scope, group_id: UUID, by: Any, at: datetime) -> list[GroupSession]:
    """Return the groups of a series that this is about, of those that have not begun. Raises `SeriesRefused`."""
    rows = GroupSession.objects.visible_to(by).standing().for_display().filter(series=series, period__startswith__gt=at)
    groups = sorted(rows, key=lambda each: (each.starts_at, each.pk))
    first = next((each for each in groups if each.pk == group_id), None)
    if first is None:
        raise refused(_("Begin with a group of this series that has not begun."), at="group_id")
    if scope is Scope.ONE:
        return [first]
    if scope is Scope.FOLLOWING:
        return [each for each in groups if (each.starts_at, each.pk) >= (first.starts_at, first.pk)]
    return groups


def plan_groups_change(*, series: Series, change: GroupsChange, by: Any, at: datetime) -> GroupsPlan:
    """Return each group as it would be after the change. Raises `CannotBook`, `NotAllowed` or `SeriesRefused`."""
    sessions = groups_in(series=series, scope=change.scope, group_id=change.group_id, by=by, at=at)
    return _plan(series, _Reach(change, sessions), by=by, at=at)


def change_groups(*, series: Series, change: GroupsChange, by: Any, at: datetime) -> list[GroupSession]:
    """Change those groups, and everybody who comes with them: all but those skipped, or none; each is told once.

    Raises `GroupsInTheWay`, `SeriesChanged`, or what `plan_groups_change` raises.
    """
    with transaction.atomic():
        series, reach = _locked(series, change, by=by, at=at)
        chosen = [each for each in reach.sessions if each.pk not in change.skip]
        if not chosen:
            raise refused(_("Choose at least one group."), at="groups")
        _lock_all(replace(reach, sessions=chosen))
        left = _change_all(reach, chosen, by=by, at=at)
        if left:
            transaction.set_rollback(True)
        else:
            changed = _rewrite(series, reach, chosen, by=by)
            _note(changed, "changed", chosen, change.tell, by=by, at=at)
    if left:
        raise _in_the_way(_plan(series, reach, by=by, at=at), left)
    return list(GroupSession.objects.for_display().filter(pk__in=[each.pk for each in chosen]))


def cancel_groups(
    *, series: Series, scope: Scope, group_id: UUID, cancellation: CallOff, by: Any, at: datetime
) -> list[GroupSession]:
    """Call one, the following or all groups off that have not begun: all, or none. Each who comes gets one message."""
    with transaction.atomic():
        change = GroupsChange(scope=scope, group_id=group_id, tell=cancellation.tell)
        series, reach = _locked(series, change, by=by, at=at)
        visits = {visit.pk for session in reach.sessions for visit in coming_to(session)}
        quietly = replace(cancellation, version=None, tell=Tell.NOT)
        for session in reach.sessions:
            cancel_group(session=session, cancellation=quietly, by=by, at=at)
        _note(series, "cancelled", reach.sessions, cancellation.tell, by=by, at=at, visits=visits)
    return reach.sessions


def _locked(series: Series, change: GroupsChange, *, by: Any, at: datetime) -> tuple[Series, _Reach]:
    """Lock the series, then its groups, then who comes, each by id. Raises `SeriesChanged`."""
    series = lock_row(Series.objects.select_related("location"), series.pk)
    args = {"series": series, "scope": change.scope, "group_id": change.group_id, "by": by, "at": at}
    ids = sorted(each.pk for each in groups_in(**args))
    list(GroupSession.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    coming = Appointment.objects.select_for_update().filter(session_id__in=ids)
    list(coming.order_by("pk").values_list("pk"))
    reach = _Reach(change, groups_in(**args))
    if change.seen and change.seen != _mark(series, reach.sessions):
        raise SeriesChanged(_("Somebody changed these groups meanwhile. Look at them again."))
    return series, reach


def _mark(series: Series, sessions: Iterable[GroupSession]) -> str:
    versions = [each.version for each in sessions]
    return f"{series.version}.{len(versions)}.{sum(versions)}"


def _lock_all(reach: _Reach) -> None:
    """Wait for one's turn at all that the groups take now and will take, in the house's order."""
    sessions = reach.sessions
    patients = Appointment.objects.filter(session__in=[each.pk for each in sessions]).values_list("patient_id")
    rooms = [room for (room,) in suitable_rooms(sessions[0].service).values_list("pk")]
    rooms += [each.room_id for each in sessions if each.room_id]
    lock_resources(
        practitioners={each.practitioner_id for each in sessions} | {reach.practitioner(each) for each in sessions},
        others=[*rooms, *(patient for (patient,) in patients), *(each.pk for each in sessions)],
    )


def _change_all(reach: _Reach, chosen: list[GroupSession], *, by: Any, at: datetime) -> list[GroupSession]:
    """Change the groups, and return those that could not be: the last makes way for the one before it."""
    waiting = sorted(chosen, key=lambda each: each.starts_at)
    if waiting and reach.period(waiting[0]).start > waiting[0].starts_at:
        waiting.reverse()
    while waiting:
        left = [each for each in waiting if not _changed(reach, each, by=by, at=at)]
        if len(left) == len(waiting):
            return left
        waiting = left
    return []


def _changed(reach: _Reach, session: GroupSession, *, by: Any, at: datetime) -> bool:
    """Change one group; not, if something is in its way still: perhaps one that will move yet."""
    change, period = reach.change, reach.period(session)
    is_elsewhen = reach.is_elsewhen or change.length is not None
    one = GroupChange(
        starts_at=period.start if is_elsewhen else None,
        ends_at=period.end if is_elsewhen else None,
        practitioner_id=change.practitioner_id,
        room_id=change.room_id,
        places=change.places,
        title=change.title,
        tell=Tell.NOT,
    )
    try:
        change_group(session=session, change=one, by=by, at=at)
    except Conflict:
        return False
    return True


def _plan(series: Series, reach: _Reach, *, by: Any, at: datetime) -> GroupsPlan:
    sessions, change = reach.sessions, reach.change
    coming: dict[UUID, list[Appointment]] = defaultdict(list)
    for visit in Appointment.objects.holding_time().filter(session__in=[each.pk for each in sessions]):
        if visit.session_id is not None:
            coming[visit.session_id].append(visit)
    looks = _looks(reach, by=by, at=at) if change.is_move else {}
    periods = {each.pk: reach.period(each) for each in sessions}
    busy = busy_otherwise(coming, periods) if change.is_move else {}
    groups = [
        ChangedGroup(
            session=each,
            starts_at=periods[each.pk].start.astimezone(each.location.zone),
            ends_at=periods[each.pk].end.astimezone(each.location.zone),
            coming=len(coming[each.pk]),
            in_the_way=(*looks.get(each.pk, ()), *_hindrances(busy.get(each.pk, 0), len(coming[each.pk]), change)),
        )
        for each in sessions
    ]
    return GroupsPlan(groups, _mark(series, sessions))


def _looks(reach: _Reach, *, by: Any, at: datetime) -> dict[UUID, tuple[str, ...]]:
    """Return what is in the way of each group, but for the groups that go with it."""
    sessions, services = reach.sessions, Services(reach.sessions[0].service)
    people = {reach.practitioner(each) for each in sessions}
    for practitioner_id in people:
        read_practitioner(practitioner_id, services=services, by=by)
    check_room(reach.change.room_id, services=services)
    periods = {each.pk: reach.period(each) for each in sessions}
    found: dict[UUID, tuple[str, ...]] = {}
    for length in {int(each.length.total_seconds() // 60) for each in periods.values()}:
        wanted = Wanted(services.all, practitioner_ids=frozenset(people), room_id=reach.change.room_id, length=length)
        span = Period(min(each.start for each in periods.values()), max(each.end for each in periods.values()))
        known = read_occasions(wanted=wanted, span=span, patient_id=None, at=at, ignoring=list(periods))
        for session in sessions:
            if int(periods[session.pk].length.total_seconds() // 60) == length:
                look, who = known.look(periods[session.pk].start), reach.practitioner(session)
                is_free = any(slot.practitioner_id == who for slot in look.slots)
                told = [each.sentence for each in look.obstacles if each.practitioner_id in {None, who}]
                found[session.pk] = () if is_free else tuple(dict.fromkeys(told or [_("That time is not free.")]))
    return found


def _hindrances(busy: int, coming: int, change: GroupsChange) -> list[str]:
    told = []
    if busy:
        sentence = ngettext(
            "%(count)d of those who come has another visit at that time.",
            "%(count)d of those who come have another visit at that time.",
            busy,
        )
        told.append(sentence % {"count": busy})
    if change.places is not None and change.places < coming:
        told.append(_("%(count)d come already: there cannot be fewer places.") % {"count": coming})
    return told


def _rewrite(series: Series, reach: _Reach, chosen: list[GroupSession], *, by: Any) -> Series:
    """Have the series say what it is now; one that is changed from some day on goes on as another."""
    change = reach.change
    if change.scope is not Scope.ONE and change.is_move:
        earlier = series.sessions.exclude(pk__in=[each.pk for each in chosen])
        if earlier.exists():
            first_day = _local(chosen[0]).date()
            rule, before = so_often(shifted(series.rule, reach.days), len(chosen)), audit.snapshot(series, ["rule"])
            series.rule = cut_before(series.rule, first_day)
            series.version += 1
            series.save()
            audit.record(action="scheduling.series.changed", of=series, by=by, changes=audit.difference(before, series))
            series = replace_series(series, rule=rule, first_day=first_day + timedelta(days=reach.days))
        else:
            series.rule = shifted(series.rule, reach.days)
            series.first_day += timedelta(days=reach.days)
        series.starts, series.length = change.starts or series.starts, change.length or series.length
        series.practitioner_ids = [change.practitioner_id] if change.practitioner_id else series.practitioner_ids
        series.room_id = change.room_id or series.room_id
        series.save()
        GroupSession.objects.filter(pk__in=[each.pk for each in chosen]).update(series=series)
    return series


def _note(
    series: Series,
    what: str,
    sessions: Collection[GroupSession],
    tell: Tell,
    *,
    by: Any,
    at: datetime,
    visits: Collection[UUID] | None = None,
) -> None:
    """Write down what was done, and tell each who comes of all their visits in one message."""
    series.version += 1
    series.save(update_fields=["version"])
    changes = {"groups": (None, len(sessions))}
    audit.record(action=f"scheduling.series.{what}", of=series, by=by, changes=changes)
    rows = Appointment.objects.filter(session__in=[each.pk for each in sessions])
    rows = rows.filter(pk__in=visits) if visits is not None else rows.holding_time()
    theirs: dict[UUID, list[UUID]] = defaultdict(list)
    for patient_id, pk in rows.order_by("pk").values_list("patient_id", "pk"):
        theirs[patient_id].append(pk)
    for patient_id, ids in theirs.items():
        telling.about_series(series, at=at, tell=tell, what=what, visits=ids, patient_id=patient_id)


def _in_the_way(plan: GroupsPlan, left: Collection[GroupSession]) -> GroupsInTheWay:
    days = ", ".join(f"{each.starts_at:%d.%m. %H:%M}" for each in plan.groups if each.session in left)
    sentence = _("These cannot be changed like that: %(days)s. Nothing has been saved.") % {"days": days}
    return GroupsInTheWay(sentence, plan=plan)


def _local(session: GroupSession) -> datetime:
    return session.starts_at.astimezone(session.location.zone)
