"""Reads that join: who treats here, who reaches a record, and who it is that somebody describes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from babel.core import get_global
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from access.explaining import Onlooker, onlookers_of, who_may
from access.grants import know_grants
from access.grounds import Grounds
from access.membership import membership_in, with_role_changes
from access.models import Member
from access.presets import Reach
from kernel.modules import Words
from modules.crm.domain.phones import NotAPhoneNumber, to_e164
from modules.crm.models import Client, ContactPoint, Note, Patient, PatientGrant, patients_of
from modules.crm.selectors.profiles import accounts_for
from tenancy import current_tenant

BY_CARE = ("crm.view_patient", "crm.view_note", "crm.write_note")


class Colleague(NamedTuple):
    member_id: UUID
    user_id: UUID
    name: str


def colleagues_who_treat() -> list[Colleague]:
    """Return those for whom it makes a difference whether a patient is in their care, by name."""
    members = with_role_changes(Member.objects.current().staff().exclude(user_id=None)).order_by("name", "pk")
    return [
        Colleague(member.pk, member.user_id, member.name)
        for member in members
        if any(membership_in(member).reaches.get(permission) is Reach.CARE for permission in BY_CARE)
    ]


class Access(NamedTuple):
    """One entry of a record's care team, or of its history, with the people by name."""

    grant: PatientGrant
    name: str
    given_by: str
    ended_by: str


def access_in_force(patient: Patient) -> list[Access]:
    """Return who has a patient in their care, and to whom the record is lent, the longest standing first."""
    return _named(patient.grants(manager="objects").order_by("granted_at", "pk"))


def access_ended(patient: Patient) -> list[Access]:
    """Return whose care and loans are over, the latest first."""
    in_force = patient.grants(manager="objects").values("pk")
    return _named(patient.grants.exclude(pk__in=in_force).order_by("-granted_at", "-pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One of the things by which somebody sees a person: what of it, and why."""

    what: Words
    why: str
    is_changed: bool = False  # the reason is the tenant's own, not the preset's
    grounds: Grounds = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who sees a person, or a part of what is kept about them."""

    user_id: UUID | None
    name: str
    role: str
    ways: list[Way]
    since: datetime | None = None
    until: datetime | None = None

    @property
    def givers(self) -> list[UUID]:
        return [ground.by_id for way in self.ways for ground in way.grounds if ground.by_id]


def who_can_see(patient: Patient) -> list[Reader]:
    """Return everybody who sees something of a patient, with each way in and its reason: members, the person's own
    account, and whoever else the modules and the platform know of."""
    know_grants(patient)
    own = accounts_for(patient)
    readers: dict[UUID, Reader] = {}
    for what, permission, thing in _looked_at(patient):
        for answer in who_may(permission, thing, accounts=own):
            reader = Reader(user_id=answer.user_id, name=answer.name, role=answer.role, ways=[])
            right = answer.right
            way = Way(what=what, why=right.why, is_changed=right.change is not None, grounds=answer.grounds)
            readers.setdefault(answer.user_id, reader).ways.append(way)
    return [*readers.values(), *(_onlooking(each) for each in onlookers_of(patient) if each.user_id not in readers)]


def _looked_at(patient: Patient) -> list[tuple[Words, str, Any]]:
    # A note that was signed and shared is seen by whoever sees any note of this patient.
    note = Note(patient=patient, shared_with_patient=True, signed_at=patient.created_at)
    return [(_("Record"), "crm.view_patient", patient), (_("Clinical notes"), "crm.view_note", note)]


def _onlooking(onlooker: Onlooker) -> Reader:
    way = Way(what=onlooker.what, why=onlooker.why)
    return Reader(
        user_id=onlooker.user_id,
        name=onlooker.name,
        role="",
        ways=[way],
        since=onlooker.since,
        until=onlooker.until,
    )


def standing_patient(patient_id: UUID) -> Patient:
    """Return a patient, or whose record theirs was merged into: whoever began before a merge goes on with that."""
    return Patient.objects.filter(pk=patient_id).first() or Patient.objects.get(merged_from=patient_id)


def own_records(user: Any) -> tuple[list[UUID], set[UUID]]:
    """Return the patients that an account looks after, and everything that the audit log knows its people by, the
    records that were merged into theirs, too: not the client that somebody else is to them."""
    patients = list(patients_of(user.pk).values_list("patient_id", flat=True).distinct())
    clients = Client.objects.filter(user_id=user.pk).values_list("pk", flat=True)
    return patients, {*with_merged(Patient, patients), *with_merged(Client, clients)}


def with_merged(model: type[Patient] | type[Client], keys: Iterable[UUID]) -> set[UUID]:
    """Return these and whatever was merged into them, or into what was."""
    found = set(keys)
    while more := set(model.with_merged.filter(merged_into__in=found).values_list("pk", flat=True)) - found:
        found |= more
    return found


def names_of(accounts: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names that accounts have, or had, as members here."""
    members = Member.objects.filter(user_id__in={each for each in accounts if each}).order_by("created_at")
    return {member.user_id: member.name for member in members if member.user_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the person in front of you can tell: enough to be found by, and too much to guess.

    `last_name` is theirs, or their owner's; `contact` a phone number or e-mail.
    """

    first_name: str
    last_name: str
    birth_date: date | None = None
    contact: str = ""

    @property
    def is_enough(self) -> bool:
        return bool(self.first_name.strip() and self.last_name.strip() and (self.birth_date or self.contact.strip()))


def find_described(described: Described, *, country: str) -> Patient | None:
    """Return the one patient whom all of it fits exactly; None if there is none, or more than one."""
    if not described.is_enough:
        return None
    last_name = described.last_name.strip()
    rows = Patient.objects.filter(first_name__iexact=described.first_name.strip()).filter(
        Q(last_name__iexact=last_name) | Q(client__last_name__iexact=last_name)
    )
    if described.birth_date:
        rows = rows.filter(birth_date=described.birth_date)
    if described.contact.strip():
        rows = rows.filter(_reached_by(described.contact.strip(), country=country))
    found = list(rows.select_related("client")[:2])
    return found[0] if len(found) == 1 else None


def country_here() -> str:
    """Return the country that the tenant's time zone lies in (CLDR): where its phone numbers are local."""
    return str(get_global("zone_territories").get(current_tenant().time_zone, ""))


def _reached_by(contact: str, *, country: str) -> Q:
    try:
        phone = to_e164(contact, country=country)
    except NotAPhoneNumber:
        phone = ""
    further = ContactPoint.objects.filter(value__in=[value for value in (contact.lower(), phone) if value])
    reached = Q(client__email__iexact=contact) | Q(client__in=further.values("client"))
    return reached | Q(client__phone=phone) if phone else reached


def _named(rows: Any) -> list[Access]:
    grants = list(rows.select_related("permission"))
    names = names_of(each for row in grants for each in (row.user_id, row.granted_by_id, row.ended_by_id))
    return [
        Access(
            grant=row,
            name=names.get(row.user_id, ""),
            given_by=names.get(row.granted_by_id, ""),
            ended_by=names.get(row.ended_by_id, ""),
        )
        for row in grants
    ]
