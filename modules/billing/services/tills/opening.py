"""Open a till: say how much is in it when somebody begins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from modules.billing.domain.tills import Counted, counted_in_pieces
from modules.billing.models import Till, TillSession


class TillNotOpened(Conflict):
    """It is open, or switched off."""

    code = "till-not-opened"


class CountInvalid(Invalid):
    """Less than nothing, of another currency, or of coins that there are not."""

    code = "till-count-invalid"


@transaction.atomic
def open_session(*, till: Till, counted: Counted, by: Any, at: datetime) -> TillSession:
    """Open a till with what was counted in it. Raises `CountInvalid`, or `TillNotOpened` if it is open or off."""
    locked = lock_row(Till.objects.select_related("location"), till.pk, no_key=True)
    check_count(counted, currency=locked.currency)
    if not locked.is_active:
        raise TillNotOpened(_("%(till)s is switched off.") % {"till": locked.name})
    session = TillSession(
        till=locked,
        currency=locked.currency,
        opened_at=at,
        opened_by_id=by.pk,
        opened_by_name=str(by),
        opening_minor=counted.sum.minor,
        opening_pieces=as_json(counted),
    )
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError:
        raise TillNotOpened(_("%(till)s is open. Somebody opened it before.") % {"till": locked.name}) from None
    changes = audit.created(session, ["till_id", "opened_at", "opening_minor"])
    audit.record(action="billing.tillsession.opened", of=session, by=by, changes=changes)
    return session


def check_count(counted: Counted, *, currency: str) -> None:
    """Raise `CountInvalid` for what nobody can have counted in a drawer of this currency."""
    sentence = ""
    if counted.sum.currency != currency:
        sentence = _("This till is in %(currency)s.") % {"currency": currency}
    elif counted.sum.minor < 0:
        sentence = _("There cannot be less than nothing in it.")
    elif counted.pieces and not _adds_up(counted):
        sentence = _("There is no such coin or note, or they do not come to this sum.")
    if sentence:
        raise CountInvalid(sentence, fields={"counted": [sentence]})


def as_json(counted: Counted) -> dict[str, int]:
    return {str(value): number for value, number in counted.pieces.items()}


def _adds_up(counted: Counted) -> bool:
    try:
        return counted_in_pieces(counted.pieces, counted.sum.currency).sum == counted.sum
    except ValueError:
        return False
