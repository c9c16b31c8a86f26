"""The books over the wire."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import Invalid
from modules.billing.forms.ledger import LONGEST
from modules.billing.schemas.ledger import BalanceOut, BalancesOut, EntriesIn, LedgerEntryOut
from modules.billing.selectors import ledger
from tenancy.requests import Request

router = Router()


@router.get("/ledger/entries/", response=Page[LedgerEntryOut], summary="Entries of the books, the latest first")
@endpoint("billing.view_ledger")
def list_entries(request: Request, page: Query[PageIn], wanted: Query[EntriesIn]) -> dict[str, Any]:
    since, until = days_of_entries(wanted)
    rows = ledger.entries(request.user, since=since, until=until, account=wanted.account)
    return page_of(rows, page, LedgerEntryOut.of)


@router.get("/ledger/balances/", response=BalancesOut, summary="What each account of the books comes to")
@endpoint("billing.view_ledger")
def list_balances(request: Request, wanted: Query[EntriesIn]) -> BalancesOut:
    """`account` is not heeded here: every account that was ever moved until then is listed."""
    since, until = days_of_entries(wanted)
    found = ledger.balances(request.user, since=since, until=until)
    return BalancesOut(since=since, until=until, items=[BalanceOut.of(each) for each in found])


def days_of_entries(wanted: EntriesIn) -> tuple[date, date]:
    """Return the days that were asked for, or this month. Raises `Invalid`."""
    until = wanted.until or timezone.localdate()
    since = wanted.since or until.replace(day=1)
    if since > until or until - since > LONGEST:
        sentence = _("These are no days, or more than a year of them.")
        raise Invalid(sentence, fields={"until": [sentence]})
    return since, until
