"""The practice that is measured: ten practitioners, 400 people, 3,080 appointments, the same on every machine.

Nine to six on weekdays but for half an hour at one, in steps of half an hour; 14 of a day's 17 times are taken, for
22 weekdays from next Monday. The appointments are put in as rows: what is measured is reading and adding to them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone

from identity.models import User
from kernel.periods import Period
from kernel.ranges import as_range
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Location, Practitioner, Room, Service
from modules.scheduling.services.practice import hours, staffing
from notify.sending import muted
from tenancy import TenantRef, use, use_owner, use_platform
from tenants import signup
from tenants.opening import open_tenant
from tenants.signup import SignUp

SUBDOMAIN, OWNER, PASSWORD = "measured", "owner@measured.example", "four words nobody guesses"
PRACTITIONERS, PEOPLE, DAYS, TAKEN_A_DAY = 10, 400, 22, 14
LENGTH = timedelta(minutes=30)
HOURS = ((time(9), time(13)), (time(13, 30), time(18)))


@dataclass(frozen=True)
class Practice:
    tenant: TenantRef
    owner: User
    practitioners: list[UUID]
    people: list[UUID]
    service: UUID  # in no room, as the peers' are
    in_a_room: UUID
    days: list[date]  # the weekdays that are mostly taken

    def free_days(self) -> Iterator[date]:
        """Yield the weekdays after those, on which nobody has been booked yet."""
        return _weekdays(self.days[-1] + timedelta(days=1))


def open_practice() -> Practice:
    now = timezone.now()
    tenant, owner = _open(now)
    with use(tenant), muted():
        services = [_service(needs_room=needed) for needed in (False, True)]
        practitioners = _staff(services, owner)
        people = _register(owner, at=now)
        days = list(islice(_weekdays(now.date() + timedelta(days=7 - now.weekday())), DAYS))
        _fill_calendar(practitioners, people, services[0], days)
    with use_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the first rows are planned blindly, until autovacuum comes by
    return Practice(tenant, owner, [each.pk for each in practitioners], people, services[0].pk, services[1].pk, days)


def times_of(day: date) -> list[datetime]:
    """Return the 17 half hours of a day, in the practice's time, which is UTC."""
    starts = []
    for opens, closes in HOURS:
        moment = datetime.combine(day, opens, UTC)
        while moment.time() < closes:
            starts.append(moment)
            moment += LENGTH
    return starts


def _open(now: datetime) -> tuple[TenantRef, User]:
    wish = SignUp(
        name="Measured",
        vertical="clinic",
        subdomain=SUBDOMAIN,
        time_zone="UTC",
        currency="GBP",
        language="en-gb",
        owner_name="Olga Owner",
        email=OWNER,
        password=PASSWORD,
    )
    with use_platform():
        tenant = signup.reserve_workspace(wish=wish, at=now)
        EmailAddress.objects.filter(user=tenant.owner).update(verified=True)
    return open_tenant(tenant_id=tenant.pk, at=now).ref(), tenant.owner


def _service(*, needs_room: bool) -> Service:
    name = "Visit in a room" if needs_room else "Visit"
    return Service.objects.create(name=name, duration=30, price_minor=5000, currency="GBP", needs_room=needs_room)


def _staff(services: list[Service], owner: User) -> list[Practitioner]:
    location = Location.objects.get()
    week = [(weekday, opens, closes) for weekday in range(5) for opens, closes in HOURS]
    Practitioner.objects.update(ended_at=timezone.now())  # the owner, who is one from the start
    Room.objects.all().delete()
    Room.objects.bulk_create([Room(location=location, name=f"Room {n}") for n in range(PRACTITIONERS)])
    people = [staffing.add_practitioner(name=f"Practitioner {n}", user_id=None, by=owner) for n in range(PRACTITIONERS)]
    for person in people:
        hours.set_week(practitioner=person, location=location, week=week, by=owner, at=timezone.now())
        person.services.set(services)
    return people


def _register(owner: User, *, at: datetime) -> list[UUID]:
    return [
        register_patient(
            patient=PatientDetails(first_name="Person", last_name=f"Number {n}"),
            contact=ContactDetails(first_name="Person", last_name=f"Number {n}", email=f"p{n}@mail.example"),
            by=owner,
            at=at,
        ).pk
        for n in range(PEOPLE)
    ]


def _fill_calendar(practitioners: list[Practitioner], people: list[UUID], service: Service, days: list[date]) -> None:
    chance, location, rows = random.Random(42), Location.objects.get(), []
    for day in days:
        free = {start: chance.sample(people, PRACTITIONERS) for start in times_of(day)}
        for practitioner in practitioners:
            for start in chance.sample(list(free), TAKEN_A_DAY):
                period = as_range(Period(start, start + LENGTH))
                rows.append(
                    Appointment(
                        location=location,
                        patient_id=free[start].pop(),
                        service=service,
                        practitioner=practitioner,
                        period=period,
                        occupies=period,
                        status=Status.SCHEDULED,
                    )
                )
    Appointment.objects.bulk_create(rows)


def _weekdays(first: date) -> Iterator[date]:
    day = first
    while True:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)
