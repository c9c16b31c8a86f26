"""Everything that changes a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from access.fields import check_changes
from access.membership import forget_membership
from access.models import Member, Role
from audit import recording as audit
from kernel.errors import Invalid, NotFound
from kernel.events import publish
from modules.crm.domain.phones import NotAPhoneNumber, to_e164
from modules.crm.events import PatientRegistered, RecordClaimed
from modules.crm.models import Client, Gender, Patient
from modules.crm.selectors import country_here
from modules.crm.services.care import take_into_care


class NotRegistrable(Invalid):
    """What was given does not make a record."""

    code = "registration-invalid"


class UnknownClient(NotFound):
    code = "client-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """How to reach a client. `phone` is as typed; it is stored as E.164."""

    first_name: str
    last_name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """Who is treated."""

    first_name: str
    last_name: str = ""
    birth_date: date | None = None
    gender: str = Gender.UNKNOWN
    species: str = ""
    breed: str = ""
    alert: str = ""


@transaction.atomic
def register_patient(
    *, patient: PatientDetails, contact: ContactDetails | None, client_id: UUID | None = None, by: Any, at: datetime
) -> Patient:
    """Register somebody, with a new client or one who is known. Raises `NotRegistrable`, `UnknownClient`,
    or `FieldNotAllowed`.

    Whoever registers a patient has them in their care if their role reaches no further than that.
    """
    _check_patient(patient, on=at.date())
    check_changes(by, Patient, [name for name in _names(patient) if getattr(patient, name)])
    client = _known_client(client_id) if client_id else _new_client(contact, by=by)
    registered = Patient.objects.create(client=client, **asdict(patient))
    audit.record(
        action="crm.patient.registered", of=registered, by=by, changes=audit.created(registered, _names(patient))
    )
    publish(PatientRegistered(patient_id=registered.pk))
    if not by.has_perm("crm.view_patient", registered):
        take_into_care(patient=registered, user_id=by.pk, reason="registered by them", by=by, at=at)
    return registered


@transaction.atomic
def change_patient(
    *, patient: Patient, details: PatientDetails, contact: ContactDetails, by: Any, at: datetime
) -> Patient:
    """Change what is kept about a patient and their client. Raises `NotRegistrable`."""
    _check_patient(details, on=at.date())
    client, cleaned = patient.client, as_kept(contact)
    before, client_before = audit.snapshot(patient, _names(details)), audit.snapshot(client, _names(contact))
    check_changes(by, Patient, [name for name in _names(details) if before[name] != getattr(details, name)], patient)
    for name, value in asdict(details).items():
        setattr(patient, name, value)
    for name, value in cleaned.items():
        setattr(client, name, value)
    if changes := audit.difference(before, patient):
        patient.save(update_fields=changes)
        audit.record(action="crm.patient.changed", of=patient, by=by, changes=changes)
    if changes := audit.difference(client_before, client):
        client.save(update_fields=changes)
        audit.record(action="crm.client.changed", of=client, by=by, changes=changes)
    return patient


@transaction.atomic
def claim_records(
    *, user: Any, verified_emails: Sequence[str], at: datetime, birth_date: date | None = None
) -> list[Client]:
    """Give an account the record that bears its verified e-mail. Called whenever somebody signs in here.

    Where several people share the address, nobody is guessed: `birth_date` says which patient's record it is.
    Return what was claimed.
    """
    unclaimed = Client.objects.select_for_update().filter(user_id=None)
    matching = list(unclaimed.filter(email__in=[email.lower() for email in verified_emails]))
    if birth_date is not None:
        matching = [client for client in matching if client.patients.filter(birth_date=birth_date).exists()]
    if len(matching) != 1:
        return []
    (client,) = matching
    client.user_id, client.claimed_at = user.pk, at
    client.save(update_fields=["user_id", "claimed_at"])
    _let_into_portal(user, at=at)
    audit.record(action="crm.record.claimed", of=client, by=user, changes={"user_id": (None, user.pk)})
    publish(RecordClaimed(client_id=client.pk))
    return [client]


@transaction.atomic
def release_records(*, user_id: UUID) -> None:
    """Have the records that an account claimed be nobody's again, unless they are back: it was closed.

    The person may claim them with another account later, by the same e-mail.
    """
    if Member.objects.of_user(user_id).exists():
        return
    for client in Client.objects.select_for_update().filter(user_id=user_id):
        client.user_id, client.claimed_at = None, None
        client.save(update_fields=["user_id", "claimed_at"])
        audit.record(action="crm.record.released", of=client, by=None, changes={"user_id": (user_id, None)})


def _check_patient(details: PatientDetails, *, on: date) -> None:
    problems: dict[str, list[str]] = {}
    if not details.first_name.strip():
        problems["first_name"] = [_("A name is needed.")]
    if details.birth_date and details.birth_date > on:
        problems["birth_date"] = [_("Nobody is born in the future.")]
    if details.birth_date and details.birth_date.year < on.year - 130:
        problems["birth_date"] = [_("That is more than 130 years ago.")]
    if problems:
        raise NotRegistrable(
            " ".join(sentence for sentences in problems.values() for sentence in sentences), fields=problems
        )


def _known_client(client_id: UUID) -> Client:
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise UnknownClient(_("There is no such client."))
    return client


def _new_client(contact: ContactDetails | None, *, by: Any) -> Client:
    if contact is None or not contact.first_name.strip():
        raise NotRegistrable(_("Say who the client is."), fields={"client": [_("A name is needed.")]})
    client = Client.objects.create(**as_kept(contact))
    audit.record(action="crm.client.registered", of=client, by=by, changes=audit.created(client, _names(contact)))
    return client


def as_kept(contact: ContactDetails) -> dict[str, str]:
    """Return the fields as they are stored: e-mail in small letters, phone in E.164. Raises `NotRegistrable`."""
    try:
        phone = to_e164(contact.phone, country=contact.country or country_here())
    except NotAPhoneNumber:
        sentence = _("“%(phone)s” is not a phone number.") % {"phone": contact.phone}
        raise NotRegistrable(sentence, fields={"phone": [sentence]}) from None
    return asdict(contact) | {"phone": phone, "email": contact.email.strip().lower()}


def _let_into_portal(user: Any, *, at: datetime) -> None:
    if not Member.objects.of_user(user.pk).exists():
        member = Member.objects.create(
            user_id=user.pk, role=Role.PATIENT, name=user.name or user.email, email=user.email, joined_at=at
        )
        forget_membership(user)
        audit.record(action="access.member.joined", of=member, by=user, changes={"role": (None, member.role)})


def _names(details: PatientDetails | ContactDetails) -> list[str]:
    return [field.name for field in fields(details)]
