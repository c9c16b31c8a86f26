"""What patients are treated for, from the first visit to the last."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm import services
from modules.crm.api.patients import visible_patient
from modules.crm.models import EpisodeOfCare
from modules.crm.schemas.episodes import EpisodeOut, EpisodePatch
from tenancy.requests import Request

router = Router()


@router.get("/{uuid:patient_id}/episodes/", response=Page[EpisodeOut], summary="The episodes of care of a patient")
@endpoint("crm.view_episode")
def list_episodes(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """The latest first."""
    patient = visible_patient(request, patient_id)
    rows = EpisodeOfCare.objects.visible_to(request.user).filter(patient=patient).order_by("-opened_at", "-pk")
    audit.viewed(of=patient, by=request.user, how="viewed_episodes")
    return page_of(rows, page, EpisodeOut.of)


@router.patch("/{uuid:patient_id}/episodes/{uuid:episode_id}/", response=EpisodeOut, summary="Describe or close one")
@endpoint("crm.manage_episode")
def change_episode(request: Request, patient_id: UUID, episode_id: UUID, body: EpisodePatch) -> EpisodeOut:
    rows = EpisodeOfCare.objects.visible_to(request.user).filter(patient=patient_id)
    episode = get_object_or_404(rows.select_related("patient__client"), pk=episode_id)
    if body.status is None:
        return EpisodeOut.of(services.describe_episode(episode=episode, words=body.words(), by=request.user))
    changed = services.set_episode_status(
        episode=episode, status=body.status, words=body.words(), by=request.user, at=timezone.now()
    )
    return EpisodeOut.of(changed)
