"""Run a visit: check in, start, complete, cancel, and keep its note."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import Conflict, NotAllowed
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm import public as crm
from modules.scheduling.domain.states import GIVES_ITS_TIME_BACK, Status, may_become
from modules.scheduling.events import AppointmentCancelled, AppointmentCheckedIn, AppointmentCompleted
from modules.scheduling.models import STATUS_LABELS, Appointment
from modules.scheduling.services.placing.clashes import time_still_free
from modules.scheduling.services.series.packages import draw_again, is_their_lateness, settle_session
from modules.scheduling.services.visits import provisional, telling
from modules.scheduling.services.visits.cancelling import CallOff, note_cancellation
from modules.scheduling.services.visits.episodes import settle_episode
from modules.scheduling.services.visits.forms import check_forms
from modules.scheduling.services.visits.history import note_change
from modules.scheduling.services.visits.notice import check_notice
from modules.scheduling.services.visits.versions import check_version

STAMPS = {
    Status.CHECKED_IN: "checked_in_at",
    Status.IN_PROGRESS: "started_at",
    Status.COMPLETED: "completed_at",
}


SETTLED_ELSEWHERE = {
    Status.OFFERED: gettext_lazy("This time is kept for somebody on the waiting list. Answer the offer instead."),
    Status.RESERVED: gettext_lazy("This time waits for its deposit. Take the deposit, waive it, or cancel the visit."),
    Status.LAPSED: gettext_lazy("This never became a visit. Book it anew."),
}


class StatusNotAllowed(Conflict):
    """An appointment does not go from its state to that one."""

    code = "status-not-allowed"


@transaction.atomic
def set_status(
    *,
    appointment: Appointment,
    status: str,
    by: Any,
    at: datetime,
    reason: str = "",
    version: int | None = None,
    episode: str = "",
) -> Appointment:
    """Take a visit to its next state.

    Raises `StatusNotAllowed`, `ChangedMeanwhile`, `FormsMissing`, or `NotAllowed` for patients but for cancelling;
    `PackageRefused` if it takes place after all, and what was to pay for it has nothing left. Setting the state that it
    has already does nothing: a double click is no error.
    """
    if Status(status) is Status.CANCELLED:
        called_off = CallOff(reason=reason, version=version)
        return cancel_appointment(appointment=appointment, cancellation=called_off, by=by, at=at)
    _check_may_run(appointment, by=by)
    locked = _locked(appointment)
    if locked.status == status:
        return locked
    if locked.status == Status.REQUESTED and status == Status.SCHEDULED:
        return provisional.accept_request(appointment=locked, by=by, at=at, version=version)
    if locked.status == Status.REQUESTED and status == Status.LAPSED:
        return provisional.decline_request(appointment=locked, reason=reason, by=by, at=at, version=version)
    check_version(locked, seen=version)
    _check_allowed(locked, status)
    if status == Status.CHECKED_IN:
        check_forms(locked)
    if sentence := SETTLED_ELSEWHERE.get(Status(locked.status)):
        raise StatusNotAllowed(str(sentence))
    if locked.status == Status.CANCELLED:
        _reinstate(locked, at=at)
    if locked.status in GIVES_ITS_TIME_BACK:
        draw_again(locked, by=by, at=at)
    settle_session(locked, status=status, by=by, at=at)
    _step(locked, status, by=by, at=at, reason=reason)
    if status == Status.CHECKED_IN:
        settle_episode(locked, choice=episode, by=by, at=at)
        publish(
            AppointmentCheckedIn(
                appointment_id=locked.pk,
                patient_id=locked.patient_id,
                practitioner_id=locked.practitioner_id,
                checked_in_at=at,
            )
        )
    if status == Status.COMPLETED:
        publish(
            AppointmentCompleted(
                appointment_id=locked.pk,
                service_id=locked.service_id,
                further_service_ids=tuple(locked.further_services.values_list("service_id", flat=True)),
                completed_by_id=getattr(by, "pk", None),
                completed_at=at,
            )
        )
    return locked


@transaction.atomic
def cancel_appointment(*, appointment: Appointment, cancellation: CallOff, by: Any, at: datetime) -> Appointment:
    """Cancel a visit; its time is free at once. Raises `StatusNotAllowed`, `ChangedMeanwhile` or `NoticeTooShort`."""
    check_notice(appointment, by=by, at=at)
    locked = _locked(appointment)
    if locked.status == Status.CANCELLED:
        return locked
    check_version(locked, seen=cancellation.version)
    _check_allowed(locked, Status.CANCELLED)
    locked.cancel_reason = cancellation.reason
    locked.sequence += 1
    kept, facts = note_cancellation(locked, called_off=cancellation, by=by, at=at)
    is_late = is_their_lateness(side=kept.side, is_late=kept.is_late)
    settle_session(locked, status=Status.CANCELLED, is_late=is_late, by=by, at=at)
    _step(locked, Status.CANCELLED, by=by, at=at, reason=cancellation.reason, also=facts)
    publish(AppointmentCancelled(appointment_id=locked.pk))
    telling.about_cancellation(locked, at=at, tell=cancellation.tell)
    return locked


def _reinstate(appointment: Appointment, *, at: datetime) -> None:
    """Take a cancellation back. One that is over stays cancelled."""
    if appointment.starts_at <= at:
        raise StatusNotAllowed(_("A cancelled visit is taken back before its time only."))
    tell = telling.how_to_tell_of_undoing("cancelled", appointment=appointment)
    appointment.cancel_reason = ""
    appointment.sequence += 1
    telling.about_booking(appointment, at=at, tell=tell)
    crm.tell_of_visit_moved(appointment_id=appointment.pk, starts_at=appointment.starts_at, at=at)


def save_note(
    *, appointment: Appointment, sections: dict[str, str], shared: bool, by: Any, at: datetime
) -> crm.NoteText:
    """Write the visit's note. Raises `NotAllowed` or `NoteIsSigned`."""
    _check_treats(appointment, by=by)
    return crm.save_note_of_visit(
        patient_id=appointment.patient_id,
        appointment_id=appointment.pk,
        sections=sections,
        shared=shared,
        by=by,
        at=at,
    )


