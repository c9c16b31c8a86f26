"""What the people module holds about people: see `domain/holdings.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.crm.domain.holdings import Holding, Holdings, Lasting, Merged, Stays
from modules.crm.models import Correction, Involvement, InvolvementRole, PatientGrant
from modules.crm.models.contacts.identity import IdentityDocument
from modules.crm.models.contacts.points import ContactPoint


def _merged_patients(merged: Merged) -> Collection[Any]:
    """A record that is merged keeps its client; of the others of that client, this is about."""
    return list(merged.patients)


def _grants_twice(merged: Merged) -> Collection[Any]:
    """Nobody holds one right to one record twice: the first one stands."""
    ids = [*dict.fromkeys(merged.patients.values()), *merged.patients]
    rows = PatientGrant.history.filter(content_object__in=ids, ended_at=None)
    stand: set[Any] = set()
    staying = []
    for row in sorted(rows, key=lambda each: ids.index(each.content_object_id)):
        key = (row.user_id, row.permission_id)
        if key in stand and row.content_object_id in merged.patients:
            staying.append(row.pk)
        stand.add(key)
    return staying


def _ways_twice(merged: Merged) -> Collection[Any]:
    """A phone or an e-mail that the other one has, too, is there once."""
    return _like_those_that_stay(ContactPoint, "client_id", merged.clients, ("system", "value"))


def _corrections_twice(merged: Merged) -> Collection[Any]:
    """A field is asked for once at a time: a later one of the same stays where it was asked."""
    ids = [*dict.fromkeys(merged.patients.values()), *merged.patients]
    rows = Correction.objects.waiting().exclude(field="").filter(patient__in=ids)
    stand: set[Any] = set()
    staying = []
    for pk, whose, field in sorted(rows.values_list("pk", "patient_id", "field"), key=lambda row: ids.index(row[1])):
        if (merged.patients.get(whose, whose), field) in stand and whose in merged.patients:
            staying.append(pk)
        stand.add((merged.patients.get(whose, whose), field))
    return staying


def _papers_twice(merged: Merged) -> Collection[Any]:
    """The same passport is one passport."""
    same = ("kind", "country", "number_digest")
    of_patients = _like_those_that_stay(IdentityDocument, "patient_id", merged.patients, same)
    return [*of_patients, *_like_those_that_stay(IdentityDocument, "client_id", merged.clients, same)]


def _like_those_that_stay(model: Any, column: str, into: Mapping[UUID, UUID], same: tuple[str, ...]) -> list[Any]:
    """Return the keys of rows that have their like with the record that stays, or one that is merged before theirs."""
    ids = [*dict.fromkeys(into.values()), *into]
    rows = model._base_manager.filter(**{f"{column}__in": ids}).values_list("pk", column, *same)
    stand: set[Any] = set()
    staying = []
    for pk, whose, *what in sorted(rows, key=lambda row: ids.index(row[1])):
        if tuple(what) in stand and whose in into:
            staying.append(pk)
        stand.add(tuple(what))
    return staying


def _roles_twice(merged: Merged) -> Collection[Any]:
    """A merged record keeps whom one wrote to about it; and a role that the other has, too, is there once."""
    return [row.pk for row, like in _with_their_like(merged) if like is None or row.share is None]


def _shares_twice(merged: Merged) -> Iterator[str]:
    for row, like in _with_their_like(merged):
        if like is not None and row.share is not None:
            said = {"name": row.client.name, "animal": row.patient.name}
            yield _("Both have a share of %(animal)s: %(name)s. End one of them first.") % said


def _with_their_like(merged: Merged) -> Iterator[tuple[Involvement, Involvement | None]]:
    """Yield each role that would be there twice, with its like; a merged record's own clients have none."""
    accepted: list[tuple[tuple[Any, ...], Involvement]] = []
    for row in _in_order(_roles_of(merged), merged):
        if row.patient_id in merged.patients and row.role == InvolvementRole.CLIENT:
            yield row, None
            continue
        key = (
            merged.patients.get(row.patient_id, row.patient_id),
            merged.clients.get(row.client_id, row.client_id),
            row.role,
        )
        like = next((other for known, other in accepted if known == key and _spell(other).overlaps(_spell(row))), None)
        if like is None:
            accepted.append((key, row))
        else:
            yield row, like


def _roles_of(merged: Merged) -> Iterable[Involvement]:
    patients = [*merged.patients, *merged.patients.values()]
    clients = [*merged.clients, *merged.clients.values()]
    rows = Involvement.objects.filter(Q(patient__in=patients) | Q(client__in=clients))
    return rows.select_related("patient", "client").order_by("pk")


def _in_order(rows: Iterable[Involvement], merged: Merged) -> list[Involvement]:
    """Return those first that no merge changes: they are what the others are held against."""
    return sorted(rows, key=lambda row: row.patient_id in merged.patients or row.client_id in merged.clients)


def _spell(row: Involvement) -> Lasting:
    since: date = row.since
    return Lasting(since, row.until)


