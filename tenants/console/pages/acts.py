"""What an operator does to one tenant. Each act says what it will do, asks why, and is written down twice."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from httpapi.transactions import own_transaction
from identity.proofs import recently_proved
from tenancy.requests import Request
from tenants import standing
from tenants.console import agreements, exports, switches
from tenants.console.forms import AddressedReasonForm, PlanForm, ReasonForm
from tenants.console.pages.deciding import Decision, decision_page, find_tenant
from tenants.life import deleting
from tenants.models import Tenant
from webui.doors import operators_page


@decision_page()
def suspension(request: Request, tenant: Tenant) -> Decision:
    """Suspend the tenant."""

    def act(filled: dict[str, Any]) -> str:
        standing.suspend_tenant(tenant=tenant, by=request.user, reason=filled["reason"], at=timezone.now())
        return _("%(name)s is suspended.") % {"name": tenant.name}

    return Decision(
        title=_("Suspend %(name)s") % {"name": tenant.name},
        says=(
            _("What stops at once: its pages, its interface and its jobs, its mails among them. Support cannot enter."),
            _("What stays: everything that is kept. Payments that were on their way are taken in when it goes on."),
        ),
        button=_("Suspend it"),
        form=AddressedReasonForm(request.POST or None, expected=tenant.subdomain),
        act=act,
        is_danger=True,
    )


@decision_page()
def end_of_suspension(request: Request, tenant: Tenant) -> Decision:
    """Let the tenant go on."""

    def act(filled: dict[str, Any]) -> str:
        standing.resume_tenant(tenant=tenant, by=request.user, reason=filled["reason"], at=timezone.now())
        return _("%(name)s is open again.") % {"name": tenant.name}

    return Decision(
        title=_("Let %(name)s go on") % {"name": tenant.name},
        says=(_("Its pages and interface open again, and its jobs go on where they rested."),),
        button=_("End the suspension"),
        form=ReasonForm(request.POST or None),
        act=act,
    )


@decision_page(recently_proved)
def export(request: Request, tenant: Tenant) -> Decision:
    """Have the tenant's data put into one file, for its owner."""

    def act(filled: dict[str, Any]) -> str:
        exports.request_export(tenant=tenant, by=request.user, reason=filled["reason"], at=timezone.now())
        return _("The export is on its way.")

    return Decision(
        title=_("Export %(name)s") % {"name": tenant.name},
        says=(
            _("Everything that is theirs goes into one file. You see how far it is."),
            _("The file is for its owner, under Settings. It holds clinical notes, so it does not come here."),
        ),
        button=_("Export it"),
        form=ReasonForm(request.POST or None),
        act=act,
    )


@decision_page(recently_proved)
def deletion(request: Request, tenant: Tenant) -> Decision:
    """Put the tenant on the way to deletion."""

    def act(filled: dict[str, Any]) -> str:
        deleting.schedule_deletion(tenant=tenant, by=request.user, reason=filled["reason"], at=timezone.now())
        return _("%(name)s is closed, and will be erased.") % {"name": tenant.name}

    return Decision(
        title=_("Delete %(name)s") % {"name": tenant.name},
        says=(
            _("It closes at once, like a suspension. Its owner is told by e-mail and can take it back."),
            _("In %(days)d days everything is erased: rows, files, backups’ keys. Until then you can undo it here.")
            % {"days": deleting.GRACE.days},
        ),
        button=_("Delete it in %(days)d days") % {"days": deleting.GRACE.days},
        form=AddressedReasonForm(request.POST or None, expected=tenant.subdomain),
        act=act,
        is_danger=True,
    )


@operators_page
@own_transaction
@require_POST
def end_of_deletion(request: Request, tenant_id: UUID) -> HttpResponse:
    """Keep the tenant after all."""
    tenant = find_tenant(tenant_id)
    deleting.cancel_deletion(tenant=tenant, by=request.user, at=timezone.now())
    messages.success(request, _("%(name)s is kept.") % {"name": tenant.name})
    return redirect("operators_tenant", tenant.pk)


@decision_page()
def plan(request: Request, tenant: Tenant) -> Decision:
    """Put the tenant on another plan."""

    def act(filled: dict[str, Any]) -> str:
        agreements.change_plan(tenant=tenant, plan=filled["plan"], by=request.user, reason=filled["reason"])
        return _("The plan is changed.")

    return Decision(
        title=_("The plan of %(name)s") % {"name": tenant.name},
        says=(_("Nothing opens or closes by this. It says what the tenant has agreed to pay for."),),
        button=_("Change the plan"),
        form=PlanForm(request.POST or None, initial={"plan": tenant.plan}),
        act=act,
    )


@decision_page()
def module_off(request: Request, tenant: Tenant, label: str) -> Decision:
    """Switch a module off."""
    return _switching_off(request, tenant, _find_switch(tenant, label))


@decision_page()
def module_on(request: Request, tenant: Tenant, label: str) -> Decision:
    """Switch a module on."""
    return _switching_on(request, tenant, _find_switch(tenant, label))


def _find_switch(tenant: Tenant, label: str) -> switches.Switch:
    found = next((each for each in switches.switches_of(tenant) if each.module.label == label), None)
    if found is None:
        raise Http404
    return found


def _switching_off(request: Request, tenant: Tenant, switch: switches.Switch) -> Decision:
    name = switch.module.verbose_name

    def act(filled: dict[str, Any]) -> str:
        label = switch.module.label
        switches.switch_off(tenant=tenant, label=label, by=request.user, reason=filled["reason"])
        return _("%(module)s is off.") % {"module": name}

    return Decision(
        title=_("Switch %(module)s off") % {"module": name},
        says=(
            _("What stops at once: its pages, its interface and its jobs. Jobs that wait are let go."),
            _("What stays: everything that is kept. Switched on again, it is as it was."),
        ),
        button=_("Switch it off"),
        form=ReasonForm(request.POST or None),
        act=act,
        is_danger=True,
    )


def _switching_on(request: Request, tenant: Tenant, switch: switches.Switch) -> Decision:
    name = switch.module.verbose_name

    def act(filled: dict[str, Any]) -> str:
        label, at = switch.module.label, timezone.now()
        switches.switch_on(tenant=tenant, label=label, by=request.user, reason=filled["reason"], at=at)
        return _("%(module)s is on.") % {"module": name}

    brought = get_text_list([str(each.verbose_name) for each in switch.brings], _("and"))
    return Decision(
        title=_("Switch %(module)s on") % {"module": name},
        says=(
            _("Its pages, interface and jobs open at once, with what was kept."),
            *([_("This comes on with it: %(modules)s.") % {"modules": brought}] if brought else []),
        ),
        button=_("Switch it on"),
        form=ReasonForm(request.POST or None),
        act=act,
    )
