"""A visit: booked, changed, shown."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from pydantic import AwareDatetime, Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from kernel.money import Money
from modules.crm.public import NoteText
from modules.scheduling.gateways.deposits import Deposit
from modules.scheduling.models import Appointment
from modules.scheduling.services import CallOff, Move, Tell, Wish
from tenancy import current_tenant
from tenancy.addresses import tenant_url

StatusName = Literal[
    "REQUESTED", "RESERVED", "OFFERED", "SCHEDULED", "CONFIRMED", "CHECKED_IN", "IN_PROGRESS", "COMPLETED", "CANCELLED",
    "NO_SHOW", "LAPSED",
]  # fmt: skip


class BookIn(Schema):
    """Without a practitioner or room a free one is found. `further_service_ids` are done after the first, in order.

    `ask_deposit` reserves the time until the deposit is paid; whoever books for themself is asked by the rules.
    With a `package_id` a session of that package pays for it.
    `override_reason` books although a rule is in the way, for roles that may; it is kept with the visit.
    """

    service_id: UUID
    start_time: AwareDatetime
    end_time: AwareDatetime | None = None
    further_service_ids: list[UUID] = Field(default_factory=list, max_length=9)
    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    remark: str = Field("", max_length=500)
    referral: str = Field("", max_length=120)
    package_id: UUID | None = None
    override_reason: str = Field("", max_length=200)
    notify_client: bool = True
    ask_deposit: bool = False

    def wish(self) -> Wish:
        return Wish(
            service_id=self.service_id,
            further_service_ids=tuple(self.further_service_ids),
            patient_id=self.patient_id,
            starts_at=self.start_time,
            ends_at=self.end_time,
            practitioner_id=self.practitioner_id,
            room_id=self.room_id,
            remark=self.remark,
            referral=self.referral,
            package_id=self.package_id,
            override=self.override_reason,
            source="api",
            deposit=self.ask_deposit,
            tell=Tell.AT_ONCE if self.notify_client else Tell.NOT,
        )


class DepositOut(Schema):
    """What is paid before a visit is certain. `pay_url` is where; empty once there is nothing to pay."""

    state: Literal["OPEN", "PAID", "WAIVED", "OVER"]
    amount: str
    currency: str
    until: Moment
    pay_url: str

    @staticmethod
    def of(deposit: Deposit) -> DepositOut:
        path = deposit.pay_path
        return DepositOut(
            state=deposit.state.value,
            amount=str(deposit.amount),
            currency=deposit.amount.currency,
            until=deposit.until,
            pay_url=tenant_url(current_tenant(), path) if path else "",
        )


class ChangeIn(Schema):
    """One change at a time: where it is to be (`start_time`, `end_time`, `practitioner_id`, `room_id`), or the next
    `status`. `reason`, `fee` and `refund` belong to a cancellation; the amounts are in the workspace's currency.
    """

    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    status: StatusName | None = None
    reason: str = Field("", max_length=200)
    fee: str = Field("0", max_length=20)
    refund: str = Field("0", max_length=20)
    override_reason: str = Field("", max_length=200)
    notify_client: bool = True

    @property
    def is_move(self) -> bool:
        return any((self.start_time, self.end_time, self.practitioner_id, self.room_id))

    def move(self, *, version: int | None) -> Move:
        return Move(
            starts_at=self.start_time,
            ends_at=self.end_time,
            practitioner_id=self.practitioner_id,
            room_id=self.room_id,
            override=self.override_reason,
            version=version,
            tell=Tell.AT_ONCE if self.notify_client else Tell.NOT,
        )

    def call_off(self, *, version: int | None, currency: str) -> CallOff:
        return CallOff(
            reason=self.reason,
            fee_minor=Money.parse(self.fee, currency).minor,
            refund_minor=Money.parse(self.refund, currency).minor,
            version=version,
            tell=Tell.AT_ONCE if self.notify_client else Tell.NOT,
        )


class AppointmentOut(Schema):
    id: UUID
    status: StatusName
    start_time: Moment
    end_time: Moment
    patient_id: UUID
    patient_name: str
    service_id: UUID
    service_name: str
    practitioner_id: UUID
    practitioner_name: str
    room_id: UUID | None
    room_name: str | None
    price: str
    currency: str
    further_service_ids: list[UUID]
    package_id: UUID | None
    package_session: int | None
    package_total: int | None
    remark: str
    referral: str
    source: str
    expires_at: Moment | None
    cancel_reason: str
    version: int
    created_at: Moment

    @staticmethod
    def of(appointment: Appointment) -> AppointmentOut:
        zone, service, room = appointment.location.zone, appointment.service, appointment.room
        return AppointmentOut(
            id=appointment.pk,
            status=cast("StatusName", appointment.status),
            start_time=appointment.starts_at.astimezone(zone),
            end_time=appointment.ends_at.astimezone(zone),
            patient_id=appointment.patient_id,
            patient_name=appointment.patient.name,
            service_id=service.pk,
            service_name=service.name,
            practitioner_id=appointment.practitioner_id,
            practitioner_name=appointment.practitioner.name,
            room_id=room.pk if room else None,
            room_name=room.name if room else None,
            price=str(service.price),
            currency=service.currency,
            further_service_ids=[row.service_id for row in appointment.further_services.all()],
            package_id=appointment.package_id,
            package_session=appointment.package_number,
            package_total=appointment.package_total,
            remark=appointment.remark,
            referral=appointment.referral,
            source=appointment.source,
            expires_at=appointment.expires_at,
            cancel_reason=appointment.cancel_reason,
            version=appointment.version,
            created_at=appointment.created_at,
        )


class AppointmentsIn(Schema):
    """Filters. `from` and `to` are moments; visits that overlap them are listed."""

    from_: AwareDatetime | None = Field(None, alias="from")
    to: AwareDatetime | None = None
    status: StatusName | None = None
    patient_id: UUID | None = None
    practitioner_id: UUID | None = None


class NoteIn(Schema):
    subjective: str = Field("", max_length=20_000)
    objective: str = Field("", max_length=20_000)
    assessment: str = Field("", max_length=20_000)
    plan: str = Field("", max_length=20_000)
    shared_with_patient: bool = False


class VisitNoteOut(Schema):
    id: UUID
    author_name: str
    subjective: str
    objective: str
    assessment: str
    plan: str
    shared_with_patient: bool
    written_at: Moment
    signed_at: Moment | None

    @staticmethod
    def of(note: NoteText) -> VisitNoteOut:
        return VisitNoteOut.model_validate(note, from_attributes=True)
