"""Tell people of packages that expire with sessions left."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from modules.billing.models import PackagePurchase
from modules.billing.services.packages.offering import rules_of_packages
from modules.billing.services.telling import about_expiry
from tenancy import current_tenant

NOT_BEFORE = time(9)


@transaction.atomic
def warn_of_expiry(*, at: datetime) -> None:
    """Write to whoever has sessions left of a package that expires soon: once for each last day, by day."""
    zone, days = ZoneInfo(current_tenant().time_zone), rules_of_packages().notice_days
    today = at.astimezone(zone).date()
    if days:
        morning = datetime.combine(today, NOT_BEFORE, zone)
        for purchase in PackagePurchase.objects.expiring(on=today, within=days).order_by("pk"):
            about_expiry(purchase=purchase, at=max(at, morning))
