"""Which till cash goes through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kernel.errors import Conflict, Invalid
from modules.billing.domain.states import Method
from modules.billing.models import Payment, Till, TillRules, TillSession
from modules.billing.services.tills.moving import lock_open


class TillNeeded(Conflict):
    """Cash goes through an open till here, and none was named."""

    code = "till-needed"


class TillUnknown(Invalid):
    """There is no such session, or it is of another currency."""

    code = "till-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawers:
    """Which open tills cash may go through, which is the likeliest, and whether it may go through none."""

    open: tuple[TillSession, ...] = ()
    likeliest: UUID | None = None
    are_there: bool = False  # a practice without any till is asked nothing
    may_be_outside: bool = True


def drawers_for(*, currency: str, location_id: UUID | None, by: Any) -> Drawers:
    """Return the drawers for cash of this currency at this location.

    The likeliest is the only one, else the one that they opened themselves, else the one they took cash with last.
    """
    if not Till.objects.filter(currency=currency, is_active=True).exists():
        return Drawers()
    rows = tuple(TillSession.objects.open().filter(currency=currency).for_display().order_by("till__name", "pk"))
    return Drawers(
        open=rows,
        likeliest=_likeliest(rows, location_id, by),
        are_there=True,
        may_be_outside=not TillRules.here().needs_open_till,
    )


def drawers_of_payment(*, payment: Payment, by: Any) -> Drawers:
    """Return the drawers that a payment may be taken back from: its own comes first, while that is open."""
    if payment.method != Method.CASH:
        return Drawers()
    found = drawers_for(currency=payment.currency, location_id=payment.invoice.location_id, by=by)
    is_open = any(each.pk == payment.till_session_id for each in found.open)
    return replace(found, likeliest=payment.till_session_id) if is_open else found


def pass_through(*, session_id: UUID | None, method: Method, currency: str) -> TillSession | None:
    """Return the session that money goes through, locked; None for what is not cash, or goes through none.

    Call it with the invoices locked. Raises `TillClosed`, `TillUnknown`, or `TillNeeded` where cash needs a till.
    """
    if method is not Method.CASH:
        return None
    if session_id is None:
        needs_one = TillRules.here().needs_open_till
        if needs_one and Till.objects.filter(currency=currency, is_active=True).exists():
            raise TillNeeded(_("Cash goes through an open till here. Open one first, or choose it."))
        return None
    try:
        session = lock_open(session_id)
    except TillSession.DoesNotExist:
        session = None
    if session is None or session.currency != currency:
        sentence = _("There is no such till, or it is of another currency.")
        raise TillUnknown(sentence, fields={"till_session": [sentence]})
    return session


def _likeliest(rows: Iterable[TillSession], location_id: UUID | None, by: Any) -> UUID | None:
    rows = sorted(rows, key=lambda row: row.till.location_id != location_id)
    if len(rows) == 1:
        return rows[0].pk
    own = [row.pk for row in rows if row.opened_by_id == by.pk]
    return own[0] if own else _last_used(rows, location_id, by)


def _last_used(rows: Iterable[TillSession], location_id: UUID | None, by: Any) -> UUID | None:
    open_now = {row.till_id: row.pk for row in rows if location_id in (None, row.till.location_id)}
    used = Payment.objects.filter(by_id=by.pk, till_session__till__in=open_now)
    till_id = used.order_by("-received_at", "-pk").values_list("till_session__till", flat=True).first()
    return open_now.get(till_id) if till_id else None
