"""The regions of a country and their districts, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from httpapi.schemas import Schema
from modules.crm.domain.contacts.regions import LONGEST, MOST, District, Regions

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


class RegionIn(Schema):
    name: Name
    districts: Annotated[list[Name], Field(max_length=MOST)] = []


class RegionsIn(Schema):
    items: Annotated[list[RegionIn], Field(min_length=1, max_length=1000)]

    def districts(self) -> list[District]:
        names = [(each.name, name) for each in self.items for name in ("", *each.districts)]
        return [District(*name) for name in names]


class RegionOut(Schema):
    name: str
    districts: list[str]


class RegionsOut(Schema):
    """`items` are in the order of the alphabet."""

    country: str
    items: list[RegionOut]

    @classmethod
    def of(cls, country: str, regions: Regions) -> RegionsOut:
        items = [RegionOut(name=name, districts=list(districts)) for name, districts in regions.items()]
        return cls(country=country, items=items)
