"""What is to be booked, read and checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from kernel.errors import Invalid, NotAllowed
from kernel.periods import Period
from modules.crm import public as crm
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Practitioner, Series, Service
from modules.scheduling.selectors import Asker, performing, suitable_rooms
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.visitors import Visitor

LATEST_START = timedelta(days=730)
DESK_MAY_RECORD = timedelta(hours=24)  # the desk may put in a visit that has just been
LONGEST_VISIT = timedelta(hours=24)
REQUEST_HOLDS = timedelta(hours=48)  # so long the practice has for its answer
ANSWERED_BEFORE = timedelta(hours=1)  # and not until the patient is at the door


class CannotBook(Invalid):
    """The wish makes no sense as it stands; `fields` says where."""

    code = "booking-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInSeries:
    """Which visit of which series this is, and when the series has it on the wall clock."""

    series: Series
    day: date
    time: time
    number: int
    total: int

    def columns(self) -> dict[str, Any]:
        return {
            "series": self.series,
            "planned_day": self.day,
            "planned_time": self.time,
            "session_number": self.number,
            "session_total": self.total,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be booked. Without a practitioner or room, a free one is found.

    `override` is why a rule may be set aside for this visit, by somebody who is allowed to; empty, none is.
    `asked_at` is when the time was kept for them: short notice counts from then. `package_id` is what pays for it.
    """

    service_id: UUID
    patient_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None = None
    further_service_ids: tuple[UUID, ...] = ()
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    remark: str = ""
    referral: str = ""
    source: str = "desk"
    override: str = ""
    tell: Tell = field(default=Tell.AT_ONCE)
    asked_at: datetime | None = None
    deposit: bool = False  # asked for by the desk; whoever books online is asked by the rules
    package_id: UUID | None = None
    place_in_series: PlaceInSeries | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """What is done in one visit, in its order."""

    first: Service
    further: tuple[Service, ...] = ()

    @property
    def all(self) -> tuple[Service, ...]:
        return (self.first, *self.further)

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=sum(each.duration for each in self.all))

    @property
    def need_confirmation(self) -> bool:
        return any(each.needs_confirmation for each in self.all)

    def occupied(self, period: Period) -> Period:
        """Return the visit with what is kept free before the first service and after the last."""
        before, after = self.first.buffer_before, self.all[-1].buffer_after
        return period.widened(before=timedelta(minutes=before), after=timedelta(minutes=after))

    def performers(self) -> Any:
        """Return the practitioners who do all of it."""
        return performing(self.all)


def read_services(wish: Wish) -> Services:
    """Return the services wished for. Raises `CannotBook`."""
    return services_called(service_id=wish.service_id, further_ids=wish.further_service_ids)


def services_called(*, service_id: UUID, further_ids: tuple[UUID, ...] = ()) -> Services:
    return services_named((service_id, *further_ids))


def services_named(wanted: Sequence[UUID]) -> Services:
    """Return the services with these ids, in this order. Raises `CannotBook`."""
    known = {service.pk: service for service in Service.objects.current().filter(pk__in=wanted)}
    if missing := [pk for pk in wanted if pk not in known]:
        name = "service_id" if wanted[0] in missing else "further_service_ids"
        raise wrong(_("This service is not offered."), at=name)
    first, *further = (known[pk] for pk in wanted)
    return Services(first, tuple(further))


def read_patient(patient_id: UUID | None, *, by: Any) -> crm.PatientCard:
    """Return whom it is for. Somebody on the portal who looks after one patient need not say which."""
    if patient_id is None:
        own = crm.patients_of_account(by.pk)
        if len(own) == 1:
            return own[0]
        raise wrong(_("Say whom the visit is for."), at="patient_id")
    patient = crm.find_patient(patient_id, seen_by=None if isinstance(by, Visitor) else by)
    if patient is None:
        raise wrong(_("There is no such patient."), at="patient_id")
    if not patient.is_active:
        raise wrong(_("This patient's record is closed."), at="patient_id")
    if reach_of(by, "scheduling.book") is Reach.CARE and crm.is_only_lent(patient.id, to=by):
        # A booking takes the patient into care: who was lent a record cannot keep it that way.
        raise NotAllowed(_("This record is only lent to you. Ask the desk, or whoever treats them, to book."))
    return patient


def read_period(*, starts_at: datetime, ends_at: datetime | None, usual: timedelta) -> Period:
    ends_at = ends_at or starts_at + usual
    if ends_at <= starts_at:
        raise wrong(_("A visit ends after it starts."), at="end_time")
    if ends_at - starts_at > LONGEST_VISIT:
        raise wrong(_("A visit lasts 24 hours at most."), at="end_time")
    return Period(starts_at, ends_at)


def check_time(period: Period, *, by: Any, at: datetime) -> None:
    earliest = at if is_patient(by) else at - DESK_MAY_RECORD
    if period.start < earliest:
        raise wrong(_("That time has passed."), at="start_time")
    if period.start > at + LATEST_START:
        raise wrong(_("That is more than two years away."), at="start_time")


def read_practitioner(practitioner_id: UUID, *, services: Services, by: Any) -> Practitioner:
    """Return who is to perform it. Raises `CannotBook`, or `NotAllowed` for a colleague's calendar."""
    practitioner: Practitioner | None = services.performers().filter(pk=practitioner_id).first()
    if practitioner is None:
        raise wrong(_("Nobody of that name performs this service here."), at="practitioner_id")
    check_own_calendar(practitioner, by=by)
    return practitioner


def check_own_calendar(practitioner: Practitioner, *, by: Any) -> None:
    if reach_of(by, "scheduling.book") is Reach.CARE and practitioner.user_id != by.pk:
        raise NotAllowed(_("You can book into your own calendar only."))


def check_room(room_id: UUID | None, *, services: Services) -> None:
    """Raise `CannotBook` for a room that does not suit all of it."""
    if room_id is not None and not suitable_rooms(*services.all).filter(pk=room_id).exists():
        raise wrong(_("This service is not held in that room."), at="room_id")


def answer_until(period: Period, *, at: datetime) -> datetime:
    """Return until when the practice may answer a request for this time."""
    latest = period.start - ANSWERED_BEFORE
    return min(at + REQUEST_HOLDS, latest if latest > at else period.start)


def asker_of(by: Any, *, patient_id: UUID) -> Asker:
    """Return who asks: the desk, or somebody online who has been here before or not."""
    if not is_patient(by):
        return Asker.desk()
    been_here = Appointment.objects.filter(patient_id=patient_id, status=Status.COMPLETED)
    return Asker.patient(known=been_here.exists())


def is_patient(by: Any) -> bool:
    return isinstance(by, Visitor) or reach_of(by, "scheduling.book") is Reach.SELF


def wrong(sentence: str, *, at: str) -> CannotBook:
    return CannotBook(sentence, fields={at: [sentence]})
