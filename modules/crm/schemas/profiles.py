"""The wire shapes of the portal's profiles."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from httpapi.schemas import Schema
from modules.crm.schemas.involvements import RoleName
from modules.crm.selectors import Profile

RightName = Literal["record", "sign", "bills"]


class ProfileOut(Schema):
    """`rights`: `record` is the record as it is shared, with visits and documents; `sign` agreements; `bills` bills."""

    patient_id: UUID
    name: str
    roles: list[RoleName]
    rights: list[RightName]

    @classmethod
    def of(cls, profile: Profile) -> ProfileOut:
        return cls(
            patient_id=profile.patient.pk,
            name=profile.patient.name,
            roles=[cast("RoleName", role.value) for role in profile.roles],
            rights=[right.value for right in sorted(profile.rights)],
        )


class ProfilesOut(Schema):
    items: list[ProfileOut]
