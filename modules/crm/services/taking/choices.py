"""What people say when they are asked whether their data may be used, without their name, in statistics."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import NotAllowed
from kernel.locking import lock_row
from modules.crm.models import Patient, StatisticsChoice, Way


class NotTheirsToSay(NotAllowed):
    code = "choice-not-theirs"


@transaction.atomic
def say_about_statistics(
    *, patient: Patient, allowed: bool, way: str = Way.TOLD, by: Any, at: datetime
) -> StatisticsChoice | None:
    """Keep what somebody says; saying the same twice is no error. It holds at once: see `extracts.fetch_extract`.

    Returns their last word, or nothing if they allow what they never refused. Raises `NotTheirsToSay`.
    """
    if not by.has_perm("crm.take_consent", patient):
        raise NotTheirsToSay(_("Your role does not allow this for this record."))
    lock_row(Patient.objects.all(), patient.pk, no_key=True)
    last = patient.statistics_choices.order_by("-at", "-id").first()
    if allowed == (last.allowed if last else True):
        return last
    on_portal = reach_of(by, "crm.take_consent") is Reach.SELF
    said = StatisticsChoice(
        patient=patient,
        allowed=allowed,
        way=Way.PORTAL if on_portal else way,
        at=at,
        by_id=by.pk,
        by_name=str(by),
    )
    said.save(force_insert=True)
    deed = "allowed" if allowed else "refused"
    audit.record(action=f"crm.statisticschoice.{deed}", of=said, by=by, changes=audit.created(said, ("way",)))
    return said
