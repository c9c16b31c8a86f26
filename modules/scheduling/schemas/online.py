"""The public page over the wire: what is offered, a time that is kept, a visit behind its link."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.gateways.deposits import deposit_due
from modules.scheduling.models import Appointment, Hold, Location, Service
from modules.scheduling.schemas.appointments import DepositOut, StatusName
from modules.scheduling.schemas.offers import AudienceName, PractitionerOut
from modules.scheduling.selectors import Slot, Wanted
from modules.scheduling.services.online.links import Standing

LONGEST_LOOK = 31


class PublicLocationOut(Schema):
    name: str
    address: str
    phone: str
    time_zone: str

    @staticmethod
    def of(location: Location) -> PublicLocationOut:
        return PublicLocationOut(
            name=location.name, address=location.address, phone=location.phone, time_zone=location.time_zone
        )


class PublicServiceOut(Schema):
    """`offered` is CONTACT for what is booked by getting in touch: it has no times here."""

    id: UUID
    name: str
    duration: int
    price: str
    currency: str
    offered: Literal["ONLINE", "CONTACT"]
    audience: AudienceName
    needs_confirmation: bool
    by_video: bool
    practitioners: list[PractitionerOut]

    @staticmethod
    def of(service: Service) -> PublicServiceOut:
        people = sorted((each for each in service.practitioners.all() if each.ended_at is None), key=lambda p: p.name)
        return PublicServiceOut(
            id=service.pk,
            name=service.name,
            duration=service.duration,
            price=str(service.price),
            currency=service.currency,
            offered=cast("Any", service.offered),
            audience=cast("AudienceName", service.audience),
            needs_confirmation=service.needs_confirmation,
            by_video=service.by_video,
            practitioners=[PractitionerOut(id=each.pk, name=each.name) for each in people],
        )


class PublicServicesOut(Schema):
    location: PublicLocationOut
    items: list[PublicServiceOut]
    count: int


class PublicTimesIn(Schema):
    """So many days from a day on; without one, from the next free time on. `earliest` and `latest` are local."""

    from_: date | None = Field(None, alias="from")
    days: int = Field(7, ge=1, le=LONGEST_LOOK)
    earliest: time | None = None
    latest: time | None = None

    def wanted(self, service: Service, *, practitioner_id: UUID | None, location: Location) -> Wanted:
        limited = self.earliest is not None or self.latest is not None
        return Wanted(
            services=(service,),
            practitioner_ids=frozenset({practitioner_id}) if practitioner_id else None,
            location_id=location.pk,
            between=(self.earliest or time.min, self.latest or time.min) if limited else None,
        )


class PublicServiceTimesIn(PublicTimesIn):
    practitioner_id: UUID | None = None


class TimeOut(Schema):
    start_time: Moment
    end_time: Moment


class TimesOut(Schema):
    """Each start once. `next_start_time` is the next free time after these days, if there is none in them."""

    items: list[TimeOut]
    count: int
    next_start_time: Moment | None

    @staticmethod
    def of(slots: list[Slot], *, onward: datetime | None) -> TimesOut:
        starts = {slot.starts_at.timestamp(): slot for slot in slots}  # by instant: a repeated hour is two
        items = [TimeOut(start_time=slot.starts_at, end_time=slot.ends_at) for slot in starts.values()]
        return TimesOut(items=items, count=len(items), next_start_time=onward)


class HoldIn(Schema):
    """A time, and who comes. Where animals are treated, `patient_first_name` and `species` say which."""

    service_id: UUID
    start_time: AwareDatetime
    practitioner_id: UUID | None = None
    first_name: str = Field("", max_length=70)
    last_name: str = Field("", max_length=70)
    email: str = Field("", max_length=254)
    phone: str = Field("", max_length=30)
    patient_first_name: str = Field("", max_length=70)
    patient_last_name: str = Field("", max_length=70)
    species: str = Field("", max_length=40)
    remark: str = Field("", max_length=500)
    referral: str = Field("", max_length=120)

    def about_the_booker(self) -> dict[str, Any]:
        return self.dict(exclude={"service_id", "start_time", "practitioner_id"})


class HoldOut(Schema):
    """OPEN until `expires_at`, then LAPSED; BOOKED once it was confirmed, `visit_status` says as what."""

    state: Literal["OPEN", "BOOKED", "LAPSED"]
    expires_at: Moment
    start_time: Moment
    end_time: Moment
    service_id: UUID
    service_name: str
    practitioner_name: str
    location: PublicLocationOut
    visit_status: StatusName | None
    deposit: DepositOut | None

    @staticmethod
    def columns(hold: Hold, *, at: datetime) -> dict[str, Any]:
        zone, visit = hold.location.zone, hold.appointment
        return {
            "state": "BOOKED" if visit else "OPEN" if hold.is_open(at) else "LAPSED",
            "expires_at": hold.expires_at.astimezone(zone),
            "start_time": hold.starts_at.astimezone(zone),
            "end_time": hold.ends_at.astimezone(zone),
            "service_id": hold.service_id,
            "service_name": hold.service.name,
            "practitioner_name": hold.practitioner.name,
            "location": PublicLocationOut.of(hold.location),
            "visit_status": visit.status if visit else None,
            "deposit": _due(visit) if visit else None,
        }

    @staticmethod
    def of(hold: Hold, *, at: datetime) -> HoldOut:
        return HoldOut(**HoldOut.columns(hold, at=at))


class HeldOut(HoldOut):
    """`secret` is told this once; with it and the code from the mail the time is confirmed."""

    secret: str


class CodeIn(Schema):
    """The six digits from the mail; none, if the secret is that of the link in the mail."""

    code: str = Field("", max_length=20)


class PublicVisitOut(Schema):
    """One visit, without a word about whose. `too_late` says why it can no longer be changed here."""

    status: StatusName
    start_time: Moment
    end_time: Moment
    service_name: str
    practitioner_name: str
    price: str
    currency: str
    location: PublicLocationOut
    expires_at: Moment | None
    deposit: DepositOut | None
    may_move: bool
    may_cancel: bool
    too_late: str
    version: int

    @staticmethod
    def of(visit: Appointment, standing: Standing) -> PublicVisitOut:
        zone = visit.location.zone
        return PublicVisitOut(
            status=cast("StatusName", visit.status),
            start_time=visit.starts_at.astimezone(zone),
            end_time=visit.ends_at.astimezone(zone),
            service_name=visit.service.name,
            practitioner_name=visit.practitioner.name,
            price=str(visit.service.price),
            currency=visit.service.currency,
            location=PublicLocationOut.of(visit.location),
            expires_at=visit.expires_at,
            deposit=_due(visit),
            may_move=standing.may_move,
            may_cancel=standing.may_cancel,
            too_late=standing.too_late,
            version=visit.version,
        )


def _due(visit: Appointment) -> DepositOut | None:
    """Return the deposit that a reserved visit waits for."""
    deposit = deposit_due(visit)
    return DepositOut.of(deposit) if deposit else None


class VisitTimeIn(Schema):
    start_time: AwareDatetime
    practitioner_id: UUID | None = None


class CancelIn(Schema):
    reason: str = Field("", max_length=200)
