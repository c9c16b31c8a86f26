"""An invitation to work somewhere, opened from its mail."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access import services
from access.models import Member, Role
from httpapi.transactions import own_transaction
from identity.accounts import verified_emails_of
from identity.models import User
from kernel.errors import Conflict
from kernel.limits import count
from tenancy import TenantRef, catalog, use
from tenancy.middleware import HIDDEN_STATES
from tenancy.requests import Request
from tenants import joining
from tenants.forms import role_choices
from tenants.pages.workspaces import way_to
from webui.doors import open_page

LINKS_A_MINUTE = 60


class ClosedForNow(Conflict):
    """The workspace is suspended, so nobody can join it."""

    code = "tenant-suspended"


@open_page("the secret in its address was mailed to one person")
@own_transaction
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Request, tenant_id: UUID, secret: str) -> HttpResponse:
    count("invitation", request.ip, at_most=LINKS_A_MINUTE, seconds=60)
    tenant = _find_tenant(tenant_id)
    if request.user.is_authenticated and (request.method == "POST" or _works_at(tenant, request.user)):
        emails = verified_emails_of(request.user)
        joining.accept_invitation(
            tenant=tenant, secret=secret, user=request.user, verified_emails=emails, at=timezone.now()
        )
        return redirect(way_to(tenant.id))
    with use(tenant):
        member = services.find_invitation(secret, at=timezone.now())
        inviter = Member.objects.of_user(member.invited_by_id).first() if member.invited_by_id else None
        ((_value, role),) = role_choices([Role(member.role)])
    context = {"place": tenant, "member": member, "role": role, "inviter": inviter, **_stage(request, member)}
    return render(request, "tenants/invitation.html", context)


def _stage(request: Request, member: Member) -> dict[str, Any]:
    """Return what this visitor can do about it: accept, sign in, make an account, or switch to another one."""
    if request.user.is_authenticated:
        emails = [email.lower() for email in verified_emails_of(request.user)]
        return {"may_accept": member.email.lower() in emails}
    # Whoever opened the link got the mail: an account made now for exactly this address needs no second mail.
    get_adapter(request).stash_verified_email(request, member.email)
    query = urlencode({"next": request.path, "email": member.email})
    return {
        "has_account": User.objects.filter(email__iexact=member.email).exists(),
        "sign_up": f"{reverse('account_signup')}?{query}",
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
    }


def _find_tenant(tenant_id: UUID) -> TenantRef:
    tenant = catalog.find_by_id(tenant_id)
    if tenant is None or tenant.state in HIDDEN_STATES:
        raise Http404
    if not tenant.is_open:
        raise ClosedForNow(_("%(name)s is closed for now. The invitation is kept.") % {"name": tenant.name})
    return tenant


def _works_at(tenant: TenantRef, user: Any) -> bool:
    with use(tenant):
        return joining.works_here(user)
