"""Ask somebody to fill a form in, remind them, take it back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from audit import recording as audit
from identity.secrets import digest
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.ids import new_id
from kernel.locking import lock_row, lock_rows
from kernel.quiet import next_hour_to_write
from modules.crm.models import AskedForm, FormState, Patient, Questionnaire, QuestionnaireVersion
from notify.sending import send
from tenancy import current_tenant

REMINDED_EVERY = timedelta(days=7)
GOOD_AFTERWARDS = timedelta(days=30)  # after the day by which it was wanted
LONGEST_WAIT = timedelta(days=365)
FOLLOWS = ("appointment_id", "due_on", "until", "next_reminder_at")
COMPOSER = "modules.crm.messages.compose_form"


class NotPublished(Conflict):
    """There is no version of this form that anybody could be asked for, or nobody is any more."""

    code = "form-not-published"


class NotAskable(Conflict):
    """They are not looked after here any more."""

    code = "form-patient-ended"


class FormDone(Conflict):
    """It has been sent already."""

    code = "form-submitted"


class DueInvalid(Invalid):
    code = "form-due-invalid"


@transaction.atomic
def ask_for_form(
    *, patient: Patient, questionnaire: Questionnaire, due_on: date | None = None, by: Any, at: datetime
) -> AskedForm:
    """Ask for the version that is published now. One that waits to be filled in already is returned instead.

    Raises `NotAllowed`, `NotPublished`, `NotAskable` or `DueInvalid`.
    """
    if not by.has_perm("crm.ask_form", patient):
        raise NotAllowed(_("Your role does not allow this for this record."))
    patient = lock_row(Patient.objects.select_related("client"), patient.pk, no_key=True)
    if patient.ended_at is not None:
        raise NotAskable(_("They are not looked after here any more."))
    version = QuestionnaireVersion.objects.current().filter(questionnaire=questionnaire).first()
    if version is None:
        raise NotPublished(_("No version of this form is published, or nobody is asked for it any more."))
    today = _local(at).date()
    if due_on is not None and not today <= due_on <= today + LONGEST_WAIT:
        sentence = _("Choose a day from today on, within a year.")
        raise DueInvalid(sentence, fields={"due_on": [sentence]})
    asked = patient.asked_forms.waiting().filter(version__questionnaire=questionnaire).first()
    return asked or _ask(patient, version, due_on=due_on, by=by, at=at)


@transaction.atomic
def ask_by_itself(
    *,
    patient: Patient,
    version: QuestionnaireVersion,
    cause: str,
    appointment_id: UUID | None = None,
    due_on: date | None = None,
    at: datetime,
) -> AskedForm | None:
    """Ask because the form's occasion has come. A second call for one cause does nothing; nor does one for somebody
    who has left, or who has this form before them already."""
    patient = lock_row(Patient.objects.select_related("client"), patient.pk, no_key=True)
    waits = patient.asked_forms.waiting().filter(version__questionnaire=version.questionnaire_id)
    if patient.ended_at is not None or AskedForm.objects.filter(cause=cause).exists() or waits.exists():
        return None
    return _ask(patient, version, due_on=due_on, by=None, at=at, cause=cause, appointment_id=appointment_id)


@transaction.atomic
def withdraw_form(*, asked: AskedForm, by: Any, at: datetime) -> AskedForm:
    """Take it back: the link leads nowhere, nobody is reminded, and what was begun goes. Twice is no error.

    Raises `NotAllowed` or `FormDone`.
    """
    if not by.has_perm("crm.ask_form", asked.patient):
        raise NotAllowed(_("Your role does not allow this for this record."))
    asked = locked_form(asked.pk)
    if asked.state == FormState.SUBMITTED:
        raise FormDone(_("It has been filled in meanwhile."))
    if asked.is_waiting:
        settle_form(asked=asked, state=FormState.WITHDRAWN)
        audit.record(
            action="crm.askedform.withdrawn", of=asked, by=by, changes={"state": (FormState.ASKED, asked.state)}
        )
    return asked


def forms_to_remind_of(*, at: datetime) -> list[UUID]:
    due = AskedForm.objects.waiting().filter(next_reminder_at__lte=at)
    return list(due.order_by("next_reminder_at").values_list("pk", flat=True)[:1000])


@transaction.atomic
def remind_of_form(*, asked_id: UUID, at: datetime) -> None:
    """Write once more, and say when next. Nobody is written to who has left, nor about a visit that has passed."""
    asked = locked_form(asked_id)
    if not asked.is_waiting or asked.next_reminder_at is None or asked.next_reminder_at > at:
        return
    last_day = asked.due_on if asked.appointment_id else asked.until.date()
    is_over = asked.patient.ended_at is not None or _local(at).date() > last_day
    asked.next_reminder_at = None if is_over else at + REMINDED_EVERY
    if not is_over:
        asked.reminders += 1
        _write(asked, at=next_hour_to_write(_local(at)))
    asked.save(update_fields=["next_reminder_at", "reminders"])
    deed = "crm.askedform.given_up" if is_over else "crm.askedform.reminded"
    audit.record(action=deed, of=asked, by=None)


@transaction.atomic
def forget_visit(*, appointment_id: UUID) -> None:
    """Remind nobody of the forms of a visit that was called off. They may still be filled in."""
    for asked in lock_rows(AskedForm.objects.waiting().filter(appointment_id=appointment_id)):
        if asked.next_reminder_at is not None:
            asked.next_reminder_at = None
            asked.save(update_fields=["next_reminder_at"])
            audit.record(action="crm.askedform.given_up", of=asked, by=None)


@transaction.atomic
def follow_visit(*, appointment_id: UUID, starts_at: datetime, at: datetime) -> None:
    """Want the forms of a visit by the day that it is on now, and go on reminding of them."""
    for asked in lock_rows(AskedForm.objects.waiting().filter(appointment_id=appointment_id)):
        move_to_visit(asked=asked, appointment_id=appointment_id, starts_at=starts_at, at=at)


def move_to_visit(*, asked: AskedForm, appointment_id: UUID, starts_at: datetime, at: datetime) -> None:
    """Have a form that waits belong to this visit. The call of whoever has locked it."""
    before = audit.snapshot(asked, FOLLOWS)
    asked.appointment_id, asked.due_on = appointment_id, _local(starts_at).date()
    asked.until = _good_until(asked.due_on)
    days = asked.version.questionnaire.remind_days
    if asked.next_reminder_at is None and days:
        asked.next_reminder_at = at + timedelta(days=days)
    if changes := audit.difference(before, asked):
        asked.save(update_fields=[*changes])
        audit.record(action="crm.askedform.moved", of=asked, by=None, changes=changes)


def secret_of(asked_id: UUID) -> str:
    """Return the secret in the form's address. It is never kept: a mail is given it when it is written."""
    return salted_hmac("crm.form", f"{current_tenant().schema_name}:{asked_id}", algorithm="sha256").hexdigest()


