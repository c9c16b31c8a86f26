"""Who reaches a patient's record: take into care, share, open in an emergency, and end either."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from access.grants import end_grants, grant
from access.membership import membership_of, reach_of
from access.models import Member, Role
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from kernel.locking import lock_rows
from modules.crm.models import CARE, EMERGENCY, SHARED, Patient, PatientGrant
from modules.crm.selectors import Colleague, Described, colleagues_who_treat, country_here, find_described
from notify.sending import send

EMERGENCY_LASTS = timedelta(minutes=60)
EMERGENCIES_PER_HOUR = 10  # of one person, by description: nobody finds out by trying who is a patient here
LONGEST_REASON, SHORTEST_REASON = 200, 10
NO_LONGER_HERE = "no longer works here"


class CareInvalid(Invalid):
    """What was given does not say who, why or until when; `fields` says where."""

    code = "care-invalid"


class NotInCare(NotAllowed):
    """The patient is in somebody else's hands."""

    code = "not-in-care"


class AlreadyReads(Conflict):
    """They reach this record anyway."""

    code = "access-already-given"


class NobodyFits(Invalid):
    """Nobody, or more than one, is what was described. It does not tell which."""

    code = "nobody-fits"


class NoSuchAccess(NotFound):
    """It has ended already, or never was."""

    code = "access-unknown"


@transaction.atomic
def take_into_care(*, patient: Patient, user_id: UUID, reason: str, by: Any, at: datetime) -> bool:
    """Let a practitioner reach this patient's record from now on. Return False if they do."""
    _row, is_new = grant(
        PatientGrant, permission=CARE, to=user_id, on=patient, reason=reason, by=getattr(by, "pk", None), at=at
    )
    if is_new:
        changes = {"user_id": (None, user_id), "reason": (None, reason)}
        audit.record(action="crm.patient.taken_into_care", of=patient, by=by, changes=changes)
    return is_new


@transaction.atomic
def put_into_care(*, patient: Patient, member_id: UUID, reason: str, by: Any, at: datetime) -> None:
    """Put a patient into the care of a colleague who treats. Raises `CareInvalid` or `AlreadyReads`."""
    colleague, reason = _colleague(member_id), _reason(reason)
    if not take_into_care(patient=patient, user_id=colleague.user_id, reason=reason, by=by, at=at):
        raise AlreadyReads(_("%(name)s has them in their care already.") % {"name": colleague.name})


@transaction.atomic
def share_record(
    *, patient: Patient, member_id: UUID, reason: str, until: datetime | None, by: Any, at: datetime
) -> None:
    """Let a colleague who treats read this record, for good or until a moment.

    Raises `CareInvalid`, or `AlreadyReads` if they read it at least as long anyway.
    """
    colleague, reason = _colleague(member_id), _reason(reason)
    if until is not None and until <= at:
        raise _wrong("until", _("That is past."))
    _one_at_a_time(patient)
    standing = PatientGrant.objects.filter(content_object=patient, user_id=colleague.user_id)
    longer = [row for row in standing.select_related("permission") if row.kind != EMERGENCY and _lasts(row, until)]
    if longer:
        raise AlreadyReads(_("%(name)s can read this record already.") % {"name": colleague.name})
    end_grants(standing.filter(permission__codename=SHARED), reason=_("shared for longer"), by=by.pk, at=at)
    grant(
        PatientGrant,
        permission=SHARED,
        to=colleague.user_id,
        on=patient,
        reason=reason,
        by=by.pk,
        at=at,
        until=until,
    )
    changes = {"user_id": (None, colleague.user_id), "reason": (None, reason), "until": (None, until)}
    audit.record(action="crm.patient.shared", of=patient, by=by, changes=changes)


@transaction.atomic
def end_access(
    *, patient: Patient, user_id: UUID, kind: str, reason: str, by: Any, at: datetime, to: UUID | None = None
) -> None:
    """End one colleague's care or loan; `to` puts the patient into the care of another member in the same breath.

    Whoever reaches only their own patients ends what is their own, or what they gave.
    Raises `CareInvalid`, `NoSuchAccess` or `NotInCare`.
    """
    reason = _reason(reason)
    _one_at_a_time(patient)
    rows = PatientGrant.objects.filter(content_object=patient, user_id=user_id).select_related("permission")
    row = next((each for each in rows if each.kind == kind), None)
    if row is None:
        raise NoSuchAccess(_("This has ended already."))
    if ends_own_only(by) and by.pk not in (row.user_id, row.granted_by_id):
        raise NotInCare(_("You can end your own care, and what you gave. The desk ends the rest."))
    if to is not None:
        receiver = _colleague(to)
        if receiver.user_id == user_id:
            raise _wrong("to", _("They have them in their care already."))
        take_into_care(patient=patient, user_id=receiver.user_id, reason=reason, by=by, at=at)
    end_grants(PatientGrant.history.filter(pk=row.pk), reason=reason, by=by.pk, at=at)
    changes = {"user_id": (user_id, None), "reason": (None, reason)}
    audit.record(action="crm.patient.access_ended", of=patient, by=by, changes=changes)


