"""Who works here: ask somebody to, change what they may do, let them go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access import departures, services
from access.models import Member, Role
from httpapi.transactions import own_transaction
from identity.proofs import require_proof
from kernel.errors import DomainError
from tenancy.requests import Request
from tenants.forms import InvitationForm, RoleForm
from webui.doors import page
from webui.refusals import add_refusal


@page("access.manage_members")
@require_GET
def team(request: Request) -> HttpResponse:
    return _show(request, InvitationForm())


@page("access.manage_members")
@require_POST
def invite(request: Request) -> HttpResponse:
    form = InvitationForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            member = services.invite_member(**form.cleaned_data, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": member.email})
            return redirect("tenants:team")
    return _show(request, form, status=status)


@page("access.manage_members")
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: Request, member_id: UUID) -> HttpResponse:
    member = _find(member_id)
    form = RoleForm(request.POST or None, initial={"role": member.role}, may_make_owners=_is_owner(request))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        if Role.OWNER in (member.role, form.cleaned_data["role"]):
            require_proof(request)
        try:
            services.change_role(member=member, role=form.cleaned_data["role"], by=request.user)
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            told = {"name": member.name, "role": member.get_role_display()}
            messages.success(request, _("%(name)s is now: %(role)s.") % told)
            return redirect("tenants:team")
    return render(request, "tenants/team/role.html", {"member": member, "form": form}, status=status)


@page("access.manage_members")
@require_POST
def invitation(request: Request, member_id: UUID) -> HttpResponse:
    """Send the invitation again; the link of the last one stops working."""
    member = services.invite_again(member=_find(member_id), by=request.user, at=timezone.now())
    messages.success(request, _("A new link is on its way to %(email)s.") % {"email": member.email})
    return redirect("tenants:team")


@page("access.manage_members")
@own_transaction
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, member_id: UUID) -> HttpResponse:
    """Ask first: as a dialog where there is JavaScript, as a page where there is none."""
    member = _find(member_id)
    if member.role == Role.OWNER:
        require_proof(request)
    if request.method == "POST":
        departures.end_membership(tenant=request.tenant, member=member, by=request.user, at=timezone.now())
        told = (
            _("%(name)s no longer works here.") if member.joined_at else _("The invitation of %(name)s is withdrawn.")
        )
        messages.success(request, told % {"name": member.name})
        return redirect("tenants:team")
    template = "tenants/team/end.html#dialog" if request.htmx else "tenants/team/end.html"
    return render(request, template, {"member": member})


def _show(request: Request, form: Any, *, status: int = 200) -> HttpResponse:
    people = sorted(_staff(), key=lambda member: (member.joined_at is None, member.name.lower()))
    context = {"people": people, "form": form, "now": timezone.now(), "is_owner": _is_owner(request)}
    return render(request, "tenants/team/team.html", context, status=status)


def _staff() -> Any:
    return Member.objects.staff().filter(ended_at=None)


def _find(member_id: UUID) -> Member:
    found: Member = get_object_or_404(_staff(), pk=member_id)
    return found


def _is_owner(request: Request) -> bool:
    return Member.objects.of_user(request.user.pk).filter(role=Role.OWNER).exists()
