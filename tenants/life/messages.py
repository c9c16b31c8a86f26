"""What is told by e-mail about a workspace's own data."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from access.models import Member
from notify.sending import Composed
from tenancy import current_tenant
from tenancy.addresses import tenant_url
from tenants.life.models import Export, ExportState


def compose_export_ready(*, export_id: str) -> Composed | None:
    """Tell who asked for an export that it is there, if they still work here. An operator sees it in the console."""
    export = Export.objects.filter(pk=UUID(export_id), state=ExportState.READY).first()
    member = Member.objects.of_user(export.asked_by_id).staff().first() if export else None
    if export is None or member is None:
        return None
    tenant = current_tenant()
    return Composed(
        to=member.email,
        subject=_("Your data of %(name)s is ready") % {"name": tenant.name},
        template="life/export_ready",
        context={"member": member, "export": export, "link": tenant_url(tenant, "/settings/data/")},
    )
