"""What the accountant calls our accounts, and the books in the format of their program, over the wire."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router

from httpapi.doors import endpoint
from modules.billing import services
from modules.billing.api.ledger import days_of_entries
from modules.billing.domain.reports import Days
from modules.billing.schemas.accountant import AccountantIn, AccountantOut
from modules.billing.schemas.ledger import EntriesIn
from modules.billing.selectors import accountant as selectors
from tenancy.requests import Request

router = Router()


@router.get("/accountant/", response=AccountantOut, summary="What the accountant calls our accounts")
@endpoint("billing.manage")
def get_accountant(request: Request) -> AccountantOut:
    return AccountantOut.told(services.accountant_rules(), selectors.mapping())


@router.put("/accountant/", response=AccountantOut, summary="Say what the accountant calls our accounts")
@endpoint("billing.manage")
def set_accountant(request: Request, body: AccountantIn) -> AccountantOut:
    rules = services.set_accountant(wish=body.wish(), by=request.user)
    return AccountantOut.told(rules, selectors.mapping())


@router.get("/ledger/datev/", summary="Entries of the books as a DATEV batch")
@endpoint("billing.view_ledger")
def get_datev(request: Request, wanted: Query[EntriesIn]) -> HttpResponse:
    """EXTF 700, category 21, format version 13, in Windows-1252. `account` is not heeded: a batch is of whole entries.

    Refused (`export-incomplete`) with everything that is missing: numbers of accounts, of the consultant and the
    client; days of two fiscal years, another currency than the practice's, or one with three decimals.
    """
    since, until = days_of_entries(wanted)
    content = services.datev_batch(days=Days(since, until), by=request.user, at=timezone.now())
    return HttpResponse(
        content, content_type="text/csv; charset=windows-1252", headers={"Cache-Control": "private, no-store"}
    )
