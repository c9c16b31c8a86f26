"""Episodes of care on the wire."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import EpisodeOfCare
from modules.crm.services import EpisodeWords
from modules.crm.services.episodes import LONGEST_DIAGNOSIS

EpisodeStatusName = Literal["planned", "active", "onhold", "finished", "cancelled"]


class EpisodePatch(Schema):
    """What is left out stays as it is. To be finished it needs a final diagnosis."""

    title: str | None = Field(None, max_length=120)
    arrival_diagnosis: str | None = Field(None, max_length=LONGEST_DIAGNOSIS)
    final_diagnosis: str | None = Field(None, max_length=LONGEST_DIAGNOSIS)
    status: EpisodeStatusName | None = None

    def words(self) -> EpisodeWords:
        return EpisodeWords(**self.dict(exclude={"status"}))


class EpisodeOut(Schema):
    """`opened_for_id` is the visit at whose check-in it began."""

    id: UUID
    patient_id: UUID
    status: EpisodeStatusName
    care_manager_id: UUID
    care_manager_name: str
    title: str
    arrival_diagnosis: str
    final_diagnosis: str
    opened_at: Moment
    opened_for_id: UUID
    closed_at: Moment | None
    closed_by_name: str

    @staticmethod
    def of(episode: EpisodeOfCare) -> EpisodeOut:
        return EpisodeOut(
            id=episode.pk,
            patient_id=episode.patient_id,
            status=cast("EpisodeStatusName", episode.status),
            care_manager_id=episode.care_manager_id,
            care_manager_name=episode.care_manager_name,
            title=episode.title,
            arrival_diagnosis=episode.arrival_diagnosis,
            final_diagnosis=episode.final_diagnosis,
            opened_at=episode.opened_at,
            opened_for_id=episode.opened_for,
            closed_at=episode.closed_at,
            closed_by_name=episode.closed_by_name,
        )
