"""What the mails about records say, composed when they are sent. No mail names a patient."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.models import Member
from modules.crm.models import PatientGrant
from modules.crm.selectors import names_of
from notify.sending import Composed
from tenancy import current_tenant
from tenancy.addresses import tenant_url


def compose_emergency(*, grant_id: int, member_id: str) -> Composed | None:
    """Tell an owner that somebody opened a record in an emergency."""
    grant = PatientGrant.history.filter(pk=grant_id).first()
    owner = Member.objects.current().filter(pk=member_id).first()
    if grant is None or owner is None:
        return None
    tenant, name = current_tenant(), names_of([grant.user_id]).get(grant.user_id, "")
    context = {
        "owner": owner,
        "name": name,
        "when": date_format(grant.granted_at.astimezone(ZoneInfo(tenant.time_zone)), "D j M, H:i"),
        "link": tenant_url(tenant, f"/patients/{grant.content_object_id}/care/"),
    }
    return Composed(
        to=owner.email,
        subject=_("%(name)s opened a record in an emergency") % {"name": name},
        template="crm/emergency",
        context=context,
    )
