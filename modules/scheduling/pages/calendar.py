"""The calendar: a day, a week or a month; and the door by which a visit is put elsewhere in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from httpapi.problems import problem
from kernel.errors import DomainError
from modules.scheduling import boards, services
from modules.scheduling.boards import By, Grid, Wanted
from modules.scheduling.models import Appointment, Location, Practitioner
from modules.scheduling.pages.days import day_asked_for, first_location
from modules.scheduling.pages.moments import NotATime, fields_of, moment_in
from modules.scheduling.selectors import Slot
from modules.scheduling.services.visits.telling import Tell, how_to_tell_of_undoing
from tenancy.requests import Request
from webui.doors import action, page

WEEK_DAYS = 7
WIDE_TEAM = 6  # above it a week is too narrow to read, and one begins with a day
OFFERS_TOLD = 3
LONGEST_REASON = 200
VIEWS = {"day": gettext_lazy("Day"), "week": gettext_lazy("Week"), "month": gettext_lazy("Month")}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    view: str
    day: date
    by: By
    people: list[boards.Resource]  # whose calendars this user sees
    shown: frozenset[UUID]  # those of them that were ticked; none: all

    def link(self, **changes: Any) -> str:
        """Return the address of the same page with something changed."""
        values: dict[str, Any] = {
            "view": self.view,
            "by": self.by,
            "day": self.day,
            "show": sorted(map(str, self.shown)),
        } | changes
        return "?" + urlencode({name: value for name, value in values.items() if value}, doseq=True)

    def is_shown(self, person: boards.Resource) -> bool:
        return not self.shown or person.id in self.shown


@page("scheduling.run_visit")
def calendar(request: Request) -> HttpResponse:
    location, now = first_location(), timezone.now()
    asked = _asked(request, now.astimezone(location.zone).date())
    if asked.view == "month":
        return _month(request, asked, location, now)
    first, last = _span(asked)
    wanted = Wanted(first=first, last=last, by=asked.by, practitioners=asked.shown)
    grid = boards.calendar_grid(wanted=wanted, user=request.user, location=location, at=now)
    audit.listed(what=Appointment, subjects=grid.patients, by=request.user)
    context = _frame(asked, now, location, user=request.user) | {
        "grid": grid,
        "first": grid.days[0].day,
        "last": grid.days[-1].day,
        "agenda": grid.agenda.get(asked.day, []),
        "days": [(entry, asked.link(view="day", day=entry.day)) for entry in grid.days],
        "strip": [(entry, asked.link(day=entry.day)) for entry in grid.days] if asked.view == "week" else [],
        "columns": _column_ids(grid),
        "may_move": request.user.has_perm("scheduling.change_appointment"),
        "may_override": request.user.has_perm("scheduling.override"),
    }
    return render(request, "scheduling/calendar.html", context)


@action("scheduling.change_appointment")
def place(request: Request, appointment_id: UUID) -> HttpResponse:
    """Put a visit where it was dropped. Answers what it is called there, or a problem document that says why not."""
    visible = Appointment.objects.visible_to(request.user).for_display()
    appointment = get_object_or_404(visible, pk=appointment_id)
    try:
        to = _place_in(request.POST, appointment)
        moved = services.move_appointment(appointment=appointment, to=to, by=request.user, at=timezone.now())
    except DomainError as error:
        return _refused(error, request, appointment.location)
    return JsonResponse(_placed(boards.visit_of(moved), _by(request.POST), to.tell))


def _asked(request: Request, today: date) -> Asked:
    people = boards.practitioners_of(request.user)
    ticked = set(request.GET.getlist("show"))
    shown = frozenset(each.id for each in people if each.id and str(each.id) in ticked)
    view = request.GET.get("view", "")
    if view not in VIEWS:
        view = "day" if len(shown or people) > WIDE_TEAM else "week"
    return Asked(view, day_asked_for(request, default=today), _by(request.GET), people, shown)


def _by(values: Mapping[str, str]) -> By:
    return next((each for each in By if each == values.get("by")), By.PRACTITIONER)


def _span(asked: Asked) -> tuple[date, date]:
    if asked.view == "day":
        return asked.day, asked.day
    monday = asked.day - timedelta(days=asked.day.weekday())
    return monday, monday + timedelta(days=WEEK_DAYS - 1)


def _month(request: Request, asked: Asked, location: Location, now: datetime) -> HttpResponse:
    month = boards.month_board(month=asked.day, user=request.user, location=location, at=now, practitioners=asked.shown)
    audit.listed(what=Appointment, subjects=month.patients, by=request.user)
    weeks = [[(entry, asked.link(view="day", day=entry.day)) for entry in week] for week in month.weeks]
    context = _frame(asked, now, location, user=request.user) | {"weeks": weeks}
    return render(request, "scheduling/calendar_month.html", context)


def _frame(asked: Asked, now: datetime, location: Location, *, user: Any) -> dict[str, Any]:
    """Return what is around every view: where one is, and where one can go."""
    before, after = _neighbours(asked)
    names = {By.PRACTITIONER: _("Practitioners"), By.ROOM: _("Rooms"), By.SERVICE: _("Services")}
    return {
        "asked": asked,
        "before": asked.link(day=before),
        "after": asked.link(day=after),
        "today": asked.link(day=None),
        "views": [(label, asked.link(view=view), view == asked.view) for view, label in VIEWS.items()],
        "bys": [(names[by], asked.link(by=by), by == asked.by) for by in By],
        "people": [(person, asked.is_shown(person)) for person in asked.people],
        "asked_for": Appointment.objects.visible_to(user).waiting_for_an_answer(now).count(),
        "now": now,
        "location": location,
    }


def _neighbours(asked: Asked) -> tuple[date, date]:
    if asked.view == "month":
        first = asked.day.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)
    step = timedelta(days=1 if asked.view == "day" else WEEK_DAYS)
    return asked.day - step, asked.day + step


def _column_ids(grid: Grid) -> str:
    return " ".join(str(column.resource.id or "-") for column in grid.days[0].columns)


def _place_in(fields: Mapping[str, str], appointment: Appointment) -> services.Move:
    """Read the place that a visit is to have. Raises `NotATime`."""
    location, version = appointment.location, fields.get("version", "")
    return services.Move(
        starts_at=moment_in(fields, "start", location),
        ends_at=moment_in(fields, "end", location) if fields.get("end") else None,
        practitioner_id=_id(fields["practitioner"]) if "practitioner" in fields else None,
        room_id=_id(fields["room"]) if "room" in fields else None,
        version=int(version) if version.isdecimal() else None,
        override=fields.get("override", "").strip()[:LONGEST_REASON],
        tell=_how_to_tell(fields, appointment),
    )


def _how_to_tell(fields: Mapping[str, str], appointment: Appointment) -> Tell:
    """Return whether the client hears of it; of what is undone before the mail has left, never."""
    if "undo" in fields:
        return how_to_tell_of_undoing("moved", appointment=appointment)
    return Tell.SOON if fields.get("notify", "1") == "1" else Tell.NOT


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotATime(_("That is no place in the calendar. Nothing was changed.")) from None


def _placed(visit: boards.Visit, by: By, tell: Tell) -> dict[str, Any]:
    """Return what a visit is called where it is now, and what to say of it."""
    told = _("%(name)s: %(when)s–%(until)s, %(where)s.") % {
        "name": visit.name,
        "when": f"{date_format(visit.starts_at, 'D j M')}, {visit.clock}",
        "until": f"{visit.ends_at:%H:%M}",
        "where": visit.room.name if by is By.ROOM and visit.room else visit.practitioner.name,
    }
    mail = _("A mail will say so.") if tell is Tell.SOON else _("No mail is sent.")
    return {
        "version": visit.version,
        "clock": visit.clock,
        "described": visit.described(by),
        "text": f"{told} {mail}",
    }


def _refused(error: DomainError, request: Request, location: Location) -> HttpResponse:
    """Say why not; of a time that is taken, which are free, and whether a reason sets aside what is in the way."""
    extra = error.extra() | {"told": str(error)}
    if isinstance(error, services.SlotTaken):
        with_end = bool(request.POST.get("end"))
        extra |= {
            "offers": _offers(error.alternatives[:OFFERS_TOLD], location, with_end=with_end),
            "may_override": request.user.has_perm("scheduling.override"),
        }
    return problem(error.status, code=error.code, detail=str(error), errors=error.fields, extra=extra)


def _offers(slots: Sequence[Slot], location: Location, *, with_end: bool) -> list[dict[str, Any]]:
    """Return free times as they are called, with the fields that put a visit there."""
    names = dict(Practitioner.objects.filter(pk__in={slot.practitioner_id for slot in slots}).values_list("pk", "name"))
    offers = []
    for slot in slots:
        starts_at = slot.starts_at.astimezone(location.zone)
        label = f"{date_format(starts_at, 'D j M')}, {starts_at:%H:%M}, {names[slot.practitioner_id]}"
        fields = fields_of("start", slot.starts_at, location) | {"practitioner": str(slot.practitioner_id)}
        if with_end:
            fields |= fields_of("end", slot.ends_at, location)
        offers.append({"label": label, "fields": fields})
    return offers
