"""Phones and e-mails of a client, on the wire."""

from __future__ import annotations

from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.schemas import Schema
from modules.crm.models import ContactPoint
from modules.crm.selectors.contacts.points import Way
from modules.crm.services.contacts.points import KEPT, PointDetails

SystemName = Literal["phone", "email"]
UseName = Literal["", "mobile", "home", "work", "other"]


class ContactPointIn(Schema):
    """A phone, as typed, or an e-mail. `label` is own words for its use, `note` something like "only after 17:00"."""

    system: SystemName
    value: str = Field(max_length=254)
    use: UseName = ""
    label: str = Field("", max_length=40)
    note: str = Field("", max_length=120)

    def details(self) -> PointDetails:
        return PointDetails(**self.dict())


class ContactPointPatch(Schema):
    """What is left out stays as it is."""

    value: str = Field("", max_length=254)
    use: UseName = ""
    label: str = Field("", max_length=40)
    note: str = Field("", max_length=120)

    def details(self, row: ContactPoint) -> PointDetails:
        kept: dict[str, Any] = {name: getattr(row, name) for name in KEPT}
        return PointDetails(**kept | self.dict(exclude_unset=True))


class ContactPointOut(Schema):
    """`id` is null of a first one of which there is nothing more to say. `also_of` are others who are reached by it."""

    id: UUID | None
    system: SystemName
    value: str
    is_first: bool
    use: UseName
    label: str
    note: str
    also_of: list[str]

    @staticmethod
    def of(way: Way) -> ContactPointOut:
        row = way.row or ContactPoint(system=way.system, value=way.value)
        return ContactPointOut(
            id=row.pk if way.row else None,
            system=cast("SystemName", way.system),
            value=way.value,
            is_first=way.is_first,
            use=cast("UseName", row.use),
            label=row.label,
            note=row.note,
            also_of=list(way.also_of),
        )


class ContactPointsOut(Schema):
    """All of them: ten at most beside the first ones."""

    items: list[ContactPointOut]
