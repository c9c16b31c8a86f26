"""An arrival: noted, corrected, read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.scheduling.domain.checklist import BY_THEMSELVES, Forms, Item
from modules.scheduling.domain.vitals import OF_PEOPLE, Sign
from modules.scheduling.models import Appointment, CheckIn, CheckInRules
from modules.scheduling.selectors import Missing, asked_for
from modules.scheduling.services import Arrival

IdentityName = Literal["", "KNOWN", "ASKED", "DOCUMENT", "CARD", "CHIP"]
ItemName = Literal["identity", "consent", "complaints", "vitals", "practitioner"]
MissingName = Literal["identity", "consent", "form", "complaints", "vitals", "practitioner"]
FormsName = Literal["NOTHING", "WARN", "REFUSE"]
SignName = Literal[
    "SYSTOLIC", "DIASTOLIC", "PULSE", "TEMPERATURE", "WEIGHT", "HEIGHT", "SPO2", "RESPIRATION", "PAIN"
]  # fmt: skip


class ArrivalIn(Schema):
    """What is left out stays as it is. A measure of null is taken back.

    `episode` is "new", "none", or the id of an episode of care that goes on; as a rule, the one with the practitioner.
    """

    identity: IdentityName | None = None
    complaints: str | None = Field(None, max_length=5_000)
    vital_signs: dict[SignName, Decimal | None] = Field(default_factory=dict)
    episode: str = Field("", max_length=36)

    def arrival(self) -> Arrival:
        vitals = {Sign(sign): value for sign, value in self.vital_signs.items()}
        return Arrival(identity=self.identity, complaints=self.complaints, vitals=vitals, episode=self.episode)


class VitalSignOut(Schema):
    """`unit` is the UCUM code."""

    sign: SignName
    value: str
    unit: str
    at: Moment
    by_name: str


class UnsignedOut(Schema):
    """A text to be signed, at `/api/patients/{patient_id}/consents/`."""

    kind_id: UUID
    name: str


class UnfilledOut(Schema):
    """A form to be filled in, at `/api/patients/{patient_id}/forms/`."""

    asked_id: UUID
    name: str
    due_on: date


class LapsedOut(Schema):
    """The insurance that the patient had, and the last day of it."""

    insurer: str
    ended_on: date


class ChecklistOut(Schema):
    """What is missing of the check-in list, as far as it concerns a visit in this state."""

    appointment_id: UUID
    missing: list[MissingName]
    unsigned: list[UnsignedOut]
    unfilled: list[UnfilledOut]
    insurance_lapsed: LapsedOut | None = Field(description="Null if somebody insures them, and if nobody ever did.")

    @staticmethod
    def of(appointment: Appointment, missing: Missing) -> ChecklistOut:
        return ChecklistOut(
            appointment_id=appointment.pk,
            missing=[item.value for item in missing.items],
            unsigned=[UnsignedOut(kind_id=each.kind_id, name=each.name) for each in missing.unsigned],
            unfilled=[
                UnfilledOut(asked_id=each.asked_id, name=each.name, due_on=each.due_on) for each in missing.unfilled
            ],
            insurance_lapsed=LapsedOut(**missing.lapsed._asdict()) if missing.lapsed else None,
        )


class CheckInRulesBody(Schema):
    """Which items are asked for when somebody arrives, and what follows where a form is missing that they were asked
    for: nothing, a word, or that nobody checks them in. Left out, that stays as it is."""

    asked: list[ItemName]
    forms: FormsName | None = None

    def items(self) -> frozenset[Item]:
        return frozenset(map(Item, self.asked))

    def rule_of_forms(self) -> Forms | None:
        return Forms(self.forms) if self.forms else None

    @staticmethod
    def of(rules: CheckInRules) -> CheckInRulesBody:
        asked = asked_for(rules) & BY_THEMSELVES
        named = [cast("ItemName", item.value) for item in Item if item in asked]
        return CheckInRulesBody(asked=named, forms=cast("FormsName", str(rules.forms)))


class CheckInOut(Schema):
    appointment_id: UUID
    episode_id: UUID | None
    at: Moment
    by_name: str
    identity: IdentityName
    complaints: str | None = Field(description="Null for whoever may not see findings.")
    vital_signs: list[VitalSignOut] | None = Field(description="Null for whoever may not see findings.")

    @staticmethod
    def of(check_in: CheckIn, *, seen_by: Any) -> CheckInOut:
        may_see = seen_by.has_perm("scheduling.view_findings", check_in)
        return CheckInOut(
            appointment_id=check_in.appointment_id,
            episode_id=check_in.appointment.episode_id,
            at=check_in.at,
            by_name=check_in.by_name,
            identity=cast("IdentityName", check_in.identity),
            complaints=check_in.complaints if may_see else None,
            vital_signs=_vital_signs(check_in) if may_see else None,
        )


def _vital_signs(check_in: CheckIn) -> list[VitalSignOut]:
    return [
        VitalSignOut(
            sign=cast("SignName", row.sign),
            value=f"{row.value.normalize():f}",
            unit=OF_PEOPLE[Sign(row.sign)].unit,
            at=row.at,
            by_name=row.by_name,
        )
        for row in check_in.vital_signs.order_by("sign")
    ]
