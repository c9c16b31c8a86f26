"""The groups of a series: looked at, changed and called off together."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.utils import timezone
from ninja import Router

from httpapi.doors import endpoint
from modules.scheduling import services
from modules.scheduling.models import GroupSession, Series
from modules.scheduling.schemas.group_series import GroupsCancelIn, GroupsChangeIn, GroupsPlanOut
from modules.scheduling.schemas.groups import GroupOut
from modules.scheduling.selectors.groups import with_taken
from tenancy.requests import Request

router = Router()


@router.post("/groups/{uuid:group_id}/series/plan/", response=GroupsPlanOut, summary="Look at a change of groups")
@endpoint("scheduling.manage_groups")
def plan_change(request: Request, group_id: UUID, body: GroupsChangeIn) -> GroupsPlanOut:
    """Every group as it would be, with what is in its way. Nothing is changed."""
    plan = services.plan_groups_change(
        series=_series(request, group_id), change=body.change(group_id), by=request.user, at=timezone.now()
    )
    return GroupsPlanOut.of(plan)


@router.patch("/groups/{uuid:group_id}/series/", response=list[GroupOut], summary="Change the groups of a series")
@endpoint("scheduling.manage_groups")
def change(request: Request, group_id: UUID, body: GroupsChangeIn) -> list[GroupOut]:
    """All but those skipped, or none: 409 says which cannot be. Who comes to several is told once."""
    changed = services.change_groups(
        series=_series(request, group_id), change=body.change(group_id), by=request.user, at=timezone.now()
    )
    return _out(changed)


@router.post(
    "/groups/{uuid:group_id}/series/cancellation/", response=list[GroupOut], summary="Call the groups of a series off"
)
@endpoint("scheduling.manage_groups")
def cancel(request: Request, group_id: UUID, body: GroupsCancelIn) -> list[GroupOut]:
    called_off = services.cancel_groups(
        series=_series(request, group_id),
        scope=services.Scope(body.scope),
        group_id=group_id,
        cancellation=body.call_off(),
        by=request.user,
        at=timezone.now(),
    )
    return _out(called_off)


def _series(request: Request, group_id: UUID) -> Series:
    found = GroupSession.objects.visible_to(request.user).select_related("series__location").filter(pk=group_id).first()
    if found is None or found.series is None:
        raise Http404
    return found.series


def _out(sessions: list[GroupSession]) -> list[GroupOut]:
    rows = with_taken(GroupSession.objects.filter(pk__in=[each.pk for each in sessions]))
    return [GroupOut.of(session) for session in rows]
