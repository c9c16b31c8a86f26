"""What a tenant and the platform have agreed on, as far as an operator may change it: the plan."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.errors import Invalid
from tenancy import use_platform
from tenants.console import platform_log
from tenants.console.plans import PLANS
from tenants.models import Tenant


class NoSuchPlan(Invalid):
    code = "no-such-plan"


def change_plan(*, tenant: Tenant, plan: str, by: Any, reason: str) -> None:
    """Put the tenant on another plan and note why, in its own log too. Raises `NoSuchPlan`.

    Call outside of a transaction: the plan is the platform's, the log is the tenant's.
    """
    if plan not in PLANS:
        raise NoSuchPlan(_("There is no plan of this name."), fields={"plan": [_("Choose one of the plans.")]})
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        before, locked.plan = locked.plan, plan
        if before == plan:
            return
        locked.save(update_fields=["plan"])
        details = {"plan": [before, plan]}
        platform_log.note(action="tenant.plan_changed", by=by, tenant_id=tenant.pk, reason=reason, details=details)
    if tenant.is_built:
        changes = {"plan": (before, plan), "reason": (None, reason)}
        platform_log.tell_tenant(action="tenants.workspace.plan_changed", tenant=tenant, by=by, changes=changes)
