"""Secret links in mails, with which one visit is seen, moved and cancelled by whoever has the mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from identity.secrets import digest, new_secret
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, VisitLink
from modules.scheduling.services.visits.notice import NoticeTooShort, check_notice
from modules.scheduling.services.visits.visitors import Visitor
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


@dataclass(frozen=True, slots=True)
class Standing:
    """What whoever has the link can still do with a visit; `too_late` says why nothing."""

    may_move: bool = False
    may_cancel: bool = False
    too_late: str = ""


def standing_of(appointment: Appointment, *, at: datetime) -> Standing:
    is_ahead = appointment.is_not_begun or appointment.status in {Status.REQUESTED, Status.RESERVED}
    try:
        check_notice(appointment, by=Visitor(), at=at)
    except NoticeTooShort as error:
        return Standing(too_late=str(error) if is_ahead else "")
    may_move = appointment.is_not_begun and appointment.service.bookable_online and appointment.session_id is None
    return Standing(may_move=may_move, may_cancel=is_ahead)


def forget_links(*, at: datetime) -> None:
    """Remove the links that lead nowhere any more."""
    VisitLink.objects.filter(appointment__period__endswith__lte=at - GOOD_AFTERWARDS).delete()
