"""The reasons for discounts that are offered to choose from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from modules.billing.models import LONGEST_REASON, DiscountReason


class ReasonInvalid(Invalid):
    code = "discount-reason-invalid"


class ReasonTaken(Conflict):
    code = "discount-reason-taken"


@transaction.atomic
def add_reason(*, text: str, by: Any) -> DiscountReason:
    """Offer one more reason. Raises `ReasonInvalid` or `ReasonTaken`."""
    row = DiscountReason(text=" ".join(text.split()))
    if not 0 < len(row.text) <= LONGEST_REASON:
        sentence = _("Say the reason, in at most %(most)d characters.") % {"most": LONGEST_REASON}
        raise ReasonInvalid(sentence, fields={"text": [sentence]})
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        sentence = _("This reason is on the list.")
        raise ReasonTaken(sentence, fields={"text": [sentence]}) from None
    audit.record(action="billing.discountreason.added", of=row, by=by, changes=audit.created(row, ["text"]))
    return row


@transaction.atomic
def end_reason(*, reason: DiscountReason, by: Any, at: datetime) -> None:
    """Offer a reason no more. Discounts that were given for it keep it. Twice does nothing."""
    locked = lock_row(DiscountReason.objects.all(), reason.pk, no_key=True)
    if locked.ended_at is None:
        locked.ended_at = at
        locked.save(update_fields=["ended_at"])
        audit.record(action="billing.discountreason.ended", of=locked, by=by, changes={"ended_at": (None, at)})
