"""Close a till: count it, see what should have been there, and enter what is missing or too much.

It is counted first. Every count is kept with what was expected in that moment, so whoever counts again after seeing it
has left two; and a session is closed with the last one, if nothing has gone through the till since.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.billing.domain.tills import Counted
from modules.billing.models import LONGEST_TILL_REASON, TillCount, TillSession
from modules.billing.services.deposits import ReasonNeeded
from modules.billing.services.ledger import enter_difference
from modules.billing.services.tills.moving import lock_open
from modules.billing.services.tills.opening import as_json, check_count

CLOSING = (
    "closed_at",
    "closed_by_id",
    "closed_by_name",
    "counted_minor",
    "counted_pieces",
    "expected_minor",
    "difference_minor",
    "reason",
)


class NotCounted(Conflict):
    """Nobody has counted it, or something went through it since."""

    code = "till-not-counted"


@transaction.atomic
def count_till(*, session: TillSession, counted: Counted, by: Any, at: datetime) -> TillCount:
    """Write down what was counted in an open till, and what should have been. Raises `CountInvalid` or `TillClosed`."""
    locked = lock_open(session.pk)
    check_count(counted, currency=locked.currency)
    count = TillCount.objects.create(
        till_session=locked,
        amount_minor=counted.sum.minor,
        currency=locked.currency,
        pieces=as_json(counted),
        expected_minor=locked.reckon().expected,
        at=at,
        by_id=by.pk,
        by_name=str(by),
    )
    changes = {"counted_minor": (None, count.amount_minor), "expected_minor": (None, count.expected_minor)}
    audit.record(action="billing.tillsession.counted", of=locked, by=by, changes=changes)
    return count


@transaction.atomic
def close_session(*, session: TillSession, reason: str = "", by: Any, at: datetime) -> TillSession:
    """Close a till with its last count, and enter the difference.

    Raises `TillClosed`, `NotCounted`, or `ReasonNeeded` where what was counted is not what was expected.
    """
    locked = lock_open(session.pk)
    count, expected = last_count(locked), locked.reckon().expected
    if count is None:
        raise NotCounted(_("Count what is in the till first."))
    if count.expected_minor != expected:
        raise NotCounted(_("Something went through the till since it was counted. Count it again."))
    if count.difference and not 0 < len(reason.strip()) <= LONGEST_TILL_REASON:
        sentence = _("What was counted is not what should be there: say why, as far as you know.")
        raise ReasonNeeded(sentence, fields={"reason": [sentence]})
    locked.closed_at, locked.closed_by_id, locked.closed_by_name = at, by.pk, str(by)
    locked.counted_minor, locked.counted_pieces = count.amount_minor, count.pieces
    locked.expected_minor, locked.difference_minor = expected, count.difference.minor
    locked.reason = reason.strip() if count.difference else ""
    locked.save(update_fields=CLOSING)
    enter_difference(session=locked)
    told = ("closed_at", "counted_minor", "expected_minor", "difference_minor", "reason")
    audit.record(
        action="billing.tillsession.closed",
        of=locked,
        by=by,
        changes={name: (None, getattr(locked, name)) for name in told},
    )
    return locked


def last_count(session: TillSession) -> TillCount | None:
    return session.counts.order_by("-at", "-pk").first()
