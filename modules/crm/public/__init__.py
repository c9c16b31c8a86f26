"""What other modules may ask of the people module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from access.grants import granted
from access.membership import reach_of
from access.presets import Reach
from kernel.cookies import full_name
from kernel.events import publish
from modules.crm import selectors, services
from modules.crm.domain.copies import Copied, Copies, LeftOut
from modules.crm.domain.erasing import Declared, Nothing, Personal, Term
from modules.crm.domain.facets import Asked as FacetAsked
from modules.crm.domain.facets import Facet, Facets, Shape, within
from modules.crm.domain.flags import ShownFlag
from modules.crm.domain.holdings import Holding, Holdings, Merged, Stays
from modules.crm.domain.imports.tables import Row
from modules.crm.domain.imports.values import NotReadable, day_comes_first, read_date
from modules.crm.domain.phones import shown
from modules.crm.domain.profiles import Right
from modules.crm.domain.timeline import Asked, Badge, TimelineEntry, TimelineKind, TimelineKinds
from modules.crm.domain.visit_facts import VisitFact, VisitFacts
from modules.crm.events import FirstVisitBooked, PersonErased, VisitOver
from modules.crm.models import (
    CARE,
    EpisodeOfCare,
    Patient,
    PatientGrant,
    patients_of,
    roles_giving,
    roles_of_account,
)
from modules.crm.public.notes import (
    NoteCard,
    NoteText,
    begin_note_of_visit,
    find_note,
    may_add_to_note,
    note_of_visit,
    note_to_add_to,
    notes_seen_by,
    save_note_of_visit,
    sign_note_of_visit,
    visit_of_note,
)
from modules.crm.selectors import Unfilled, Unsigned, flags, stretch_of
from modules.crm.selectors.contacts.coverages import Lapsed, coverages_lapsed
from modules.crm.selectors.people import standing_patient
from modules.crm.services import (
    Arrived,
    Newcomer,
    NoSuchEpisode,
    NoSuchNote,
    NotRegistrable,
    check_newcomer,
    erasing,
)
from modules.crm.services.imports.reading import NotATable, sentence_of, table_in
from modules.crm.services.questionnaires import asking
from tenancy.requests import Request

PROFILE = "profile"  # the cookie that keeps whom somebody chose on the portal

__all__ = [
    "Arrived",
    "Asked",
    "Badge",
    "Copied",
    "Copies",
    "Declared",
    "Facet",
    "FacetAsked",
    "Facets",
    "Holding",
    "Holdings",
    "Lapsed",
    "LeftOut",
    "Merged",
    "Newcomer",
    "NoSuchEpisode",
    "NoSuchNote",
    "NotATable",
    "NotReadable",
    "NotRegistrable",
    "NoteCard",
    "NoteText",
    "Nothing",
    "Personal",
    "Right",
    "Row",
    "Shape",
    "ShownFlag",
    "Stays",
    "Term",
    "TimelineEntry",
    "TimelineKind",
    "TimelineKinds",
    "Unfilled",
    "Unsigned",
    "VisitFact",
    "VisitFacts",
    "begin_note_of_visit",
    "check_newcomer",
    "coverages_lapsed",
    "day_comes_first",
    "find_note",
    "may_add_to_note",
    "note_of_visit",
    "note_to_add_to",
    "notes_seen_by",
    "read_date",
    "save_note_of_visit",
    "sentence_of",
    "sign_note_of_visit",
    "stretch_of",
    "table_in",
    "visit_of_note",
    "within",
]  # and what is defined here


@dataclass(frozen=True, slots=True)
class PatientCard:
    """A patient and whom to write to about them."""

    id: UUID
    name: str
    is_active: bool
    client_id: UUID
    client_name: str
    client_user_id: UUID | None
    email: str
    phone: str
    address_lines: tuple[str, ...]

    @property
    def phone_shown(self) -> str:
        return shown(self.phone)


@dataclass(frozen=True, slots=True)
class ProfileCard:
    """A patient for whom somebody answers on the portal."""

    patient: PatientCard
    rights: frozenset[Right]


@dataclass(frozen=True, slots=True)
class EpisodeCard:
    id: UUID
    opened_at: datetime
    care_manager_name: str


def find_patient(patient_id: UUID, *, seen_by: Any = None) -> PatientCard | None:
    """Return a patient, or whose record theirs was merged into; with `seen_by`, only if that user may see them."""
    rows = Patient.objects.select_related("client")
    if seen_by is not None:
        rows = rows.visible_to(seen_by)
    patient = rows.filter(pk=patient_id).first() or rows.filter(merged_from=patient_id).first()
    return _card(patient) if patient else None


def patients_seen_by(user: Any) -> QuerySet[Patient, Any]:
    """Return the ids of the patients whose record somebody may see, to narrow a query with."""
    return Patient.objects.visible_to(user).values_list("pk", flat=True)


def clients_of(patient_id: UUID) -> QuerySet[Patient, Any]:
    """Return the id of whoever is billed for a patient, to narrow a query with: who shares it is of one family."""
    return Patient.objects.filter(pk=patient_id).values_list("client_id", flat=True)


def profiles_of(user_id: UUID) -> list[ProfileCard]:
    """Return for whom an account answers now, by name, and with which rights: themself, their child, their animal."""
    return [ProfileCard(_card(each.patient), each.rights) for each in selectors.profiles_of(user_id)]


def patients_of_account(user_id: UUID) -> list[PatientCard]:
    """Return those whose record this account sees on the portal, and whom it books for."""
    return [each.patient for each in profiles_of(user_id) if Right.RECORD in each.rights]


def answered_for_by(user_id: UUID | None, right: Right = Right.RECORD) -> QuerySet[Any, Any]:
    """Return the ids of the patients to whom an account has a right now, to narrow a query with."""
    return patients_of(user_id, right)


def is_answered_for_by(user: Any, patient: Any) -> bool:
    """Test whether it is a patient's own account, or one of somebody who sees their record on the portal now."""
    is_own = patient.client.user_id is not None and patient.client.user_id == user.pk
    return is_own or bool(roles_giving(Right.RECORD, user_id=user.pk, patient_id=patient.pk))