def find_by_secret(*, secret: str, at: datetime) -> AskedForm | None:
    """Return the form behind an address, unless it ran out or was taken back."""
    open_still = AskedForm.objects.filter(until__gt=at).exclude(state=FormState.WITHDRAWN)
    return open_still.for_display().filter(digest=digest(secret)).first()


def settle_form(*, asked: AskedForm, state: FormState) -> None:
    """End the wait; what was being typed has gone where it belongs, or nowhere."""
    asked.state, asked.next_reminder_at = state, None
    asked.save(update_fields=["state", "next_reminder_at"])
    if asked.draft is not None:
        asked.draft.delete()


def locked_form(asked_id: UUID) -> AskedForm:
    """Return an asked form that nobody else changes before this transaction is over."""
    return lock_row(AskedForm.objects.for_display(), asked_id)


def _ask(
    patient: Patient, version: QuestionnaireVersion, *, due_on: date | None, by: Any, at: datetime, **kept: Any
) -> AskedForm:
    form, pk = version.questionnaire, new_id()
    due_on = due_on or _local(at).date() + timedelta(days=form.due_days)
    asked = AskedForm.objects.create(
        id=pk,
        patient=patient,
        version=version,
        due_on=due_on,
        until=_good_until(due_on),
        digest=digest(secret_of(pk)),
        next_reminder_at=at + timedelta(days=form.remind_days) if form.remind_days else None,
        asked_at=at,
        asked_by_id=getattr(by, "pk", None),
        asked_by_name=str(by) if by else "",
        **kept,
    )
    told = audit.created(asked, ["version_id", "due_on"])
    audit.record(action="crm.askedform.asked", of=asked, by=by, changes=told)
    _write(asked, at=at if by else next_hour_to_write(_local(at)))
    return asked


def _write(asked: AskedForm, *, at: datetime) -> None:
    """Have a mail written to whoever is written to about the patient. What nobody asks for now waits for the day."""
    cause = f"crm.form:{asked.pk}:{asked.reminders}"
    send(cause=cause, composer=COMPOSER, about={"asked_id": str(asked.pk)}, at=at)


def _good_until(due_on: date) -> datetime:
    return datetime.combine(due_on, time(), _zone()) + GOOD_AFTERWARDS


def _zone() -> ZoneInfo:
    return ZoneInfo(current_tenant().time_zone)


def _local(at: datetime) -> datetime:
    return at.astimezone(_zone())
