"""Put cash into a till or take it out, beside payments. And the lock that everything that goes through a till takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.money import Money
from modules.billing.models import LONGEST_TILL_REASON, CashMove, MoveKind, TillSession
from modules.billing.services.ledger import enter_cash_move


class TillClosed(Conflict):
    """It was counted and closed: nothing goes through this session any more."""

    code = "till-closed"


class CashMoveInvalid(Invalid):
    """Nothing, of another currency, or without a reason."""

    code = "cash-move-invalid"


@transaction.atomic
def move_cash(*, session: TillSession, kind: MoveKind, amount: Money, reason: str, by: Any, at: datetime) -> CashMove:
    """Write down what was put into a till or taken out of it, and why. Raises `CashMoveInvalid` or `TillClosed`."""
    if amount.minor <= 0 or amount.currency != session.currency:
        raise _refused("amount", _("More than nothing, in %(currency)s.") % {"currency": session.currency})
    if not 0 < len(reason.strip()) <= LONGEST_TILL_REASON:
        raise _refused("reason", _("Say why."))
    locked = lock_open(session.pk)
    move = CashMove.objects.create(
        till_session=locked,
        kind=kind.value,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason.strip(),
        at=at,
        by_id=by.pk,
        by_name=str(by),
    )
    enter_cash_move(move=move)
    changes = {"kind": (None, move.kind), "amount_minor": (None, move.amount_minor), "reason": (None, move.reason)}
    audit.record(action=f"billing.tillsession.{kind.lower()}", of=locked, by=by, changes=changes)
    return move


def lock_open(session_id: UUID) -> TillSession:
    """Return a session that nobody closes before this transaction is over. Raises `TillClosed`.

    Who locks invoices as well locks them before.
    """
    locked = TillSession.objects.select_for_update(no_key=True, of=("self",)).for_display().get(pk=session_id)
    if locked.closed_at is not None:
        raise TillClosed(_("%(till)s was counted and closed. Open it again first.") % {"till": locked.till.name})
    return locked


def _refused(field: str, sentence: str) -> CashMoveInvalid:
    return CashMoveInvalid(sentence, fields={field: [sentence]})
