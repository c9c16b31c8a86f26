"""One question to everything that is searched, at /api/search/."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from httpapi.doors import endpoint
from httpapi.schemas import Schema
from tenancy.requests import Request
from tenants.searching import LONGEST, find_everywhere

router = Router()


class SearchIn(Schema):
    text: str = Field(min_length=2, max_length=LONGEST)


class FoundOut(Schema):
    """`kind` is the module; `path` its page on this host."""

    kind: str
    title: str
    summary: str
    path: str


class SearchOut(Schema):
    items: list[FoundOut]


@router.get("/", response=SearchOut, summary="Find people, visits, invoices")
@endpoint("access.use_workspace")
def search(request: Request, wanted: Query[SearchIn]) -> dict[str, Any]:
    finds = find_everywhere(wanted.text, by=request.user, at=timezone.now())
    items = [
        FoundOut(kind=each.module, title=thing.title, summary=thing.summary, path=thing.url)
        for each in finds
        for thing in each.things
    ]
    return {"items": items}