def pays_since(user_id: UUID | None, *, patient: str, day: Any) -> Exists:
    """Return the condition that an account pays for a row's patient now, and did on a day: `day` is an expression."""
    payers = roles_of_account(user_id).filter(role="payer", patient=OuterRef(patient), since__lte=day)
    return Exists(payers)


def chosen_profile(request: Request) -> UUID | None:
    """Return whom somebody chose to see on the portal, out of several; None are all of them."""
    chosen = request.COOKIES.get(full_name(PROFILE), "")
    return next((each for each in profiles_on_page(request) if str(each) == chosen), None)


def profiles_on_page(request: Request) -> set[UUID]:
    """Return for whom whoever is signed in answers: asked once per page."""
    if "crm_profiles" not in request.__dict__:
        request.__dict__["crm_profiles"] = selectors.profile_ids(request.user.pk)
    known: set[UUID] = request.__dict__["crm_profiles"]
    return known


def find_or_register(*, newcomer: Newcomer) -> PatientCard:
    """Return the patient of somebody who has shown that their e-mail is theirs, new here or known."""
    return _card(services.find_or_register(newcomer=newcomer))


def active_patients() -> list[PatientCard]:
    """Return everybody who is looked after here, by name."""
    return [_card(patient) for patient in Patient.objects.active().select_related("client").order_by("last_name", "pk")]


def take_into_care(*, patient_id: UUID, user_id: UUID, reason: str, by: Any, at: datetime) -> None:
    """Let a practitioner reach this patient's record from now on."""
    present = PatientGrant.objects.filter(permission__codename=CARE, user_id=user_id, content_object_id=patient_id)
    if not present.exists():  # as it is for all but the first booking: one question instead of five
        services.take_into_care(patient=standing_patient(patient_id), user_id=user_id, reason=reason, by=by, at=at)