HOLDINGS: Holdings = (
    Holding(
        model="crm.Patient",
        label=gettext_lazy("Others of the same client"),
        client="client_id",
        stays=_merged_patients,
        permission="crm.view_patient",
    ),
    Holding(
        model="crm.Note",
        label=gettext_lazy("Notes"),
        patient="patient_id",
        day="written_at",
        permission="crm.view_note",
    ),
    Holding(
        model="crm.Consent",
        label=gettext_lazy("Agreements"),
        patient="patient_id",
        day="at",
        permission="crm.view_consent",
        is_moved_by_trigger=True,
    ),
    Holding(
        model="crm.Document",
        label=gettext_lazy("Documents"),
        patient="patient_id",
        day="created_at",
        permission="crm.view_document",
    ),
    Holding(
        model="crm.Flag",
        label=gettext_lazy("Flags"),
        patient="patient_id",
        day="since",
        permission="crm.view_alert",
    ),
    Holding(
        model="crm.EpisodeOfCare",
        label=gettext_lazy("Episodes of care"),
        patient="patient_id",
        day="opened_at",
        permission="crm.view_episode",
    ),
    Holding(
        model="crm.Diagnosis",
        label=gettext_lazy("Diagnoses"),
        patient="patient_id",
        day="recorded_at",
        permission="crm.view_episode",
    ),
    Holding(
        model="crm.Measurement",
        label=gettext_lazy("Measures"),
        patient="patient_id",
        day="at",
        permission="crm.view_measure",
    ),
    Holding(
        model="crm.Weight",
        label=gettext_lazy("Weights"),
        patient="patient_id",
        day="measured_at",
        permission="crm.view_patient",
    ),
    Holding(
        model="crm.PatientGrant",
        label=gettext_lazy("In whose care, and shared with whom"),
        patient="content_object_id",
        day="granted_at",
        permission="crm.view_access",
        stays=_grants_twice,
    ),
    Holding(
        model="crm.Involvement",
        label=gettext_lazy("Who answers for whom"),
        patient="patient_id",
        client="client_id",
        day="since",
        permission="crm.view_involvement",
        stays=_roles_twice,
        hindrances=_shares_twice,
    ),
    Holding(model="crm.Patient", label=gettext_lazy("Records merged before"), patient="merged_into_id"),
    Holding(model="crm.Client", label=gettext_lazy("Contacts merged before"), client="merged_into_id"),
    Holding(
        model="notify.Message",
        label=gettext_lazy("Mails sent"),
        patient="person_id",
        day="sent_at",
        permission="crm.view_patient",
    ),
    Holding(
        model="crm.ContactPoint",
        label=gettext_lazy("Further phones and e-mails"),
        client="client_id",
        permission="crm.view_patient",
        stays=_ways_twice,
    ),
    Holding(
        model="crm.IdentityDocument",
        label=gettext_lazy("Identity documents"),
        patient="patient_id",
        client="client_id",
        permission="crm.view_identity",
        stays=_papers_twice,
    ),
    Holding(
        model="crm.Coverage",
        label=gettext_lazy("Insurances"),
        patient="patient_id",
        client="payer_id",
        permission="crm.view_identity",
        clash=gettext_lazy("Both have an insurance of one rank at the same time. Set one of them right first."),
    ),
    Holding(
        model="crm.AskedForm",
        label=gettext_lazy("Forms asked for"),
        patient="patient_id",
        day="asked_at",
        permission="crm.view_patient",
    ),
    Holding(
        model="crm.FilledForm",
        label=gettext_lazy("Forms filled in"),
        patient="patient_id",
        day="at",
        is_moved_by_trigger=True,
    ),
    Holding(
        model="crm.TreatmentPlan",
        label=gettext_lazy("Treatment plans"),
        patient="patient_id",
        day="starts_on",
        permission="crm.view_plan",
    ),
    Holding(
        model="crm.Correction",
        label=gettext_lazy("Corrections asked for"),
        patient="patient_id",
        day="asked_at",
        permission="crm.view_correction",
        stays=_corrections_twice,
    ),
    Holding(
        model="crm.ExerciseSheet",
        label=gettext_lazy("Exercises"),
        patient="patient_id",
        day="since",
        permission="crm.view_plan",
    ),
    Holding(
        model="crm.StatisticsChoice",
        label=gettext_lazy("Answers about statistics"),
        patient="patient_id",
        day="at",
        permission="crm.view_consent",
    ),
    Stays("crm.OwnCopy", "patient_id", "It says what was kept about this record then, and is gone in a week."),
    Stays("crm.OwnCopy", "client_id", "The same."),
    Stays("crm.SearchKey", "patient_id", "It is made anew from the record that stays."),
    Stays("crm.ImportedRow", "patient_id", "It says whom a file registered; a merged one is left alone."),
    Stays("crm.ImportedRow", "client_id", "The same."),
    Stays("crm.DuplicatePair", "one_id", "A pair is of these two records; it comes back if their merge is undone."),
    Stays("crm.DuplicatePair", "other_id", "The same."),
    Stays("crm.Merge", "patient_id", "It says which record stayed then; a later merge is undone before it."),
    Stays("crm.Merge", "client_id", "The same."),
)
