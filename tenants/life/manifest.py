"""What an export says of itself: whose it is, as of when, in which form, and at which level of the tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.utils.translation import gettext as _

from kernel.errors import Invalid
from tenancy import TenantRef, use_platform
from tenants.models import Membership, Tenant

FORMAT, VERSION = "atrium-workspace", 1
FACTS = ("name", "vertical", "plan", "modules", "time_zone", "currency", "language", "brand_hue", "brand_chroma",
         "second_step_for")  # fmt: skip


class NotReadable(Invalid):
    """The export is in a form that this release does not read."""

    code = "archive-not-readable"


def of_tenant(tenant: TenantRef) -> dict[str, Any]:
    """Return what the platform knows of a tenant and the tenant may take along. Asked among the platform's tables."""
    with use_platform():
        row = Tenant.objects.with_rooms().get(pk=tenant.id)
        facts = {name: getattr(row, name) for name in FACTS} | {
            "created_at": row.created_at,
            "opened_at": row.opened_at,
        }
        staff = Membership.objects.filter(tenant=row).select_related("user").order_by("user__email")
        return {
            "format": FORMAT,
            "version": VERSION,
            "tenant": {"id": row.pk, **facts, "names": [domain.domain for domain in row.domains.all()]},
            "staff": [{"user_id": each.user_id, "email": each.user.email, "name": each.user.name} for each in staff],
            "permissions": names_of_permissions(),
        }


def names_of_permissions() -> dict[str, str]:
    """Return what the ids of rights mean here: elsewhere the same right has another number."""
    rights = Permission.objects.values_list("pk", "content_type__app_label", "content_type__model", "codename")
    return {str(pk): f"{app}.{model}.{codename}" for pk, app, model, codename in rights}


def check_form(manifest: dict[str, Any]) -> None:
    """Raise `NotReadable` for what is no export of ours, or one of another version."""
    if manifest.get("format") != FORMAT:
        raise NotReadable(_("This file is not an export of a workspace."))
    if manifest.get("version") != VERSION:
        told = {"theirs": manifest.get("version"), "ours": VERSION}
        raise NotReadable(_("The export is of format %(theirs)s; this release reads format %(ours)s.") % told)


def tenant_in(manifest: dict[str, Any]) -> UUID:
    return UUID(manifest["tenant"]["id"])
