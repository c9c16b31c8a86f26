"""What is kept of a cancellation: on whose side, how late, and what was agreed to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Invalid
from modules.scheduling.models import Appointment, Cancellation, Side
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.visitors import Visitor
from tenancy import current_tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOff:
    """Why a visit is called off, and what was agreed to pay; amounts in minor units of the tenant's currency."""

    reason: str = ""
    side: Side | None = None
    fee_minor: int = 0
    refund_minor: int = 0
    version: int | None = None
    tell: Tell = Tell.AT_ONCE


def note_cancellation(
    appointment: Appointment, *, called_off: CallOff, by: Any, at: datetime
) -> tuple[Cancellation, audit.Changes]:
    """Keep the facts of a cancellation; return them, also for the log. Raises `Invalid` for amounts below nothing."""
    if min(called_off.fee_minor, called_off.refund_minor) < 0:
        sentence = _("A fee or a refund is not negative.")
        raise Invalid(sentence, fields={"fee": [sentence]})
    hours = appointment.location.change_notice_hours
    kept = Cancellation.objects.create(
        appointment=appointment,
        at=at,
        by_id=getattr(by, "pk", None),
        by_name=str(by) if by is not None else "",
        side=called_off.side or _side_of(by),
        reason=called_off.reason,
        is_late=at > appointment.starts_at - timedelta(hours=hours),
        notice_hours=hours,
        fee_minor=called_off.fee_minor,
        refund_minor=called_off.refund_minor,
        currency=current_tenant().currency,
    )
    facts = audit.created(kept, ["side", "is_late", "fee_minor", "refund_minor"])
    return kept, facts | ({"cancel_reason": ("", kept.reason)} if kept.reason else {})


def _side_of(by: Any) -> Side:
    if by is None:
        return Side.SYSTEM
    if isinstance(by, Visitor):
        return Side.PATIENT
    return Side.PATIENT if reach_of(by, "scheduling.change_appointment") is Reach.SELF else Side.PRACTICE
