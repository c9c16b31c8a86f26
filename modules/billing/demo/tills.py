"""The tills of the demo: yesterday one was closed with a little missing; today it is open, with cash in it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.money import Money
from modules.billing import services
from modules.billing.domain.states import Method
from modules.billing.domain.tills import Counted
from modules.billing.models import MoveKind, TillSession
from modules.billing.services import WishedLine
from modules.billing.services.tills import (
    TillDetails,
    add_till,
    close_session,
    count_till,
    move_cash,
    open_session,
)
from modules.crm import public as crm
from modules.scheduling import public as scheduling

if TYPE_CHECKING:
    from tenants.demo import Stage

FLOAT, STAMPS, MISSING = 10000, 680, 50  # in minor units
YESTERDAY = (("Report for the insurer", "38"), ("Copy of the records", "12.50"), ("Report for the insurer", "46"))
TODAY = (("Copy of the records", "12.50"), ("Report for the insurer", "38"))


def keep_a_till(stage: Stage) -> None:
    """Add a till to the first place, have yesterday's session closed, and one of today open."""
    desk, owner = stage.people["reception"], stage.people["owner"]
    details = TillDetails(
        name="Front desk",
        location_id=next((place.id for place in scheduling.locations()), None),
        currency=stage.tenant.currency,
    )
    till = add_till(details=details, by=owner)
    morning = datetime.combine(
        (stage.now - timedelta(days=1)).astimezone(ZoneInfo(stage.tenant.time_zone)).date(),
        time(8),
        ZoneInfo(stage.tenant.time_zone),
    )
    session = open_session(till=till, counted=_sum(stage, FLOAT), by=desk, at=morning)
    for number, (name, price) in enumerate(YESTERDAY, start=1):
        _pay_in_cash(stage, session, name, price, number, at=morning + timedelta(hours=2 * number))
    amount = Money(STAMPS, session.currency)
    noon = morning + timedelta(hours=5)
    move_cash(session=session, kind=MoveKind.PAID_OUT, amount=amount, reason="Stamps", by=desk, at=noon)
    evening = morning + timedelta(hours=10)
    found = session.reckon().expected - MISSING
    count_till(session=session, counted=_sum(stage, found), by=desk, at=evening)
    close_session(session=session, reason="Probably wrong change in the afternoon", by=desk, at=evening)
    opened = max(stage.now - timedelta(hours=3), evening)
    today = open_session(till=till, counted=_sum(stage, found), by=desk, at=opened)
    for number, (name, price) in enumerate(TODAY, start=4):
        _pay_in_cash(stage, today, name, price, number, at=max(stage.now - timedelta(hours=2), opened))


def open_at(at: datetime) -> UUID | None:
    """Return the session of the demo that was open then, and still is."""
    return TillSession.objects.open().filter(opened_at__lte=at).values_list("pk", flat=True).first()


def _pay_in_cash(stage: Stage, session: TillSession, name: str, price: str, number: int, *, at: datetime) -> None:
    desk, customers = stage.people["reception"], crm.active_patients()
    line = WishedLine(description=name, unit_price=Money.parse(price, session.currency))
    patient = customers[number % len(customers)]
    invoice = services.draft_invoice_by_hand(patient_id=patient.id, lines=[line], by=desk, at=at)
    services.record_payment(
        invoice=invoice, amount=invoice.gross, method=Method.CASH, by=desk, at=at, till_session_id=session.pk
    )


def _sum(stage: Stage, minor: int) -> Counted:
    return Counted(Money(minor, stage.tenant.currency))
