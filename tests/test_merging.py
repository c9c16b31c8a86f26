"""Two records become one, and two again: nothing is lost, whatever they hold and whoever writes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from access.grants import grant
from identity.models import User
from kernel.errors import DomainError
from modules.billing.models import Invoice
from modules.billing.services import draft_invoice_for_visit
from modules.crm.models import (
    CARE,
    SHARED,
    Client,
    Consent,
    EpisodeOfCare,
    Involvement,
    InvolvementRole,
    Merge,
    Move,
    Note,
    Patient,
    PatientGrant,
    Weight,
)
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.crm.services.merging import (
    CannotMerge,
    CannotUndo,
    ChangedSince,
    follow_merges,
    forget_old_merges,
    merge_clients,
    merge_patients,
    plan_of_clients,
    plan_of_patients,
    plan_undo,
    undo_merge,
)
from modules.scheduling.models import Appointment, Claim, Kind
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Pages
from tests.every_kind import a_visit, agrees, comes, money, notes, papers, series, waits
from tests.test_holdings import declared
from tests.together import all_at_once

NAMES = (("Anna", "Rossi"), ("Ana", "Rossi"), ("Anna", "Rosi"), ("Anna Maria", "Rossi"))
HOURS = (0, 1, 2, 4)
DUMPED = sorted({model for model, _column in declared()} - {"crm.Merge"} | {"crm.Client", "scheduling.Claim"})


class Undo(Exception):
    """Takes back what an example did."""


def rows_of(label: str) -> list[tuple[Any, ...]]:
    model = apps.get_model(label)
    no_keys = label == "scheduling.Claim"  # they are numbered as they come
    names = [field.attname for field in model._meta.concrete_fields if not (no_keys and field.primary_key)]
    return sorted((tuple(getattr(row, name) for name in names) for row in model._base_manager.all()), key=repr)


def dump() -> dict[str, list[tuple[Any, ...]]]:
    return {label: rows_of(label) for label in DUMPED}


def numbers(dumped: dict[str, list[Any]]) -> dict[str, int]:
    return {label: len(rows) for label, rows in dumped.items() if label != "crm.SearchKey"}


def registered(first: str, last: str, *, by: User, at: datetime, client: Client | None = None) -> Patient:
    contact = ContactDetails(first_name=first, last_name=last, phone="07700 900118", email=f"{first[:3]}@mail.example")
    details = PatientDetails(first_name=first, last_name=last, preferred_name=f"{first} R.")
    return register_patient(patient=details, contact=contact, client_id=client and client.pk, by=by, at=at)


def merged(*patients: Patient, by: User, at: datetime, **choices: str) -> Merge:
    rows = {each.pk: each for each in Patient.objects.select_related("client").filter(pk__in=[p.pk for p in patients])}
    plan = plan_of_patients([rows[each.pk] for each in patients])
    ids = [each.pk for each in patients]
    return merge_patients(patient_ids=ids, choices=choices, mark=plan.mark, by=by, at=at)


@pytest.fixture
def four(in_clinic: TenantRef, ana: User, bo: User, bea: User, rita: User, now: datetime) -> list[Patient]:
    """Four records of one person, and everything that a practice writes about anybody. Two have one client."""
    patients: list[Patient] = []
    for number, (first, last) in enumerate(NAMES):
        client = patients[2].client if number == 3 else None
        patient, who = registered(first, last, by=ana, at=now, client=client), (ana, bo, bea)[number % 3]
        visit = a_visit(patient, who, now + timedelta(hours=HOURS[number]), by=rita, at=now)
        waits(patient, who, by=rita, at=now)
        series(visit)
        notes(patient, by=who, at=now)
        agrees(patient, by=rita, at=now)
        papers(patient, by=rita, at=now)
        comes(visit, by=rita, at=now)
        money(visit, stage=number % 3, by=rita, at=now)
        patients.append(patient)
    return patients


SOME = st.integers(0, 3)
DAYS = st.dates(date(2030, 1, 1), date(2030, 1, 9))
ROLES = st.sampled_from([role for role in InvolvementRole if role != InvolvementRole.CLIENT])
HAPPENINGS = st.one_of(
    st.tuples(st.just("weight"), SOME, st.integers(1, 9000)),
    st.tuples(st.just("episode"), SOME, st.just(0)),
    st.tuples(st.just("grant"), SOME, st.tuples(st.integers(0, 2), st.sampled_from([CARE, SHARED]))),
    st.tuples(st.just("role"), SOME, st.tuples(SOME, ROLES, DAYS, st.none() | st.integers(1, 5), st.booleans())),
)
MERGES = st.lists(
    st.permutations(range(4)).flatmap(lambda order: st.integers(2, 4).map(lambda n: order[:n])), max_size=3
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(  # two pay for somebody, and are one after the merge
    happenings=[
        ("role", 3, (2, InvolvementRole.PAYER, date(2030, 1, 1), None, False)),
        ("role", 3, (1, InvolvementRole.PAYER, date(2030, 1, 1), 3, False)),
    ],
    merges=[[1, 3]],
)
@given(happenings=st.lists(HAPPENINGS, max_size=12), merges=MERGES)
def test_whatever_is_merged_is_all_there_and_undone_it_is_what_it_was(
    four: list[Patient], people: list[User], rita: User, now: datetime, happenings: list[Any], merges: list[Any]
) -> None:
    with suppress(Undo), transaction.atomic():
        for each in happenings:
            with suppress(IntegrityError), transaction.atomic():
                _happen(*each, four=four, people=people, at=now)
        before, done = dump(), []
        for number, order in enumerate(merges):
            whom = [four[place] for place in order if Patient.objects.filter(pk=four[place].pk).exists()]
            if len(whom) > 1:
                done += _try_to_merge(whom, by=rita, at=now + timedelta(minutes=number))
        for merge in reversed(done):
            undo_merge(merge=merge, by=rita, at=now + timedelta(days=1))
        after = dump()

        assert [label for label in DUMPED if before[label] != after[label]] == []
        raise Undo


def _try_to_merge(whom: list[Patient], *, by: User, at: datetime) -> list[Merge]:
    before, clients = dump(), {each.client_id for each in Patient.objects.filter(pk__in=[p.pk for p in whom])}
    owed = Invoice.objects.filter(client__in=clients).aggregate(all=Sum("gross_minor"))
    try:
        merge = merged(*whom, by=by, at=at)
    except CannotMerge:
        assert dump() == before
        return []
    assert numbers(dump()) == numbers(before)
    assert Invoice.objects.filter(client=merge.client_id).aggregate(all=Sum("gross_minor")) == owed
    gone = [each.pk for each in whom[1:]]
    assert not Patient.objects.filter(pk__in=gone).exists()
    for model in (Note, Consent, Appointment, Weight, EpisodeOfCare, Invoice):
        assert not model._base_manager.filter(patient__in=gone).exists(), model
    assert not Claim.objects.filter(kind=Kind.PATIENT, resource_id__in=gone).exists()
    return [merge]


@pytest.fixture
def people(ana: User, bo: User, bea: User) -> list[User]:
    return [ana, bo, bea]


def _happen(kind: str, whom: int, what: Any, *, four: list[Patient], people: list[User], at: datetime) -> None:
    """Write something, past the services: a merge must hold whatever the tables say."""
    patient = four[whom]
    match kind:
        case "weight":
            Weight.objects.create(patient=patient, grams=what, measured_at=at, by_id=people[0].pk)
        case "episode":
            EpisodeOfCare.objects.create(patient=patient, status="active", opened_at=at, care_manager_id=people[0].pk)
        case "grant":
            grant(PatientGrant, permission=what[1], to=people[what[0]].pk, on=patient, reason="x", by=None, at=at)
        case "role":
            client, role, since, days, has_share = what
            Involvement.objects.create(
                patient=patient,
                client=four[client].client,
                role=role,
                share=20 if has_share and role == InvolvementRole.OWNER else None,
                since=since,
                until=since + timedelta(days=days) if days else None,
            )


def test_what_was_signed_or_issued_goes_along_word_for_word_and_to_nobody_else(
    four: list[Patient], rita: User, now: datetime
) -> None:
    anna, ana = four[0], four[1]
    invoice, note = (
        Invoice.objects.get(patient=ana, issued_at__isnull=False),
        Note.objects.filter(patient=ana).exclude(signed_at=None)[0],
    )
    printed, consent = (invoice.number, invoice.client_name, invoice.patient_name), Consent.objects.get(patient=ana)
    for row in (invoice, note, consent):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(patient=four[2])

    merged(anna, ana, by=rita, at=now)

    for row in (invoice, note, consent):
        row.refresh_from_db()
        assert row.patient_id == anna.pk
    assert (invoice.number, invoice.client_name, invoice.patient_name) == printed
    assert "Ana Rossi" in printed
    with pytest.raises(ProgrammingError), transaction.atomic():
        Note.objects.filter(pk=note.pk).update(patient=ana, author_name="other")


def test_what_stands_in_the_way_is_said_before_and_nothing_is_half_done(
    four: list[Patient], ana: User, rita: User, now: datetime
) -> None:
    a_visit(four[0], ana, now + timedelta(hours=HOURS[1]), by=rita, at=now)
    Client.objects.filter(pk=four[2].client_id).update(first_name="Zoe", last_name="Weiss")
    patients = [Patient.objects.select_related("client").get(pk=each.pk) for each in four[:3]]

    said = " ".join(plan_of_patients(patients).problems)

    assert ("visit at the same time" in said, "different people" in said) == (True, True)
    before = dump()
    with pytest.raises(CannotMerge):
        merged(*four[:2], by=rita, at=now)
    assert dump() == before


def test_a_change_since_the_preview_asks_again(four: list[Patient], rita: User, now: datetime) -> None:
    patients = [Patient.objects.select_related("client").get(pk=each.pk) for each in four[:2]]
    mark = plan_of_patients(patients).mark
    Weight.objects.create(patient=four[1], grams=3, measured_at=now)

    with pytest.raises(ChangedSince):
        merge_patients(patient_ids=[each.pk for each in patients], choices={}, mark=mark, by=rita, at=now)


def test_what_came_since_stays_and_after_thirty_days_all_of_it(
    four: list[Patient], bo: User, rita: User, now: datetime
) -> None:
    merge = merged(four[0], four[1], by=rita, at=now, **{"patient.preferred_name": "1"})
    later = a_visit(four[0], bo, now + timedelta(days=3), by=rita, at=now)
    anna = Patient.objects.get(pk=four[0].pk)
    anna.preferred_name = "Annie"
    anna.save(update_fields=["preferred_name"])
    other = merged(four[2], four[0], by=rita, at=now + timedelta(minutes=1))

    with pytest.raises(CannotUndo, match="Undo that first"):
        undo_merge(merge=merge, by=rita, at=now)
    undo_merge(merge=other, by=rita, at=now + timedelta(days=29))
    issued = draft_invoice_for_visit(appointment_id=later.pk, by=rita, at=now)
    since = {each.model: each.number for each in plan_undo(merge, at=now).since}
    assert (since["scheduling.appointment"], since["billing.invoice"]) == (1, 1)
    late = Weight.objects.create(patient=four[1], grams=3, measured_at=now)  # of whoever was writing just then
    assert follow_merges(at=now) == 1
    late.refresh_from_db()
    assert late.patient_id == four[0].pk
    assert plan_undo(merge, at=now + timedelta(days=30)).problems
    undo_merge(merge=merge, by=rita, at=now + timedelta(days=29))

    later.refresh_from_db()
    late.refresh_from_db()
    issued.refresh_from_db()
    assert (later.patient_id, issued.patient_id, late.patient_id) == (four[0].pk, four[0].pk, four[1].pk)
    assert Patient.objects.get(pk=four[0].pk).preferred_name == "Annie"
    forget_old_merges(at=now + timedelta(days=31))
    assert ([each.changes for each in Merge.objects.all()], Move.objects.count()) == (["", ""], 0)


def test_owners_become_one_and_their_animals_stay_several(four: list[Patient], rita: User, now: datetime) -> None:
    clients = [four[0].client, four[2].client]
    mark = plan_of_clients(clients).mark
    merge = merge_clients(client_ids=[each.pk for each in clients], choices={}, mark=mark, by=rita, at=now)

    assert set(Patient.objects.filter(client=clients[0])) == {four[0], four[2], four[3]}
    assert not Invoice.objects.filter(client=clients[1]).exists()
    undo_merge(merge=merge, by=rita, at=now)
    assert set(Patient.objects.filter(client=clients[1])) == {four[2], four[3]}


def test_by_page_and_api_one_compares_merges_finds_and_undoes(
    four: list[Patient], pages: Callable[..., Pages], api: Any, rita: User, bo: User
) -> None:
    desk, (anna, ana) = pages(rita), four[:2]
    address = f"/patients/{anna.pk}/merge/?with={ana.pk}"
    said = desk.get(address).content.decode()
    assert ("Ana Rossi" in said, "Visits" in said, "Ana R." in said) == (True, True, True)
    stale = desk.post(address, {"mark": "old"})
    assert (stale.status_code, "Something changed" in stale.content.decode()) == (409, True)
    preview = api(rita).post("/api/patients/merge-previews/", {"patient_ids": [str(anna.pk), str(ana.pk)]}).json()
    assert {each["kind"]: each["rows"] for each in preview["rows"]}["scheduling.appointment"] == 1

    done = desk.post(address, {"mark": preview["mark"], "take.patient.first_name": "1"})

    assert done.status_code == 302, done.content.decode()
    anna.refresh_from_db()
    assert (anna.first_name, anna.client.first_name) == ("Ana", "Ana")
    assert desk.get(f"/patients/{ana.pk}/")["Location"] == f"/patients/{anna.pk}/"
    assert api(rita).get(f"/api/patients/{ana.pk}/")["Location"] == f"/api/patients/{anna.pk}/"
    assert anna in Patient.objects.all().matching("Anna Rossi")
    assert ana not in Patient.objects.all().matching("Ana Rossi")
    (listed,) = api(rita).get("/api/patients/merges/").json()["items"]
    assert "Undo" in desk.get("/patients/merges/").content.decode()
    assert "goes back" in desk.get(f"/patients/merges/{listed['id']}/").content.decode()
    assert pages(bo).get(address).status_code == 403
    assert api(rita).client.delete(f"/api/patients/merges/{listed['id']}/").status_code == 200
    assert api(rita).get(f"/api/patients/{ana.pk}/").json()["id"] == str(ana.pk)
    assert desk.post(f"/patients/merges/{listed['id']}/").status_code == 409


def test_what_is_written_for_somebody_who_was_merged_twice_goes_all_the_way(
    four: list[Patient], rita: User, now: datetime
) -> None:
    merged(four[0], four[1], by=rita, at=now)
    merged(four[2], four[0], by=rita, at=now + timedelta(minutes=1))

    late = Weight.objects.create(patient=four[1], grams=3, measured_at=now)

    assert follow_merges(at=now + timedelta(minutes=2)) == 1
    late.refresh_from_db()
    assert late.patient_id == four[2].pk


@pytest.mark.usefixtures("own_database")
def test_merges_and_bookings_at_once_lose_nothing(soon: datetime) -> None:
    """Each of three into the next one, while all three are booked: whatever was booked is somebody's who stands."""
    place, at = tenant_called("clinic"), soon - timedelta(days=7)
    with use_platform():
        desk, bo, bea = (User.objects.get(email=f"{name}@clinic.example") for name in ("ana", "bo", "bea"))
    with use(place):
        three = [registered(first, last, by=desk, at=at) for first, last in NAMES[:3]]

    def merge(one: Patient, other: Patient) -> Any:
        for _asked_again in range(5):  # a visit that was booked meanwhile is shown first
            with use(place), suppress(DomainError, KeyError):
                return merged(one, other, by=desk, at=timezone.now())
        return None

    def book(patient: Patient, who: User, hours: int) -> Any:
        with use(place), suppress(DomainError):
            return a_visit(patient, who, soon + timedelta(hours=hours), by=desk, at=at)

    merges: list[Callable[[], Any]] = [lambda n=n: merge(three[n], three[(n + 1) % 3]) for n in range(3)]
    bookings = [
        lambda n=n, who=who, hours=hours: book(three[n], who, hours)
        for n in range(3)
        for who, hours in ((bo, n), (bea, 3 + n))
    ]
    answers = all_at_once([*merges, *bookings])

    with use(place):
        follow_merges(at=timezone.now())
        standing = set(Patient.objects.values_list("pk", flat=True))
        booked = [each.pk for each in answers[3:] if each]
        assert [each for each in answers[:3] if each]
        assert booked
        assert set(Appointment.objects.values_list("pk", flat=True)) == set(booked)
        assert set(Appointment.objects.values_list("patient_id", flat=True)) <= standing
        claims = Claim.objects.filter(kind=Kind.PATIENT)
        assert set(claims.values_list("appointment_id", "resource_id")) == set(
            Appointment.objects.values_list("pk", "patient_id")
        )
        assert Patient.with_merged.count() == len(three)
