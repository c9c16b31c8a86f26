"""Something to know about somebody, for tests of whatever shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from modules.crm.models import Flag, Patient
from modules.crm.services.flags import FlagDetails, raise_flag


def warned(patient: Patient, text: str, *, by: Any, at: datetime, **details: Any) -> Flag:
    """Raise a flag about somebody: a grave one, of their safety, for everybody, unless told otherwise."""
    told = {"category": "SAFETY", "severity": "DANGER"} | details
    return raise_flag(patient=patient, details=FlagDetails(text=text, **told), by=by, at=at)