def begin_note(*, appointment: Appointment, by: Any, at: datetime) -> UUID:
    """Return the visit's note, begun if it was not. Raises `NotAllowed`."""
    _check_treats(appointment, by=by)
    return crm.begin_note_of_visit(patient_id=appointment.patient_id, appointment_id=appointment.pk, by=by, at=at)


def sign_note(*, appointment: Appointment, by: Any, at: datetime) -> crm.NoteText:
    """Sign the visit's note. Raises `NotAllowed`, `NoteIsSigned` or `EmptyNote`."""
    _check_treats(appointment, by=by)
    return crm.sign_note_of_visit(appointment.pk, by=by, at=at)


def _check_treats(appointment: Appointment, *, by: Any) -> None:
    """Only whoever the visit is with writes its note; running the desk, or owning the place, is not treating."""
    if appointment.practitioner.user_id != by.pk or not by.has_perm("crm.write_note"):
        raise NotAllowed(_("Only the practitioner of a visit writes its note."))


def _check_may_run(appointment: Appointment, *, by: Any) -> None:
    if not by.has_perm("scheduling.run_visit", appointment):
        raise NotAllowed(_("Your role does not allow this."))


def _locked(appointment: Appointment) -> Appointment:
    return lock_row(Appointment.objects.for_display(), appointment.pk)


def _check_allowed(appointment: Appointment, status: str) -> None:
    if not may_become(appointment.status, status):
        now, then = (STATUS_LABELS[Status(each)] for each in (appointment.status, status))
        raise StatusNotAllowed(_("A visit that is “%(now)s” does not become “%(then)s”.") % {"now": now, "then": then})


def _step(
    appointment: Appointment, status: str, *, by: Any, at: datetime, reason: str = "", also: audit.Changes | None = None
) -> None:
    changes = {"status": (appointment.status, status), **(also or {})}
    appointment.status = Status(status)
    appointment.version += 1
    if stamp := STAMPS.get(Status(status)):
        changes[stamp] = (getattr(appointment, stamp), at)
        setattr(appointment, stamp, at)
    with time_still_free():
        appointment.save()
    note_change(appointment, by=by, at=at, reason=reason)
    audit.record(action=f"scheduling.appointment.{Status(status).lower()}", of=appointment, by=by, changes=changes)
