"""The series of numbers over the wire."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Query, Router

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.billing import services
from modules.billing.domain.states import DocumentKind
from modules.billing.models import NumberSeries
from modules.billing.schemas.documents import SeriesIn, SeriesOut
from tenancy.requests import Request

router = Router()


@router.get("/number-series/", response=Page[SeriesOut], summary="Series of numbers, by year")
@endpoint("billing.manage")
def list_series(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(NumberSeries.objects.order_by("year", "kind", "pk"), page, SeriesOut.of)


@router.put("/number-series/", response=SeriesOut, summary="Set what the numbers of a series begin with")
@endpoint("billing.manage")
def set_prefix(request: Request, body: SeriesIn) -> SeriesOut:
    """Refused for a year of which numbers are given out, and where two series would have the same prefix."""
    wish = services.WishedPrefix(**(body.dict() | {"kind": DocumentKind(body.kind)}))
    return SeriesOut.of(services.set_prefix(wish=wish, by=request.user, at=timezone.now()))
