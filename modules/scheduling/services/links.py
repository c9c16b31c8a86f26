"""Secret links in mails, with which one visit is seen, moved and cancelled by whoever has the mail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse

from identity.secrets import digest, new_secret
from modules.scheduling.models import Appointment, VisitLink
from tenancy import current_tenant
from tenancy.addresses import tenant_url

GOOD_AFTERWARDS = timedelta(days=1)


def make_link(*, appointment: Appointment) -> str:
    """Return a new address for a visit. Each mail has its own; what is kept does not lead back to it."""
    secret = new_secret()
    VisitLink.objects.create(appointment=appointment, digest=digest(secret))
    return tenant_url(current_tenant(), reverse("scheduling:by_link", args=[secret]))


def find_visit(*, secret: str, at: datetime) -> Appointment | None:
    """Return the visit behind an address, until a day after it has ended."""
    link = VisitLink.objects.filter(digest=digest(secret)).first()
    if link is None:
        return None
    rows = Appointment.objects.for_display().filter(period__endswith__gt=at - GOOD_AFTERWARDS)
    return rows.filter(pk=link.appointment_id).first()


def forget_links(*, at: datetime) -> None:
    """Remove the links that lead nowhere any more."""
    VisitLink.objects.filter(appointment__period__endswith__lte=at - GOOD_AFTERWARDS).delete()