def ends_own_only(user: Any) -> bool:
    """Test whether somebody ends only what is their own or came from them."""
    return reach_of(user, "crm.manage_care") is not Reach.ALL


@transaction.atomic
def end_all_access_of(*, user_id: UUID, before: datetime, at: datetime) -> int:
    """End whatever somebody held who no longer works here, so that it does not wait for them. Return how many."""
    rows = PatientGrant.history.filter(user_id=user_id, granted_at__lte=before)
    held = lock_rows(rows.filter(ended_at=None).select_related("content_object"))
    changes = {"user_id": (user_id, None), "reason": (None, NO_LONGER_HERE)}
    for patient in {row.content_object for row in held}:
        audit.record(action="crm.patient.access_ended", of=patient, by=None, changes=changes)
    return end_grants(rows, reason=NO_LONGER_HERE, by=None, at=at)


@transaction.atomic
def open_in_emergency(*, patient: Patient, reason: str, by: Any, at: datetime) -> PatientGrant:
    """Let somebody who treats read a record that is not theirs, for an hour, and tell every owner at once.

    Asked again within the hour, it changes nothing. Raises `CareInvalid`, or `AlreadyReads` if it is in their care.
    """
    reason = _reason(reason, shortest=SHORTEST_REASON)
    _one_at_a_time(patient)
    standing = PatientGrant.objects.filter(content_object=patient, user_id=by.pk).select_related("permission")
    if any(row.kind != EMERGENCY for row in standing):
        raise AlreadyReads(_("You can read this record already."))
    row, is_new = grant(
        PatientGrant,
        permission=EMERGENCY,
        to=by.pk,
        on=patient,
        reason=reason,
        by=by.pk,
        at=at,
        until=at + EMERGENCY_LASTS,
    )
    if is_new:
        changes = {"reason": (None, reason), "until": (None, row.until)}
        audit.record(action="crm.patient.opened_in_emergency", of=patient, by=by, changes=changes)
        _tell_owners(row, at=at)
    opened: PatientGrant = row
    return opened


def open_described(*, described: Described, reason: str, by: Any, at: datetime) -> PatientGrant:
    """Open in an emergency the one record that fits what is known of the person. Finding is opening: there is no
    way to ask who is a patient here without the owners hearing of it.

    A description that fits nobody is recorded too; so call it outside of a transaction.
    Raises `CareInvalid`, `NobodyFits`, or `AlreadyReads`.
    """
    if not described.is_enough:
        raise _wrong("birth_date", _("Give the full name, and the date of birth or how to reach them."))
    reason = _reason(reason, shortest=SHORTEST_REASON)
    with transaction.atomic():
        patient = find_described(described, country=country_here())
        if patient is not None:
            return open_in_emergency(patient=patient, reason=reason, by=by, at=at)
        _record_miss(reason, by=by)
    raise NobodyFits(_("No single record fits this. Check the spelling and the date, or ask the desk or an owner."))


def _record_miss(reason: str, *, by: Any) -> None:
    membership = membership_of(by)
    if membership is not None:
        member = Member(pk=membership.member_id)
        audit.record(action="crm.emergency.nobody_fits", of=member, by=by, changes={"reason": (None, reason)})


def _one_at_a_time(patient: Patient) -> None:
    """Have whoever else gives or ends access to this record wait until this transaction is over."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def _tell_owners(row: PatientGrant, *, at: datetime) -> None:
    for owner in Member.objects.current().filter(role=Role.OWNER):
        send(
            cause=f"crm.emergency:{row.pk}:{owner.pk}",
            composer="modules.crm.messages.compose_emergency",
            about={"grant_id": row.pk, "member_id": str(owner.pk)},
            at=at,
        )


def _colleague(member_id: UUID) -> Colleague:
    colleague = next((member for member in colleagues_who_treat() if member.member_id == member_id), None)
    if colleague is None:
        raise _wrong("member_id", _("Choose somebody who treats here."))
    return colleague


def _lasts(row: PatientGrant, until: datetime | None) -> bool:
    """Test whether a grant holds at least until then; None stands for ever."""
    return row.until is None or (until is not None and row.until >= until)


def _reason(reason: str, *, shortest: int = 1) -> str:
    reason = " ".join(reason.split())
    if len(reason) < shortest:
        raise _wrong("reason", _("Say why, in a few words. Whoever asks later will read it."))
    if len(reason) > LONGEST_REASON:
        raise _wrong("reason", _("Say it in %(n)d characters.") % {"n": LONGEST_REASON})
    return reason


def _wrong(field: str, sentence: str) -> CareInvalid:
    return CareInvalid(sentence, fields={field: [sentence]})
