"""Who waits, which time is kept for whom, and why."""

from __future__ import annotations

from datetime import date, time
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import Offer, WaitingEntry, WaitingRules
from modules.scheduling.selectors.waiting import Fit
from modules.scheduling.selectors.waiting_words import reasons_in_words
from modules.scheduling.services import Hours, Wait

PriorityName = Literal["URGENT", "SOON", "ROUTINE"]
StateName = Literal["WAITING", "OFFERED", "BOOKED", "WITHDRAWN", "EXPIRED"]
OfferStateName = Literal["HELD", "ACCEPTED", "DECLINED", "EXPIRED", "WITHDRAWN"]


class HoursIn(Schema):
    """Wall-clock hours on some days of the week (0 is Monday; none: each)."""

    weekdays: list[int] = Field(default_factory=list, max_length=7)
    starts: time | None = None
    ends: time | None = None


class WaitChangeIn(Schema):
    """What an entry is to be, whole. How urgent it is stays as it is, for those who may not say."""

    service_id: UUID | None = None
    further_service_ids: list[UUID] = Field(default_factory=list, max_length=9)
    practitioner_ids: list[UUID] = Field(default_factory=list, max_length=20)
    location_id: UUID | None = None
    first_day: date
    last_day: date | None = None
    hours: list[HoursIn] = Field(default_factory=list, max_length=10)
    notice_minutes: int = Field(0, ge=0, le=20160)
    priority: PriorityName = "ROUTINE"
    priority_reason: str = Field("", max_length=200)
    remark: str = Field("", max_length=500)

    def wait(self) -> Wait:
        plain = self.dict(exclude={"hours", "further_service_ids", "practitioner_ids", "priority"})
        return Wait(
            **plain,
            further_service_ids=tuple(self.further_service_ids),
            practitioner_ids=frozenset(self.practitioner_ids),
            hours=tuple(
                Hours(weekdays=frozenset(each.weekdays), starts=each.starts, ends=each.ends) for each in self.hours
            ),
            priority=Priority(self.priority),
            source="api",
        )


class WaitIn(WaitChangeIn):
    """With `appointment_id`, that visit is to be earlier, which says what is wanted; with `session_id`, a place."""

    patient_id: UUID | None = None
    appointment_id: UUID | None = None
    session_id: UUID | None = None


class HoursOut(Schema):
    weekdays: list[int]
    starts: time | None
    ends: time | None


class WaitingOut(Schema):
    id: UUID
    state: StateName
    patient_id: UUID
    patient_name: str
    service_id: UUID
    service_name: str
    further_service_ids: list[UUID]
    practitioner_ids: list[UUID]
    location_id: UUID | None
    appointment_id: UUID | None
    session_id: UUID | None
    first_day: date
    last_day: date | None
    hours: list[HoursOut]
    notice_minutes: int
    priority: PriorityName
    remark: str
    source: str
    version: int
    created_at: Moment
    ended_at: Moment | None

    @staticmethod
    def of(entry: WaitingEntry) -> WaitingOut:
        return WaitingOut(
            id=entry.pk,
            state=cast("StateName", entry.state),
            patient_id=entry.patient_id,
            patient_name=entry.patient.name,
            service_id=entry.service_id,
            service_name=entry.service.name,
            further_service_ids=[row.service_id for row in entry.further_services.all()],
            practitioner_ids=[each.pk for each in entry.practitioners.all()],
            location_id=entry.location_id,
            appointment_id=entry.appointment_id,
            session_id=entry.session_id,
            first_day=entry.first_day,
            last_day=entry.last_day,
            hours=[HoursOut(weekdays=row.weekdays, starts=row.starts, ends=row.ends) for row in entry.windows.all()],
            notice_minutes=entry.notice_minutes,
            priority=cast("PriorityName", entry.priority),
            remark=entry.remark,
            source=entry.source,
            version=entry.version,
            created_at=entry.created_at,
            ended_at=entry.ended_at,
        )


class WaitingIn(Schema):
    """Filters. Without a `state`, those who still wait or have an offer."""

    state: StateName | None = None
    priority: PriorityName | None = None
    service_id: UUID | None = None
    patient_id: UUID | None = None


class PriorityIn(Schema):
    priority: PriorityName
    reason: str = Field("", max_length=200)


class GapIn(Schema):
    practitioner_id: UUID
    start_time: AwareDatetime
    end_time: AwareDatetime


class ReasonOut(Schema):
    """Why somebody matches: `code`, how much (`value`: days), what it counts, and a sentence."""

    code: str
    value: int
    points: int
    sentence: str


class FitOut(Schema):
    """Who could have which time, and why; the higher the score, the better."""

    entry_id: UUID
    patient_id: UUID
    patient_name: str
    start_time: Moment
    end_time: Moment
    practitioner_id: UUID
    score: int
    reasons: list[ReasonOut]

    @staticmethod
    def of(fit: Fit) -> FitOut:
        opening = fit.match.opening
        return FitOut(
            entry_id=fit.entry.pk,
            patient_id=fit.entry.patient_id,
            patient_name=fit.entry.patient.name,
            start_time=opening.starts_at,
            end_time=opening.ends_at,
            practitioner_id=opening.practitioner,
            score=fit.match.score,
            reasons=_reasons([reason._asdict() for reason in fit.match.reasons]),
        )


class OfferIn(Schema):
    start_time: AwareDatetime
    practitioner_id: UUID


class RefusalIn(Schema):
    """`leave` takes them off the list, too."""

    leave: bool = False


class OffersIn(Schema):
    state: OfferStateName | None = None
    entry_id: UUID | None = None


class OfferOut(Schema):
    id: UUID
    state: OfferStateName
    entry_id: UUID
    patient_id: UUID
    patient_name: str
    appointment_id: UUID | None
    service_name: str
    practitioner_id: UUID
    practitioner_name: str
    start_time: Moment
    end_time: Moment
    sent_at: Moment
    expires_at: Moment
    settled_at: Moment | None
    score: int
    reasons: list[ReasonOut]

    @staticmethod
    def of(offer: Offer) -> OfferOut:
        kept = offer.appointment
        zone = kept.location.zone
        return OfferOut(
            id=offer.pk,
            state=cast("OfferStateName", offer.state),
            entry_id=offer.entry_id,
            patient_id=offer.patient_id,
            patient_name=offer.patient.name,
            appointment_id=offer.booked_id,
            service_name=kept.service.name,
            practitioner_id=kept.practitioner_id,
            practitioner_name=kept.practitioner.name,
            start_time=offer.starts_at.astimezone(zone),
            end_time=offer.ends_at.astimezone(zone),
            sent_at=offer.sent_at,
            expires_at=offer.expires_at,
            settled_at=offer.settled_at,
            score=offer.score,
            reasons=_reasons(offer.reasons),
        )


class RulesBody(Schema):
    """Whether freed times are offered by themselves, how long they are kept, and when nobody is written to."""

    fills_itself: bool
    offer_minutes: int = Field(ge=10, le=2880)
    quiet_from: time
    quiet_until: time

    @staticmethod
    def of(rules: WaitingRules) -> RulesBody:
        return RulesBody.model_validate(rules, from_attributes=True)


def _reasons(kept: list[dict[str, Any]]) -> list[ReasonOut]:
    return [ReasonOut(**each, sentence=" ".join(reasons_in_words([each]))) for each in kept]
