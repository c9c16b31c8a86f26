"""What an erasure gets past, it alone gets past; and it waits for who is in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from identity.models import User
from kernel.errors import DomainError
from modules.crm.models import Erasure, Patient
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    register_patient,
)
from modules.crm.services.erasing import (
    going,
)
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.erasing.doing import DAY, WORDS, begun, erased, left_of
from tests.together import all_at_once


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE crm_note DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
        "UPDATE crm_note_history SET author_name = ''",
        "DELETE FROM audit_auditentry",
        "INSERT INTO audit_auditredaction VALUES (gen_random_uuid(), gen_random_uuid(), '', '')",
        "UPDATE billing_payment SET by_name = ''",
    ],
)
def test_the_tenants_own_role_gets_past_no_guard(statement: str, treated: Patient) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_guards_are_back_when_it_is_done(treated: Patient, ana: User, now: datetime, clinic: TenantRef) -> None:
    erased(treated, by=ana, at=now + DAY)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = %s::regnamespace AND tgenabled = 'D'",
            [clinic.schema_name],
        )
        assert cursor.fetchall() == []


def test_whoever_is_in_the_way_for_a_moment_is_waited_for(
    quirina: Patient, ana: User, now: datetime, clinic: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vacuum, for one: it holds a table for as long as it looks through it."""
    in_one_go, in_the_way = going._erase_in_one_go, [LockNotAvailable(), LockNotAvailable()]

    def try_it(*args: Any, **options: Any) -> None:
        if in_the_way:
            raise OperationalError from in_the_way.pop()
        in_one_go(*args, **options)

    monkeypatch.setattr(going, "PAUSE", 0)
    monkeypatch.setattr(going, "_erase_in_one_go", try_it)

    erased(quirina, by=ana, at=now + DAY)

    assert left_of(WORDS, clinic) == []


@pytest.mark.usefixtures("own_database")
def test_a_booking_and_an_erasure_at_one_moment_never_both_win() -> None:
    place = tenant_called("clinic")
    with use_platform():
        desk, owner, bo = (User.objects.get(email=f"{name}@clinic.example") for name in ("rita", "ana", "bo"))
    with use(place):
        now = datetime.now().astimezone().replace(hour=10, minute=0, second=0, microsecond=0)
        starts_at = now + timedelta(days=14 - now.weekday())
        service = Service.objects.get(name="Follow-up")
        practitioner = Practitioner.objects.get(user_id=bo.pk)
        people = [
            register_patient(
                patient=PatientDetails(first_name=name, last_name="Test"),
                contact=ContactDetails(first_name=name, last_name="Test"),
                by=desk,
                at=now,
            )
            for name in ("Quin", "Rosa", "Sara")
        ]

    def tried(do: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with use(place):
                try:
                    return do()
                except DomainError as refused:
                    return refused

        return run

    def book(who: Patient, hours: int) -> Any:
        wish = Wish(
            service_id=service.pk,
            patient_id=who.pk,
            practitioner_id=practitioner.pk,
            starts_at=starts_at + timedelta(hours=hours),
        )
        return tried(lambda: book_appointment(wish=wish, by=desk, at=now))

    all_at_once(
        [
            call
            for place_, who in enumerate(people)
            for call in (book(who, place_), tried(lambda who=who: begun(who, by=owner, at=now)))
        ]
    )

    with use(place):
        for who in people:
            is_erased = Erasure.objects.of(who.pk).exists()
            assert is_erased is not Appointment.objects.filter(patient=who).exists()
