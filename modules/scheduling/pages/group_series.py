"""The groups of a series at the desk: every one is shown before it is changed or called off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.scheduling import services
from modules.scheduling.forms.groups import GroupsCancelForm, GroupsChangeForm
from modules.scheduling.models import GroupSession, Series
from modules.scheduling.pages.chosen import as_uuid
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal


@page("scheduling.manage_groups")
def change(request: Request, group_id: UUID) -> HttpResponse:
    """Show every group as it would be, and change them."""
    group, series = _group_of_series(request, group_id)
    form = GroupsChangeForm(request.POST or None)
    context: dict[str, Any] = {"group": group, "form": form}
    if request.method != "POST":
        return render(request, "scheduling/group_series.html", context)
    if not form.is_valid():
        return render(request, "scheduling/group_series.html", context, status=422)
    skip = frozenset(as_uuid(each, "group_id") for each in request.POST.getlist("skip"))
    seen, by, at = request.POST.get("seen", ""), request.user, timezone.now()
    wanted, status = form.change(group.pk, skip=skip, seen=seen), 200
    try:
        if request.POST.get("step") == "save":
            changed = services.change_groups(series=series, change=wanted, by=by, at=at)
            messages.success(request, _("Changed: %(count)d.") % {"count": len(changed)})
            return redirect("scheduling:group", group_id=group.pk)
    except DomainError as error:
        context["problem"], status = error, error.status
    try:
        plan = services.plan_groups_change(series=series, change=wanted, by=by, at=at)
    except DomainError as error:
        add_refusal(form, error)
        return render(request, "scheduling/group_series.html", context, status=error.status)
    context |= {"plan": plan, "skip": skip or {each.session.pk for each in plan.groups if not each.is_free}}
    return render(request, "scheduling/group_series.html", context, status=status)


@page("scheduling.manage_groups")
def cancellation(request: Request, group_id: UUID) -> HttpResponse:
    """Show which groups it would be, and call them off."""
    group, series = _group_of_series(request, group_id)
    form, by, at = GroupsCancelForm(request.POST or None), request.user, timezone.now()
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        tell = services.Tell.SOON if data["notify"] else services.Tell.NOT
        called_off = services.CallOff(reason=data["reason"], tell=tell)
        scope = services.Scope(data["scope"])
        try:
            gone = services.cancel_groups(
                series=series, scope=scope, group_id=group.pk, cancellation=called_off, by=by, at=at
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Called off: %(count)d.") % {"count": len(gone)})
            return redirect("scheduling:groups")
    groups = services.groups_in(series=series, scope=services.Scope.ALL, group_id=group.pk, by=by, at=at)
    context = {"group": group, "groups": groups, "form": form}
    return render(request, "scheduling/group_series_cancel.html", context, status=status)


def _group_of_series(request: Request, group_id: UUID) -> tuple[GroupSession, Series]:
    """Return a group that has not begun, and its series. One that stands alone has no such page."""
    rows = GroupSession.objects.visible_to(request.user).standing().for_display().select_related("series__location")
    group = rows.filter(pk=group_id, period__startswith__gt=timezone.now()).first()
    if group is None or group.series is None:
        raise Http404
    audit.viewed(of=group, by=request.user)
    return group, group.series