def care_teams() -> dict[UUID, set[UUID]]:
    """Return for each patient whose care it is in, by account."""
    teams: dict[UUID, set[UUID]] = defaultdict(set)
    rows = PatientGrant.objects.filter(permission__codename=CARE)
    for patient_id, user_id in rows.values_list("content_object_id", "user_id"):
        teams[patient_id].add(user_id)
    return teams


def flags_of(patient_ids: Collection[UUID], *, seen_by: Any, at: datetime) -> dict[UUID, list[ShownFlag]]:
    """Return for each of these patients what somebody who meets them has to know, the gravest first. One query."""
    return flags.flags_of(patient_ids, seen_by=seen_by, at=at)


def consents_missing(patient_ids: Collection[UUID]) -> dict[UUID, list[Unsigned]]:
    """Return for each of these patients what is asked for at the check-in and not signed as it reads now.

    Whoever has signed everything is not among them. As many queries for two hundred patients as for one.
    """
    return selectors.consents_missing(patient_ids)


def forms_missing(patient_ids: Collection[UUID]) -> dict[UUID, list[Unfilled]]:
    """Return for each of these patients which forms they were asked for and have not filled in; nobody else is in it.

    One query, however many they are.
    """
    return selectors.forms_missing(patient_ids)


def tell_of_first_visit(*, patient_id: UUID, appointment_id: UUID, starts_at: datetime) -> None:
    """Be told that somebody comes for the first time: they may be asked for forms."""
    publish(FirstVisitBooked(patient_id=patient_id, appointment_id=appointment_id, starts_at=starts_at))


def tell_of_visit_called_off(*, appointment_id: UUID) -> None:
    """Be told that a visit does not take place: nobody is reminded of what was to be filled in before it."""
    asking.forget_visit(appointment_id=appointment_id)


def tell_of_visit_moved(*, appointment_id: UUID, starts_at: datetime, at: datetime) -> None:
    """Be told of when a visit is now, or that it takes place after all: its forms are wanted by that day."""
    asking.follow_visit(appointment_id=appointment_id, starts_at=starts_at, at=at)


def tell_of_visit(*, patient_id: UUID, appointment_id: UUID, at: datetime) -> None:
    """Be told that somebody was here: they may be asked for forms some time after."""
    publish(VisitOver(patient_id=patient_id, appointment_id=appointment_id, at=at))


def episode_at_arrival(*, arrived: Arrived, choice: str, by: Any, at: datetime) -> UUID | None:
    """Return the episode of care that a visit belongs to: the one chosen, the usual, or a new one. See the service."""
    return services.episode_at_arrival(arrived=arrived, choice=choice, by=by, at=at)


def episodes_going_on(patient_id: UUID) -> list[EpisodeCard]:
    """Return what a patient is treated for now, the latest first: since when and with whom, and not of what."""
    rows = EpisodeOfCare.objects.going_on().filter(patient=patient_id).order_by("-opened_at")
    return [EpisodeCard(row.pk, row.opened_at, row.care_manager_name) for row in rows]


def is_only_lent(patient_id: UUID, *, to: Any) -> bool:
    """Test whether somebody who reaches the records in their care reads this one without having it in their care."""
    if reach_of(to, "crm.view_patient") is not Reach.CARE:
        return False
    return not granted(Patient, any_of=(CARE,), to=to).filter(pk=patient_id).exists()


def erase_again(*, at: datetime) -> None:
    """Have everybody be erased anew who was: the room came back from a backup, which has not the last word."""
    for erasure_id in erasing.erase_again(at=at):
        publish(PersonErased(erasure_id=erasure_id))


def counts() -> dict[str, int]:
    """Return what an operator may know of this module's size."""
    return {"patients": Patient.objects.count()}


def _card(patient: Patient) -> PatientCard:
    client = patient.client
    return PatientCard(
        id=patient.pk,
        name=patient.name,
        is_active=patient.ended_at is None,
        client_id=client.pk,
        client_name=client.name,
        client_user_id=client.user_id,
        email=client.email,
        phone=client.phone,
        address_lines=tuple(client.address_lines),
    )
