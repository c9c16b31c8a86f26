"""Everything that changes a record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from access.fields import check_changes
from access.membership import forget_membership
from access.models import Member, Role
from audit import recording as audit
from kernel.events import publish
from modules.crm.events import PatientChanged, PatientRegistered, RecordClaimed
from modules.crm.models import Client, Patient
from modules.crm.selectors import country_here
from modules.crm.services.care import take_into_care
from modules.crm.services.clients import find_or_add_client
from modules.crm.services.registering import (
    ContactDetails,
    PatientDetails,
    as_kept,
    chip_taken,
    filled_in,
    names_in,
    read_patient,
)
from modules.crm.services.search_keys import renew_keys_of_client, renew_search_keys
from modules.crm.services.states import check_state


@transaction.atomic
def register_patient(
    *, patient: PatientDetails, contact: ContactDetails | None, client_id: UUID | None = None, by: Any, at: datetime
) -> Patient:
    """Register somebody, with a new client or one who is known. Raises `NotRegistrable`, `UnknownClient`, `ChipTaken`
    or `FieldNotAllowed`.

    Whoever registers a patient has them in their care if their role reaches no further than that.
    """
    details = read_patient(patient, country=_country_of(contact), on=at.date())
    check_changes(by, Patient, filled_in(details))
    client = find_or_add_client(client_id=client_id, contact=contact, by=by)
    registered = _created(client, details)
    renew_search_keys(patient_ids=[registered.pk])
    audit.record(
        action="crm.patient.registered", of=registered, by=by, changes=audit.created(registered, names_in(details))
    )
    publish(PatientRegistered(patient_id=registered.pk))
    if not by.has_perm("crm.view_patient", registered):
        take_into_care(patient=registered, user_id=by.pk, reason="registered by them", by=by, at=at)
    return registered


@transaction.atomic
def change_patient(
    *,
    patient: Patient,
    details: PatientDetails,
    contact: ContactDetails,
    seen: str | None = None,
    by: Any,
    at: datetime,
) -> Patient:
    """Change what is kept about a patient and their client, if it is as it was `seen` (`state_of`).

    Raises `NotRegistrable`, `ChipTaken`, `FieldNotAllowed` or `RecordChanged`.
    """
    check_state(patient, seen=seen)
    details = read_patient(details, country=_country_of(contact), on=at.date(), was=patient)
    client, cleaned = patient.client, as_kept(contact, was=patient.client)
    before, client_before = audit.snapshot(patient, names_in(details)), audit.snapshot(client, names_in(contact))
    check_changes(by, Patient, [name for name in before if before[name] != getattr(details, name)], patient)
    check_changes(by, Client, [name for name in client_before if client_before[name] != cleaned[name]], client)
    for name, value in asdict(details).items():
        setattr(patient, name, value)
    for name, value in cleaned.items():
        setattr(client, name, value)
    if changes := audit.difference(before, patient):
        _save(patient, changes)
        audit.record(action="crm.patient.changed", of=patient, by=by, changes=changes)
    if client_changes := audit.difference(client_before, client):
        client.save(update_fields=with_digests(client_changes))
        audit.record(action="crm.client.changed", of=client, by=by, changes=client_changes)
    renew_keys_of_client(client)
    if changes or client_changes:
        publish(PatientChanged(patient_id=patient.pk))
    return patient


@transaction.atomic
def claim_records(
    *, user: Any, verified_emails: Sequence[str], at: datetime, birth_date: date | None = None
) -> list[Client]:
    """Give an account the record that bears its verified e-mail. Called whenever somebody signs in here.

    Where several people share the address, nobody is guessed, also once one of them is claimed: `birth_date` says
    which patient's record it is. Return what was claimed.
    """
    bearing = Client.objects.select_for_update().filter(email__in=[email.lower() for email in verified_emails])
    matching = list(bearing.order_by("pk"))
    if birth_date is not None:
        unclaimed = [client for client in matching if client.user_id is None]
        matching = [client for client in unclaimed if client.patients.filter(birth_date=birth_date).exists()]
    if len(matching) != 1 or matching[0].user_id is not None:
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


def _created(client: Client, details: PatientDetails) -> Patient:
    try:
        with transaction.atomic():
            return Patient.objects.create(client=client, **asdict(details))
    except IntegrityError as error:
        raise _translated(error) from error


def _save(patient: Patient, changes: Iterable[str]) -> None:
    try:
        with transaction.atomic():
            patient.save(update_fields=with_digests(changes))
    except IntegrityError as error:
        raise _translated(error) from error


def _translated(error: IntegrityError) -> Exception:
    return chip_taken() if "patient_chip_once" in str(error) else error


def with_digests(changes: Iterable[str]) -> list[str]:
    """Return the columns to save: what stands beside a tax code goes with it."""
    names = list(changes)
    return [*names, "tax_code_digest"] if "tax_code" in names else names


def _country_of(contact: ContactDetails | None) -> str:
    return (contact.country if contact else "") or country_here()


def _let_into_portal(user: Any, *, at: datetime) -> None:
    if not Member.objects.of_user(user.pk).exists():
        member = Member.objects.create(
            user_id=user.pk, role=Role.PATIENT, name=user.name or user.email, email=user.email, joined_at=at
        )
        forget_membership(user)
        audit.record(action="access.member.joined", of=member, by=user, changes={"role": (None, member.role)})
