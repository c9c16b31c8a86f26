"""Who looked at what is kept about whoever asks."""

from __future__ import annotations

from ninja import Router

from httpapi.doors import endpoint
from modules.crm.schemas.people import LookOut, LooksOut
from modules.crm.services import read_looks
from tenancy.requests import Request
from tenants.activity.selecting import Place

router = Router()


@router.get("/looks/", response=LooksOut, summary="Who else looked at my data")
@endpoint("access.use_portal")
def list_looks(request: Request, after: str = "") -> LooksOut:
    """The newest first. Of a page that is not the last, `next` is what the following one is asked for with."""
    shown = read_looks(by=request.user, after=Place.read(after))
    return LooksOut(items=[LookOut.of(line) for line in shown.lines], next=str(shown.next) if shown.next else None)
