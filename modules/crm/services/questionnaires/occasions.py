"""Forms that are asked for by themselves, when their occasion comes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.locking import lock_rows
from modules.crm.domain.episodes import EpisodeStatus
from modules.crm.models import AskedForm, EpisodeOfCare, Occasion, Patient, QuestionnaireVersion
from modules.crm.services.questionnaires.asking import ask_by_itself, move_to_visit
from tenancy import current_tenant

WEEK = timedelta(weeks=1)


def ask_new_patient(*, patient_id: UUID, at: datetime) -> None:
    _ask_all(Occasion.NEW_PATIENT, patient_id, because=str(patient_id), at=at)


def ask_before_first_visit(*, patient_id: UUID, appointment_id: UUID, starts_at: datetime, at: datetime) -> None:
    """Ask before somebody's first visit. One that is booked anew asks for nothing twice: what still waits is wanted by
    its day."""
    waiting = AskedForm.objects.waiting().filter(patient=patient_id, cause__endswith=f":{patient_id}")
    for asked in lock_rows(waiting.exclude(appointment_id=None)):
        move_to_visit(asked=asked, appointment_id=appointment_id, starts_at=starts_at, at=at)
    day = starts_at.astimezone(ZoneInfo(current_tenant().time_zone)).date()
    _ask_all(
        Occasion.FIRST_VISIT, patient_id, because=str(patient_id), appointment_id=appointment_id, due_on=day, at=at
    )


def moments_after_visit(*, visited_at: datetime) -> list[tuple[UUID, datetime]]:
    """Return which forms are asked for after a visit, and when."""
    versions = _versions(Occasion.AFTER_VISIT)
    return [(each.questionnaire_id, visited_at + timedelta(days=each.questionnaire.after)) for each in versions]


def ask_after_visit(*, questionnaire_id: UUID, patient_id: UUID, appointment_id: UUID, at: datetime) -> None:
    """Ask what is published then, if it is still asked for after visits."""
    versions = _versions(Occasion.AFTER_VISIT)
    of_form = [each for each in versions if each.questionnaire_id == questionnaire_id]
    _ask_each(of_form, patient_id, because=str(appointment_id), at=at)


def ask_in_episodes(*, at: datetime) -> int:
    """Ask everybody whose turn it is in an episode of care. Return of how many that was asked."""
    asked = 0
    for version in _versions(Occasion.IN_EPISODE):
        every = version.questionnaire.after * WEEK
        for episode in EpisodeOfCare.objects.filter(status=EpisodeStatus.ACTIVE, opened_at__lte=at - every):
            turn = (at - episode.opened_at) // every
            asked += _ask_each([version], episode.patient_id, because=f"{episode.pk}:{turn}", at=at)
    return asked


def _ask_all(
    occasion: Occasion,
    patient_id: UUID,
    *,
    because: str,
    at: datetime,
    appointment_id: UUID | None = None,
    due_on: date | None = None,
) -> None:
    _ask_each(_versions(occasion), patient_id, because=because, at=at, appointment_id=appointment_id, due_on=due_on)


def _ask_each(
    versions: Iterable[QuestionnaireVersion],
    patient_id: UUID,
    *,
    because: str,
    at: datetime,
    appointment_id: UUID | None = None,
    due_on: date | None = None,
) -> int:
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        return 0
    asked = [
        ask_by_itself(
            patient=patient,
            version=version,
            cause=f"{version.questionnaire_id}:{because}",
            appointment_id=appointment_id,
            due_on=due_on,
            at=at,
        )
        for version in versions
    ]
    return sum(each is not None for each in asked)


def _versions(occasion: Occasion) -> list[QuestionnaireVersion]:
    return list(QuestionnaireVersion.objects.current().filter(questionnaire__occasion=occasion))
