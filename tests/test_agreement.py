"""What a list shows and what may be opened are said twice, in SQL and as a sentence: here each is held to the other."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
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
from modules.billing.models import (
    CreditUse,
    Deposit,
    EInvoice,
    Invoice,
    LedgerEntry,
    PackagePurchase,
    Payment,
    Refund,
    Reminder,
    TillSession,
    WriteOff,
)
from modules.crm.models import (
    CARE,
    EMERGENCY,
    SHARED,
    AskedForm,
    Client,
    Consent,
    Correction,
    Coverage,
    Diagnosis,
    Document,
    EpisodeOfCare,
    ExerciseSheet,
    FilledForm,
    Flag,
    Involvement,
    InvolvementRole,
    Measurement,
    Note,
    OwnCopy,
    Patient,
    PatientGrant,
    TreatmentPlan,
)
from modules.inventory.models import Item
from modules.scheduling.models import (
    Appointment,
    Block,
    CalendarFeed,
    CalendarSync,
    ExternalCalendar,
    GroupSession,
    Series,
    WaitingEntry,
)
from tenancy import TenantRef
from tests.every_kind import leave_rows

VIEWED_BY: dict[type[Model], str] = {
    Appointment: "scheduling.view_appointment",
    Block: "scheduling.block_time",
    CalendarFeed: "scheduling.share_calendar",
    CalendarSync: "scheduling.connect_calendar",
    AskedForm: "crm.view_form",
    Consent: "crm.view_consent",
    Coverage: "crm.view_coverage",
    Correction: "crm.view_correction",
    Document: "crm.view_document",
    Deposit: "billing.take_payment",
    Diagnosis: "crm.view_episode",
    EpisodeOfCare: "crm.view_episode",
    ExerciseSheet: "crm.view_plan",
    Flag: "crm.view_alert",
    FilledForm: "crm.read_answers",
    ExternalCalendar: "scheduling.connect_calendar",
    EInvoice: "billing.view_document",
    Invoice: "billing.view_invoice",
    LedgerEntry: "billing.view_ledger",
    Involvement: "crm.view_involvement",
    Item: "inventory.view_items",
    Measurement: "crm.view_measure",
    Note: "crm.view_note",
    OwnCopy: "crm.view_copy",
    Patient: "crm.view_patient",
    TreatmentPlan: "crm.view_plan",
    WaitingEntry: "scheduling.view_waiting",
    PackagePurchase: "billing.view_package",
    Payment: "billing.view_payment",
    CreditUse: "billing.view_payment",
    Refund: "billing.view_payment",
    WriteOff: "billing.view_payment",
    Reminder: "billing.view_payment",
    TillSession: "billing.till",
    GroupSession: "scheduling.manage_groups",
    Series: "scheduling.manage_series",
}
ASKS_FOR_MORE = {
    Document: "those that are for whoever treats only have a permission of their own",
    Flag: "the same",
    Correction: "those about notes have a permission of their own",
    FilledForm: "those about health have a permission of their own",
}


def rows_of(model: type[Model]) -> Any:
    return model._default_manager.all()


def visible(model: type[Model], user: Any) -> set[Model]:
    return set(rows_of(model).visible_to(user))


@pytest.fixture
def filled(in_clinic: TenantRef, ana: User, bo: User, bea: User, rita: User, pia: User, now: datetime) -> None:
    leave_rows(ana=ana, bo=bo, bea=bea, rita=rita, pia=pia, now=now)


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
ROLES = sorted({*InvolvementRole} - {"client"})  # of Pia towards a patient, and until when, in days from today
ANSWERS = st.tuples(st.just("answer"), ROW, st.sampled_from(ROLES), st.sampled_from([None, -1, 0, 1]))
HAPPENINGS = st.lists(st.one_of(GRANTED, GRANTED, ANSWERS, OTHER), min_size=6, max_size=20)


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
        case "answer", (row, role, days):
            client = Client.objects.filter(user_id=people["pia"].pk)[0]
            until = None if days is None else now.date() + timedelta(days=days)
            told = {"patient": patients[row], "client": client, "role": role, "since": now.date() - timedelta(days=9)}
            with suppress(IntegrityError), transaction.atomic():  # she is that already
                Involvement.objects.create(**told, until=until)
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
@example(happenings=[("answer", row, role, None) for row, role in enumerate(["payer", "guardian", "consenter"] * 2)])
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
