"""Whoever uses the portal agrees to a plan that was shared with them."""

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
from modules.crm.models import TreatmentPlan
from modules.crm.services.plans.writing import PlanChanged

AGREED = ("agreed_version", "agreed_at", "agreed_by_id", "agreed_by_name")


class NotTheirsToAgree(NotAllowed):
    code = "plan-agreement-not-allowed"


@transaction.atomic
def agree_to_plan(*, plan: TreatmentPlan, seen: int, by: Any, at: datetime) -> TreatmentPlan:
    """Keep who agreed to which version, and when. The first one stands. Raises `PlanChanged` if it reads otherwise by
    now than what was seen, or `NotTheirsToAgree`."""
    locked = lock_row(TreatmentPlan.objects.for_display(), plan.pk)
    if reach_of(by, "crm.view_plan") is not Reach.SELF or not by.has_perm("crm.view_plan", locked):
        raise NotTheirsToAgree(_("A plan is agreed to on the portal, by whom it is for."))
    if seen != locked.version:
        raise PlanChanged(_("The plan was changed meanwhile. Read it again."), version=locked.version)
    if locked.is_agreed:
        return locked
    before = audit.snapshot(locked, AGREED)
    locked.agreed_version, locked.agreed_at = locked.version, at
    locked.agreed_by_id, locked.agreed_by_name = by.pk, str(by)
    locked.save(update_fields=AGREED)
    audit.record(action="crm.treatmentplan.agreed", of=locked, by=by, changes=audit.difference(before, locked))
    return locked
