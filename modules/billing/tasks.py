"""What billing does by the clock, in the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from jobs.actors import actor
from modules.billing import services
from modules.billing.services.bank.keeping import forget_tables
from modules.billing.services.ledger import catch_up
from tenancy import current_tenant

REMINDED_AT = range(8, 18)  # hours of the day


@actor(own_transactions=True)
def reconcile(**_: Any) -> None:
    """Also opens the account of a practice that has none yet, within a quarter of an hour of its opening."""
    services.ensure_account(at=timezone.now())
    services.reconcile(at=timezone.now())
    services.reconcile_refunds(at=timezone.now())


@actor(own_transactions=True)
def find_missing(**_: Any) -> None:
    services.find_missing(at=timezone.now())


@actor(own_transactions=True)
def send_refund(*, refund_id: str, **_: Any) -> None:
    services.send_refund(refund_id=UUID(refund_id), at=timezone.now())


@actor(own_transactions=True)
def chain_documents(**_: Any) -> None:
    """Documents are linked when they are issued; this finds those of before, and those of an older release."""
    services.chain_up()


@actor()
def archive_e_invoices(**_: Any) -> None:
    services.archive_accepted(at=timezone.now())


@actor()
def mark_overdue(**_: Any) -> None:
    services.mark_overdue(on=timezone.now().astimezone(ZoneInfo(current_tenant().time_zone)).date())


@actor()
def remind(**_: Any) -> None:
    """Every hour, and only in the working hours of the practice's own clock: nobody is reminded at night."""
    now = timezone.now()
    if now.astimezone(ZoneInfo(current_tenant().time_zone)).hour in REMINDED_AT:
        services.remind(at=now)


@actor(own_transactions=True)
def catch_up_ledger(**_: Any) -> None:
    """Enter what is not in the books: of before there were any, or written by the release before."""
    catch_up(at=timezone.now())


@actor()
def warn_of_expiry(**_: Any) -> None:
    services.warn_of_expiry(at=timezone.now())


@actor()
def forget_bank_tables(**_: Any) -> None:
    forget_tables(at=timezone.now())
