"""Diagnoses of an episode of care: recorded, verified or refuted, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.crm.models import (
    Code,
    CodeList,
    CodeListState,
    Diagnosis,
    DiagnosisRole,
    EpisodeOfCare,
    Verification,
)
from modules.crm.models.codes import LONGEST_DISPLAY

CALLED = ("code", "display", "system", "system_name", "system_version")
CHANGED = ("role", "verification", "onset_on", "ended_on")


class DiagnosisInvalid(Invalid):
    code = "diagnosis-invalid"


class DiagnosisChanged(Conflict):
    """Somebody else changed it since it was looked at."""

    code = "changed-meanwhile"

    def __init__(self, detail: str, *, version: int) -> None:
        super().__init__(detail)
        self.version = version

    def extra(self) -> dict[str, object]:
        return {"current": {"version": self.version}}


class NotTheirsToDiagnose(NotAllowed):
    code = "diagnosis-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisState:
    """What may change of a diagnosis."""

    role: str = DiagnosisRole.WORKING
    verification: str = Verification.PROVISIONAL
    onset_on: date | None = None
    ended_on: date | None = None


@transaction.atomic
def record_diagnosis(
    *, episode: EpisodeOfCare, code_id: UUID | None, text: str, state: DiagnosisState, by: Any, at: datetime
) -> Diagnosis:
    """Record what was found: a code of a list in use, or in words if none fits. It keeps what the code means now.

    Raises `DiagnosisInvalid` or `NotTheirsToDiagnose`.
    """
    check_diagnostician(episode, by=by)
    _check(state, at=at)
    diagnosis = Diagnosis.objects.create(
        patient_id=episode.patient_id,
        episode=episode,
        recorded_at=at,
        recorded_by_id=by.pk,
        recorded_by_name=str(by),
        changed_at=at,
        changed_by_name=str(by),
        **_called(code_id, text),
        **{name: getattr(state, name) for name in CHANGED},
    )
    changes = audit.created(diagnosis, (*CALLED, *CHANGED))
    audit.record(action="crm.diagnosis.recorded", of=diagnosis, by=by, changes=changes)
    return diagnosis


@transaction.atomic
def change_diagnosis(
    *, diagnosis: Diagnosis, state: DiagnosisState, seen: int | None, by: Any, at: datetime
) -> Diagnosis:
    """Confirm, refute or end it, or say that it was a mistake. Raises `DiagnosisChanged` too."""
    check_diagnostician(diagnosis, by=by)
    _check(state, at=at)
    locked: Diagnosis = lock_row(Diagnosis.objects.select_related("patient__client", "episode"), diagnosis.pk)
    if seen is not None and seen != locked.version:
        raise DiagnosisChanged(
            _("Somebody changed this diagnosis meanwhile. Look at it again."), version=locked.version
        )
    before = audit.snapshot(locked, CHANGED)
    for name in CHANGED:
        setattr(locked, name, getattr(state, name))
    if changes := audit.difference(before, locked):
        locked.version += 1
        locked.changed_at, locked.changed_by_name = at, str(by)
        locked.save(update_fields=[*changes, "version", "changed_at", "changed_by_name"])
        audit.record(action="crm.diagnosis.changed", of=locked, by=by, changes=changes)
    return locked


def check_diagnostician(of: EpisodeOfCare | Diagnosis, *, by: Any) -> None:
    if not by.has_perm("crm.manage_episode", of):
        raise NotTheirsToDiagnose(_("Diagnoses are recorded by whoever has the patient in their care."))


def _called(code_id: UUID | None, text: str) -> dict[str, str]:
    """Return what a diagnosis is called: by its code, in the language of whoever records it, or in words."""
    if code_id is None:
        display = " ".join(text.split())
        if not display:
            raise _wrong("text", _("Choose a diagnosis of a list, or write it."))
        if len(display) > LONGEST_DISPLAY:
            raise _wrong("text", _("At most %(most)s letters.") % {"most": LONGEST_DISPLAY})
        return {"display": display}
    code = Code.objects.select_related("system").filter(pk=code_id, system__ended_at=None).first()
    if code is None:
        raise _wrong("code_id", _("This code is in no list in use. Look for it again."))
    version = CodeList.objects.filter(system=code.system, state=CodeListState.ACTIVE).values_list("version", flat=True)
    return {
        "code": code.code,
        "display": code.display_in(get_language() or ""),
        "system": code.system.uri,
        "system_name": code.system.name,
        "system_version": version.first() or "",
    }


def _check(state: DiagnosisState, *, at: datetime) -> None:
    for name, offered in (("role", DiagnosisRole), ("verification", Verification)):
        if getattr(state, name) not in offered.values:
            raise _wrong(name, _("Choose one of those that there are."))
    if state.onset_on and state.onset_on > at.date():
        raise _wrong("onset_on", _("This day is still to come."))
    if state.onset_on and state.ended_on and state.ended_on < state.onset_on:
        raise _wrong("ended_on", _("It cannot end before it began."))


def _wrong(name: str, sentence: str) -> DiagnosisInvalid:
    return DiagnosisInvalid(sentence, fields={name: [sentence]})
