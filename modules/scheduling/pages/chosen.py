"""What was chosen in a booking form: whom, what, and which of the times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from modules.scheduling import services
from modules.scheduling.services import Tell, Wish


def wish_in(fields: Any, *, source: str) -> Wish:
    """Read a filled-in booking form. Raises `CannotBook`."""
    return Wish(
        service_id=as_uuid(fields.get("service"), "service_id"),
        further_service_ids=tuple(as_uuid(each, "service_id") for each in fields.getlist("further")),
        patient_id=as_uuid(fields.get("patient"), "patient_id"),
        starts_at=slot_moment(fields),
        ends_at=end_of_slot(fields),
        practitioner_id=practitioner_of_slot(fields),
        room_id=_room_of_slot(fields),
        remark=fields.get("remark", "")[:500],
        referral=fields.get("referral", "")[:120],
        package_id=package_in(fields),
        source=source,
    )


def package_in(fields: Mapping[str, str]) -> UUID | None:
    """Read what is to pay for the visit, if a package is. Raises `CannotBook`."""
    return as_uuid(fields["package"], "package_id") if fields.get("package") else None


def tell_in(fields: Mapping[str, str]) -> Tell:
    """Read whether the client is to hear of a change made at the desk, where a slip of the hand is undone."""
    return Tell.SOON if "notify" in fields else Tell.NOT


def slot_moment(fields: Any) -> datetime:
    """Return the start that was chosen. Raises `CannotBook` if none was."""
    text = fields.get("slot", "").split("|")[0]
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        sentence = _("Choose a time.")
        raise services.CannotBook(sentence, fields={"slot": [sentence]})
    return moment


def practitioner_of_slot(fields: Any) -> UUID | None:
    parts = fields.get("slot", "").split("|")
    return as_uuid(parts[1], "practitioner_id") if len(parts) > 1 and parts[1] else None


def _room_of_slot(fields: Any) -> UUID | None:
    parts = fields.get("slot", "").split("|")
    return as_uuid(parts[2], "room_id") if len(parts) > 2 and parts[2] else None


def end_of_slot(fields: Any) -> datetime | None:
    """Return until when, if a length was drawn in the calendar; else the service says how long it takes."""
    parts = fields.get("slot", "").split("|")
    try:
        moment = parse_datetime(parts[3]) if len(parts) > 3 and parts[3] else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def as_uuid(text: Any, field: str) -> UUID:
    """Read an id that came with a form. Raises `CannotBook`."""
    try:
        return UUID(str(text))
    except ValueError:
        sentence = {
            "patient_id": _("Say whom the visit is for."),
            "service_id": _("Choose a service."),
            "package_id": _("There is no such package."),
        }.get(field, _("Choose a time."))
        raise services.CannotBook(sentence, fields={field: [sentence]}) from None
