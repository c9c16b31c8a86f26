"""Kept searches over the wire."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from httpapi.schemas import Schema
from modules.crm.models import SavedSearch
from modules.crm.models.saved_searches import LONGEST_QUERY, LONGEST_SEARCH_NAME


class SavedSearchIn(Schema):
    """`query` is the search as in the address of the list: `q=…&age_from=18`."""

    name: str = Field(min_length=1, max_length=LONGEST_SEARCH_NAME)
    query: str = Field(min_length=1, max_length=LONGEST_QUERY)
    is_shared: bool = False


class SavedSearchOut(Schema):
    id: UUID
    name: str
    query: str
    is_shared: bool

    @staticmethod
    def of(search: SavedSearch) -> SavedSearchOut:
        return SavedSearchOut(id=search.pk, name=search.name, query=search.query, is_shared=search.owner_id is None)


class SavedSearchesOut(Schema):
    items: list[SavedSearchOut]
