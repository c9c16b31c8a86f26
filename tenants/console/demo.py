"""A visit of support that is over, for the demo: what its owner finds under Settings, and operators in their log."""

from __future__ import annotations

from datetime import datetime, timedelta

from access.models import Role
from identity.models import User
from tenancy import TenantRef, use_platform
from tenants.console import support
from tenants.console.models import SupportEnd
from tenants.models import Tenant


def seed_support(*, tenant: TenantRef, operator: User, now: datetime) -> None:
    """Have the operator look on for some minutes, two days ago."""
    began = now - timedelta(days=2, hours=3)
    with use_platform():
        row = Tenant.objects.with_rooms().get(pk=tenant.id)
    session = support.request_session(
        tenant=row,
        by=operator,
        role=Role.OWNER,
        reason="Week view is slow; need to see their filters.",
        ticket="4817",
        minutes=15,
        at=began,
    )
    code = support.give_pass(session=session, by=operator, state="demo", at=began)
    entered = support.enter(code=code, tenant_id=tenant.id, state="demo", at=began + timedelta(seconds=20))
    support.end_session(session=entered, how=SupportEnd.OPERATOR, by=operator, at=began + timedelta(minutes=9))
