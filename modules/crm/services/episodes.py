"""Episodes of care: begun at a check-in, described, put on hold, closed with a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from kernel.locking import lock_row
from modules.crm.domain.episodes import OPEN, EpisodeStatus, may_become
from modules.crm.models import EPISODE_LABELS, HOLDS, Diagnosis, DiagnosisRole, EpisodeOfCare, Patient

NEW, NONE = "new", "none"  # what may be chosen at an arrival, besides the id of one that goes on
WORDS = ("title", "arrival_diagnosis", "final_diagnosis")
LONGEST_DIAGNOSIS = 5_000


class EpisodeStatusNotAllowed(Conflict):
    """An episode does not go from its state to that one."""

    code = "episode-status-not-allowed"


class NoSuchEpisode(NotFound):
    """This patient has none like it that goes on."""

    code = "episode-unknown"


class NoDiagnosis(Invalid):
    code = "diagnosis-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Who came to whom, for which visit."""

    patient_id: UUID
    visit_id: UUID
    practitioner_id: UUID
    practitioner_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeWords:
    """What is written of an episode. None stays as it was."""

    title: str | None = None
    arrival_diagnosis: str | None = None
    final_diagnosis: str | None = None


@transaction.atomic
def episode_at_arrival(*, arrived: Arrived, choice: str, by: Any, at: datetime) -> UUID | None:
    """Return the episode that a visit belongs to, as chosen: "new", "none", the id of one, or "" for the usual.

    As a rule the one goes on that is active with the same practitioner; of none, one begins. A visit begins one at
    most, however often somebody is checked in for it. Raises `NoSuchEpisode`.
    """
    if choice == NONE:
        return None
    Patient.objects.select_for_update(no_key=True).get(pk=arrived.patient_id)  # of two arrivals, the second finds it
    rows = EpisodeOfCare.objects.filter(patient=arrived.patient_id).order_by("-opened_at")
    if choice not in {"", NEW}:
        return _one_that_goes_on(rows, choice)
    own = rows.filter(opened_for=arrived.visit_id).first()
    if own is not None and (choice == NEW or own.is_open):
        return own.pk
    with_them = rows.filter(status=EpisodeStatus.ACTIVE, care_manager_id=arrived.practitioner_id).first()
    if choice == "" and with_them is not None:
        return with_them.pk
    return None if own is not None else _begin(arrived, by=by, at=at).pk


def _one_that_goes_on(rows: Any, choice: str) -> UUID:
    try:
        found = rows.going_on().filter(pk=UUID(choice)).first()
    except ValueError:
        found = None
    if found is None:
        raise NoSuchEpisode(_("This patient has no such episode that goes on."))
    pk: UUID = found.pk
    return pk


def _begin(arrived: Arrived, *, by: Any, at: datetime) -> EpisodeOfCare:
    episode = EpisodeOfCare.objects.create(
        patient_id=arrived.patient_id,
        status=EpisodeStatus.ACTIVE,
        care_manager_id=arrived.practitioner_id,
        care_manager_name=arrived.practitioner_name,
        opened_at=at,
        opened_for=arrived.visit_id,
    )
    started = audit.created(episode, ("status", "care_manager_name", "opened_for"))
    audit.record(action="crm.episodeofcare.opened", of=episode, by=by, changes=started)
    return episode


@transaction.atomic
def describe_episode(*, episode: EpisodeOfCare, words: EpisodeWords, by: Any) -> EpisodeOfCare:
    """Write what it is about, and what was found. Raises `NotAllowed`."""
    episode = _locked(episode, by=by)
    before = audit.snapshot(episode, WORDS)
    _write(episode, words)
    if changes := audit.difference(before, episode):
        episode.save(update_fields=list(changes))
        audit.record(action="crm.episodeofcare.described", of=episode, by=by, changes=changes)
    return episode


@transaction.atomic
def set_episode_status(
    *, episode: EpisodeOfCare, status: str, words: EpisodeWords | None = None, by: Any, at: datetime
) -> EpisodeOfCare:
    """Take an episode to its next state; the one it has already is no error. Closing asks for a final diagnosis, by a
    code or in words.

    Raises `EpisodeStatusNotAllowed`, `NoDiagnosis` or `NotAllowed`.
    """
    episode = _locked(episode, by=by)
    if episode.status == status:
        return episode
    if not may_become(episode.status, status):
        now, then = (EPISODE_LABELS[EpisodeStatus(each)] for each in (episode.status, status))
        raise EpisodeStatusNotAllowed(
            _("An episode that is “%(now)s” does not become “%(then)s”.") % {"now": now, "then": then}
        )
    before = audit.snapshot(episode, (*WORDS, "status", "closed_at"))
    _write(episode, words or EpisodeWords())
    if status == EpisodeStatus.FINISHED and not (episode.final_diagnosis or _has_final_diagnosis(episode)):
        sentence = _("Write the final diagnosis.")
        raise NoDiagnosis(sentence, fields={"final_diagnosis": [sentence]})
    episode.status = status
    is_over = EpisodeStatus(status) not in OPEN
    episode.closed_at = at if is_over else None
    episode.closed_by_id, episode.closed_by_name = (by.pk, str(by)) if is_over else (None, "")
    episode.save()
    changes = audit.difference(before, episode)
    audit.record(action=f"crm.episodeofcare.{status}", of=episode, by=by, changes=changes)
    return episode


def _has_final_diagnosis(episode: EpisodeOfCare) -> bool:
    final = Diagnosis.objects.filter(episode=episode, role=DiagnosisRole.FINAL)
    return final.filter(verification__in=HOLDS).exists()


def _write(episode: EpisodeOfCare, words: EpisodeWords) -> None:
    for name in WORDS:
        if (text := getattr(words, name)) is not None:
            setattr(episode, name, text.strip())


def _locked(episode: EpisodeOfCare, *, by: Any) -> EpisodeOfCare:
    if not by.has_perm("crm.manage_episode", episode):
        raise NotAllowed(_("You write about patients in your care only. Have this one handed over to you."))
    return lock_row(EpisodeOfCare.objects.select_related("patient__client"), episode.pk)
