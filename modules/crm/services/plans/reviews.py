"""Remind whoever wrote a plan of its review."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from access.models import Member
from audit import recording as audit
from kernel.locking import lock_rows
from modules.crm.models import TreatmentPlan
from modules.crm.models.flags import day_here
from notify.sending import send

AT_ONCE = 200


@transaction.atomic
def remind_of_reviews(*, at: datetime) -> int:
    """Remind once of each review that is due, also if the day itself was missed. Return of how many."""
    due = TreatmentPlan.objects.active().filter(review_on__lte=day_here(at), patient__ended_at=None)
    due = due.filter(Q(reminded_for=None) | ~Q(reminded_for=F("review_on"))).order_by("review_on", "pk")
    plans = list(lock_rows(TreatmentPlan.objects.filter(pk__in=list(due.values_list("pk", flat=True)[:AT_ONCE]))))
    members = {
        each.user_id: each.pk for each in Member.objects.current().filter(user_id__in=[p.author_id for p in plans])
    }
    for plan in plans:
        if plan.author_id in members:
            _remind(plan, member_id=str(members[plan.author_id]), at=at)
        before = audit.snapshot(plan, ["reminded_for"])
        plan.reminded_for = plan.review_on
        plan.save(update_fields=["reminded_for"])
        audit.record(action="crm.treatmentplan.reminded", of=plan, by=None, changes=audit.difference(before, plan))
    return len(plans)


def _remind(plan: TreatmentPlan, *, member_id: str, at: datetime) -> None:
    send(
        cause=f"crm.plan_review:{plan.pk}:{plan.review_on}",
        composer="modules.crm.messages.compose_plan_review",
        about={"plan_id": str(plan.pk), "member_id": member_id},
        at=at,
    )
