"""How late patients may still change a visit by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from kernel.errors import NotAllowed
from modules.scheduling.models import Appointment
from modules.scheduling.services.visits.visitors import Visitor


class NoticeTooShort(NotAllowed):
    """Patients move and cancel up to some hours before; after that they ring."""

    code = "notice-too-short"


def check_notice(appointment: Appointment, *, by: Any, at: datetime) -> None:
    """Raise `NoticeTooShort` if `by` is the patient and it is too late to change the visit on the portal."""
    if not isinstance(by, Visitor) and reach_of(by, "scheduling.change_appointment") is not Reach.SELF:
        return
    hours = appointment.location.change_notice_hours
    if at > appointment.starts_at - timedelta(hours=hours):
        raise NoticeTooShort(
            _("Less than %(hours)d hours before a visit it is moved or cancelled by phone.") % {"hours": hours}
        )
