"""What a list shows and what may be opened are said twice, in SQL and as a sentence: here each is held to the other."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from access.explaining import who_may
from access.grants import end_grants, grant
from access.membership import forget_membership, reach_of
from access.models import Member, Role, RoleChange
from access.presets import Reach, choices_of
from identity.models import User
from kernel.money import Money
from kernel.periods import Period
from kernel.ranges import as_range
from modules.billing.domain.states import Method
from modules.billing.models import Deposit, Invoice, PackagePurchase, Payment
from modules.billing.services import (
    PackageDetails,
    add_package,
    draft_invoice_for_visit,
    issue_invoice,
    record_payment,
    sell_package,
)
from modules.crm.models import (
    CARE,
    EMERGENCY,
    SHARED,
    Consent,
    ConsentText,
    Document,
    EpisodeOfCare,
    Involvement,
    Note,
    Patient,
    PatientGrant,
    Visibility,
)
from modules.crm.services import (
    Arrived,
    ContactDetails,
    Evidence,
    PatientDetails,
    Signer,
    claim_records,
    episode_at_arrival,
    register_patient,
    save_note,
    sign_consent,
    sign_note,
)
from modules.inventory.models import Item
from modules.inventory.services import ItemDetails, add_item
from modules.scheduling.models import (
    Appointment,
    Block,
    CalendarFeed,
    CalendarSync,
    ExternalCalendar,
    GroupSession,
    Location,
    Practitioner,
    Series,
    Service,
    Shows,
    WaitingEntry,
)
from modules.scheduling.services import Wait, Wish, add_entry, book_appointment
from tenancy import TenantRef

VIEWED_BY: dict[type[Model], str] = {
    Appointment: "scheduling.view_appointment",
    Block: "scheduling.block_time",
    CalendarFeed: "scheduling.share_calendar",
    CalendarSync: "scheduling.connect_calendar",
    Consent: "crm.view_consent",
    Document: "crm.view_document",
    Deposit: "billing.take_payment",
    EpisodeOfCare: "crm.view_episode",
    ExternalCalendar: "scheduling.connect_calendar",
    Invoice: "billing.view_invoice",
    Involvement: "crm.view_involvement",
    Item: "inventory.view_items",
    Note: "crm.view_note",
    Patient: "crm.view_patient",
    WaitingEntry: "scheduling.view_waiting",
    PackagePurchase: "billing.view_package",
    Payment: "billing.view_payment",
    GroupSession: "scheduling.manage_groups",
    Series: "scheduling.manage_series",
}
ASKS_FOR_MORE = {Document: "those that are for whoever treats only have a permission of their own"}


def rows_of(model: type[Model]) -> Any:
    return model._default_manager.all()


def visible(model: type[Model], user: Any) -> set[Model]:
    return set(rows_of(model).visible_to(user))


@pytest.fixture
def filled(in_clinic: TenantRef, ana: User, bo: User, bea: User, rita: User, pia: User, now: datetime) -> None:
    """Two clients, of whom Pia is one, each treated by three practitioners: there is always one row too many."""
    add_item(details=ItemDetails(code="T1", name="Tape", price=Money(500, "GBP"), cost=Money(200, "GBP")), by=ana)
    for owner in (ana, bo, bea):
        _calendars_elsewhere(Practitioner.objects.get(user_id=owner.pk))
        _leave(Practitioner.objects.get(user_id=owner.pk), now.date() + timedelta(days=30))
    CalendarFeed.objects.create(user_id=pia.pk, label="My telephone", shows=Shows.EVERYTHING)
    for client in ("pia", "paul"):
        for number, practitioner in enumerate((ana, bo, bea)):
            name = f"{client} {number}"
            patient = _registered(name, email=f"{client}{number}@mail.example", by=rita, at=now)
            starts_at = now + timedelta(hours=number, days=client == "paul")
            visit = _visit(patient, practitioner, starts_at, by=rita, at=now)
            _waits(patient, practitioner, by=rita, at=now)
            _series(visit)
            _group(visit)
            _notes(patient, by=practitioner, at=now)
            _agrees(patient, by=rita, at=now)
            _papers(patient, by=rita, at=now)
            _comes(visit, by=rita, at=now)
            _money(visit, stage=number, by=rita, at=now)
    for number in range(3):
        assert claim_records(user=pia, verified_emails=[f"pia{number}@mail.example"], at=now)


@pytest.fixture
def people(filled: None, ana: User, bo: User, bea: User, rita: User, pia: User) -> dict[Role, User]:
    """One of each role; Bea is made an administrator for it."""
    Member.objects.filter(user_id=bea.pk).update(role=Role.ADMIN)
    forget_membership(bea)
    return {
        Role.OWNER: ana,
        Role.ADMIN: bea,
        Role.PRACTITIONER: bo,
        Role.RECEPTIONIST: rita,
        Role.PATIENT: pia,
    }


def _registered(name: str, *, email: str, by: User, at: datetime) -> Patient:
    contact = ContactDetails(first_name=name, email=email)
    return register_patient(patient=PatientDetails(first_name=name), contact=contact, by=by, at=at)


def _comes(visit: Appointment, *, by: User, at: datetime) -> None:
    whose = {"practitioner_id": visit.practitioner_id, "practitioner_name": visit.practitioner.name}
    arrived = Arrived(patient_id=visit.patient_id, visit_id=visit.pk, **whose)
    episode_at_arrival(arrived=arrived, choice="", by=by, at=at)


def _agrees(patient: Patient, *, by: User, at: datetime) -> None:
    text = ConsentText.objects.current()[0]
    signer, evidence = Signer(name=patient.name), Evidence(digest=text.digest)
    sign_consent(patient=patient, text=text, signer=signer, evidence=evidence, by=by, at=at)


def _papers(patient: Patient, *, by: User, at: datetime) -> None:
    """File one of each visibility, and one that was shared and is ended."""
    told = {"patient": patient, "kind": "LETTER", "title": "x", "dated": at, "created_at": at, "by_id": by.pk}
    for visibility in Visibility:
        Document.objects.create(**told, visibility=visibility)
    Document.objects.create(**told, visibility=Visibility.SHARED, ended_at=at)


def _visit(patient: Patient, practitioner: User, starts_at: datetime, *, by: User, at: datetime) -> Appointment:
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=patient.pk,
        practitioner_id=Practitioner.objects.get(user_id=practitioner.pk).pk,
        starts_at=starts_at,
    )
    return book_appointment(wish=wish, by=by, at=at)


def _waits(patient: Patient, practitioner: User, *, by: User, at: datetime) -> None:
    wanted = {
        "service_id": Service.objects.get(name="Sports massage").pk,
        "practitioner_ids": frozenset({Practitioner.objects.get(user_id=practitioner.pk).pk}),
    }
    add_entry(wait=Wait(patient_id=patient.pk, first_day=at.date(), **wanted), by=by, at=at)


def _group(visit: Appointment) -> None:
    later = as_range(Period(visit.starts_at + timedelta(hours=9), visit.ends_at + timedelta(hours=9)))
    where = {"location": visit.location, "service": visit.service, "practitioner": visit.practitioner}
    GroupSession.objects.create(**where, period=later, occupies=later, places=4)


def _series(visit: Appointment) -> None:
    series = Series.objects.create(
        location=visit.location,
        patient=visit.patient,
        service_ids=[visit.service_id],
        first_day=visit.starts_at.date(),
        starts=visit.starts_at.time(),
        length=45,
    )
    visit.series, visit.planned_day, visit.planned_time = series, series.first_day, series.starts
    visit.save()


def _calendars_elsewhere(practitioner: Practitioner) -> None:
    CalendarFeed.objects.create(practitioner=practitioner, label="My telephone", shows=Shows.INITIALS)
    at_home = ExternalCalendar.objects.create(practitioner=practitioner, label="At home")
    CalendarSync.objects.create(calendar=at_home)


def _leave(practitioner: Practitioner, day: date) -> None:
    location = Location.objects.get()
    Block.objects.create(kind="LEAVE", practitioner=practitioner, location=location, first_day=day, last_day=day)


def _notes(patient: Patient, *, by: User, at: datetime) -> None:
    """Write every kind: shared or not, signed or not, and one that nobody else reads."""
    hidden = {"sections": {"plan": "Mine."}, "shared": False, "level": "MINE"}
    save_note(patient=patient, appointment_id=None, **hidden, by=by, at=at)
    for shared in (True, False):
        for signed in (True, False):
            text = {"subjective": "Better."}
            note = save_note(patient=patient, appointment_id=None, sections=text, shared=shared, by=by, at=at)
            if signed:
                sign_note(note=note, by=by, at=at)


def _money(visit: Appointment, *, stage: int, by: User, at: datetime) -> None:
    """Leave the first as a draft, issue the second, take a payment for the third."""
    invoice = draft_invoice_for_visit(appointment_id=visit.pk, by=by, at=at)
    if stage > 0:
        invoice = issue_invoice(invoice=invoice, by=by, at=at)
    contents = {visit.service_id: 2}
    two = add_package(details=PackageDetails(name="Two", price=Money(100, "GBP"), contents=contents), by=by)
    sell_package(package=two, patient_id=visit.patient_id, by=by, at=at)
    if stage > 1:
        record_payment(invoice=invoice, amount=Money(100, "GBP"), method=Method.CASH, by=by, at=at)
    Deposit.objects.create(appointment=visit, invoice=invoice, amount_minor=100, currency="GBP", until=at, asked_at=at)


def differences(user: Any) -> list[str]:
    """Return the rows on which the list and the permission do not agree."""
    return [
        f"{model.__name__} {row.pk}: {'listed' if row in listed else 'not listed'}"
        for model, permission in VIEWED_BY.items()
        for listed in [visible(model, user)]
        for row in rows_of(model).select_related()  # what the rules look at, without a query for each row
        if (row in listed) != user.has_perm(permission, row)
    ]


def test_every_model_that_is_narrowed_is_tried_here() -> None:
    narrowed = {model for model in apps.get_models() if hasattr(rows_of(model), "visible_to")}

    assert set(VIEWED_BY) == narrowed


def test_a_list_shows_exactly_the_rows_that_may_be_opened(people: dict[Role, User]) -> None:
    assert {role: rows for role, user in people.items() if (rows := differences(user))} == {}


def test_a_list_shows_as_much_as_the_role_reaches(people: dict[Role, User]) -> None:
    """Nothing without the permission; everything with `all`; with `care` and `self` something and never everything."""
    for role, user in people.items():
        for model, permission in VIEWED_BY.items():
            seen, there = len(visible(model, user)), rows_of(model).count()
            match reach_of(user, permission):
                case None:
                    assert seen == 0, (role, model)
                case Reach.ALL if model in ASKS_FOR_MORE:
                    assert 0 < seen < there, (role, model)
                case Reach.ALL:
                    assert seen == there > 0, (role, model)
                case _:
                    assert 0 < seen < there, (role, model)


def test_who_is_no_member_here_sees_and_opens_nothing(filled: None, cai: User) -> None:
    for stranger in (cai, AnonymousUser()):
        assert [model for model in VIEWED_BY if visible(model, stranger)] == []
        assert differences(stranger) == []


PEOPLE = ("ana", "bo", "bea", "rita", "pia")
KINDS_OF_GRANT = (CARE, SHARED, EMERGENCY)
SEEN = sorted(VIEWED_BY.values())

# What can happen between people: each a name and what it needs, drawn at random and done in order.
WHOM, ROW = st.sampled_from(PEOPLE), st.integers(0, 5)
MINUTES = st.sampled_from([None, -90, -1, 60, 100_000])  # of a grant's end from now; None is no end
GRANTED = st.tuples(st.just("grant"), WHOM, ROW, st.sampled_from(KINDS_OF_GRANT), MINUTES)
CHANGED = st.tuples(st.just("change"), st.sampled_from(Role.values), st.sampled_from(SEEN), st.integers(0, 3))
OTHER = st.one_of(
    st.tuples(st.just("end"), WHOM, ROW),
    st.tuples(st.just("role"), WHOM, st.sampled_from(Role.values)),
    st.tuples(st.just("leave"), WHOM),
    CHANGED,
)
HAPPENINGS = st.lists(st.one_of(GRANTED, GRANTED, OTHER), min_size=6, max_size=20)


def each_kind_of_grant(minutes: int | None) -> list[Any]:
    """Give Bea something to each patient. The third of each client are hers; the others she reaches only by a loan."""
    return [("grant", "bea", row, KINDS_OF_GRANT[(row + 1) % 3], minutes) for row in range(6)]


def happen(kind: str, *what: Any, people: dict[str, User], patients: list[Patient]) -> None:
    """Do one of the happenings, past the services: the rules must hold whatever the tables say."""
    now = timezone.now()
    match kind, what:
        case "grant", (name, row, permission, minutes):
            until = now + timedelta(minutes=minutes) if minutes is not None else None
            whom = {"to": people[name].pk, "on": patients[row], "permission": permission}
            grant(PatientGrant, **whom, reason="drawn", by=None, at=now - timedelta(hours=2), until=until)
        case "end", (name, row):
            held = PatientGrant.history.filter(user_id=people[name].pk, content_object=patients[row])
            end_grants(held, reason="drawn", by=None, at=now)
        case "role", (name, role):
            Member.objects.filter(user_id=people[name].pk).update(role=role)
        case "leave", (name,):
            Member.objects.filter(user_id=people[name].pk).update(ended_at=now)
        case "change", (role, permission, number):
            choices = choices_of(role, permission)
            reach = choices[number % len(choices)]
            said = {"role": role, "permission": permission, "reach": reach.value if reach else RoleChange.NONE}
            RoleChange.objects.create(**said, reason="drawn", by_id=people["ana"].pk, by_name="Ana", at=now)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(happenings=each_kind_of_grant(60))
@example(happenings=each_kind_of_grant(-1))
@example(happenings=[*each_kind_of_grant(None), ("change", Role.PRACTITIONER, "crm.view_note", 0), ("leave", "bo")])
@given(happenings=HAPPENINGS)
def test_lists_and_rules_agree_whatever_happens_between_people(
    happenings: list[Any], filled: None, ana: User, bo: User, bea: User, rita: User, pia: User
) -> None:
    """And so does the page that says who can see a person."""
    people = dict(zip(PEOPLE, (ana, bo, bea, rita, pia), strict=True))
    patients = list(Patient.objects.select_related("client").order_by("pk"))
    with suppress(Undo), transaction.atomic():
        for kind, *what in happenings:
            happen(kind, *what, people=people, patients=patients)
        for user in people.values():
            forget_membership(user)
            assert differences(user) == []
        for patient in patients:
            answered = {answer.user_id for answer in who_may("crm.view_patient", patient, accounts=[pia.pk])}
            assert answered == {u.pk for u in people.values() if u.has_perm("crm.view_patient", patient)}
        raise Undo
    for user in people.values():
        forget_membership(user)


class Undo(Exception):
    """Leaves the next example the rows as they were."""
