"""What owners are told about support, composed when it is sent."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from access.models import Member
from notify.sending import Composed
from tenancy import current_tenant
from tenancy.addresses import tenant_url


def compose_export_asked(*, who: str, reason: str, member_id: str) -> Composed | None:
    """Write to an owner that an operator had everything put into one file; None if the owner has left."""
    owner = Member.objects.current().filter(pk=member_id).first()
    if owner is None:
        return None
    tenant = current_tenant()
    subject = _("%(who)s of Atrium had your data put into a file") % {"who": who}
    context = {"who": who, "reason": reason, "link": tenant_url(tenant, "/settings/data/")}
    return Composed(to=owner.email, subject=subject, template="console/export_asked", context=context)


def compose_support(*, what: str, who: str, member_id: str, **told: Any) -> Composed | None:
    """Write that support asks to come in ("requested") or has come in ("started"); None if the owner has left."""
    owner = Member.objects.current().filter(pk=member_id).first()
    if owner is None:
        return None
    subject = _("%(who)s of Atrium asks to look on") if what == "requested" else _("%(who)s of Atrium looks on now")
    context = {"owner": owner, "who": who, "what": what, "link": tenant_url(current_tenant(), "/settings/support/")}
    return Composed(to=owner.email, subject=subject % {"who": who}, template="console/support", context=context | told)
