"""Two who change one visit at a time do not overwrite each other."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kernel.errors import Conflict
from modules.scheduling.domain.states import Status
from modules.scheduling.models import STATUS_LABELS, Appointment


class ChangedMeanwhile(Conflict):
    """Somebody else changed it first; `current` is what it is now."""

    code = "changed-meanwhile"

    def __init__(self, detail: str, *, current: Appointment) -> None:
        super().__init__(detail)
        self.current = current

    def extra(self) -> dict[str, object]:
        now, zone = self.current, self.current.location.zone
        return {
            "current": {
                "id": str(now.pk),
                "version": now.version,
                "status": now.status,
                "start_time": now.starts_at.astimezone(zone).isoformat(),
                "end_time": now.ends_at.astimezone(zone).isoformat(),
                "practitioner_id": str(now.practitioner_id),
                "room_id": str(now.room_id) if now.room_id else None,
            }
        }


def check_version(appointment: Appointment, *, seen: int | None) -> None:
    """Raise `ChangedMeanwhile` if the visit is not as it was seen; None: whoever asks did not say."""
    if seen is None or seen == appointment.version:
        return
    zone = appointment.location.zone
    sentence = _("Somebody changed this visit meanwhile: it is “%(status)s” at %(when)s with %(who)s now.")
    words = {
        "status": STATUS_LABELS[Status(appointment.status)],
        "when": f"{appointment.starts_at.astimezone(zone):%H:%M}",
        "who": appointment.practitioner.name,
    }
    raise ChangedMeanwhile(sentence % words, current=appointment)
