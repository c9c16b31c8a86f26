"""Eight threads, four rooms and a few shared connections: whatever comes out of a room is that room's."""

from __future__ import annotations

import io
import json
import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import dramatiq
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import SuspiciousFileOperation
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from access.models import Member, Role
from filestore.models import StoredFile
from filestore.storage import read_file, store_file
from identity import tokens
from identity.models import User
from jobs.middleware import RoomMiddleware
from jobs.models import OutboxMessage
from jobs.outbox import later
from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient
from monitoring.logs import JsonLines, OccasionFilter
from notify.tasks import deliver
from tenancy import TenantRef, current_tenant, everywhere, use, use_cell, use_platform
from tenancy.databases import databases, is_split, settings_of
from tenancy.places import this_connection
from tenants import signup
from tenants.models import Tenant
from tenants.opening import open_tenant
from tenants.signup import SignUp
from tests.cast import tenant_called
from tests.doors import host_of, session_key
from tests.together import all_at_once

THREADS, TURNS = 8, 12
FOURTH = SignUp(
    name="Fourth Room",
    vertical="clinic",
    subdomain="fourth",
    time_zone="Europe/London",
    currency="GBP",
    language="en-gb",
    owner_name="",
    email="",
    password="",
)


@dataclass
class Room:
    tenant: TenantRef
    owner: User
    mark: str
    session: str
    token: str
    file: StoredFile


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Building:
    rooms: list[Room]
    site: WSGIHandler
    wanderer: User  # one object in every thread: a receptionist in some rooms, and nobody in the others
    at_home: set[UUID]
    kinds: int
    asked: dict[str, UUID] = field(default_factory=dict)  # request id -> the tenant whose host was asked

    def ask(self, room: Room, path: str, *, method: str = "GET", session: str = "", token: str = "") -> Answer:
        headers = {"host": host_of(room.tenant)}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        headers |= {"cookie": SimpleCookie({settings.SESSION_COOKIE_NAME: session}).output(header="").strip()}
        environ = RequestFactory().generic(method, path, headers=headers).environ
        begun: list[Any] = []
        response = self.site(environ, lambda *told: begun.extend(told))
        text = b"".join(response).decode(errors="replace")
        response.close()
        found = {name.lower(): value for name, value in begun[1]}
        self.asked[found["x-request-id"]] = room.tenant.id
        return Answer(int(begun[0].split()[0]), text, found)


@pytest.fixture
def pooled(own_database: None) -> Iterator[None]:
    """Connections from a pool, as in production; fewer than threads, so that each serves one room after the other.

    A thread may hold one to each database, so with two there are enough for all: else they would wait in a circle.
    """
    connection.close()
    before = {database: settings_of(database)["OPTIONS"] for database in databases()}
    pool = {"min_size": 1, "max_size": THREADS if is_split() else THREADS // 2, "timeout": 60}
    for database, options in before.items():
        settings_of(database)["OPTIONS"] = options | {"pool": pool}
    yield
    connection.close()
    for into in everywhere():
        with into():
            this_connection().close_pool()
    for database, options in before.items():
        settings_of(database)["OPTIONS"] = options


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log says in production."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    handler.addFilter(OccasionFilter())
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def building(pooled: None) -> Building:
    with use_platform():
        wanderer = User.objects.get(email="oda@atrium.example")
        reserved = signup.reserve_for(owner=User.objects.get(email="sam@shop.example"), wish=FOURTH, at=timezone.now())
    open_tenant(tenant_id=reserved.pk, at=timezone.now())
    rooms = [_furnished(tenant_called(name)) for name in ("clinic", "other", "shop", "fourth")]
    at_home = {rooms[0].tenant.id, rooms[2].tenant.id}
    for room in rooms:
        if room.tenant.id in at_home:
            with use(room.tenant):
                Member.objects.create(
                    user_id=wanderer.pk,
                    role=Role.RECEPTIONIST,
                    name="Oda",
                    email=wanderer.email,
                    joined_at=timezone.now(),
                )
    return Building(rooms, WSGIHandler(), wanderer, at_home, ContentType.objects.get_for_model(Patient).pk)


def _furnished(tenant: TenantRef) -> Room:
    """Put somebody into the room whose name is nowhere else, and a file, and sign its owner in."""
    mark, at = f"Only{tenant.subdomain}", timezone.now()
    with use_platform():
        owner = Tenant.objects.get(pk=tenant.id).owner
        token = tokens.issue_tokens(user=owner, tenant_id=tenant.id, at=at).access
    with use(tenant):
        name = PatientDetails(first_name=mark)
        register_patient(patient=name, contact=ContactDetails(first_name=mark), by=owner, at=at)
        file = store_file(name="x", content=mark.encode(), media_type="text/plain", kind="x")
    return Room(tenant, owner, mark, session_key(owner, tenant), token, file)


# -- what is tried; each returns what was wrong


def reads_its_own_list(building: Building, room: Room, other: Room) -> Any:
    answer = building.ask(room, "/api/patients/", token=room.token)
    return answer if answer.status != 200 or marks_in(building, answer) != {room.mark} else None


def sees_its_own_page(building: Building, room: Room, other: Room) -> Any:
    answer = building.ask(room, "/patients/", session=room.session)
    return answer if answer.status != 200 or marks_in(building, answer) != {room.mark} else None


def brings_anothers_session(building: Building, room: Room, other: Room) -> Any:
    answer = building.ask(room, "/patients/", session=other.session)
    return answer if answer.status != 302 or marks_in(building, answer) else None


def brings_anothers_token(building: Building, room: Room, other: Room) -> Any:
    answer = building.ask(room, "/api/patients/", token=other.token)
    return answer if answer.status != 401 or marks_in(building, answer) else None


def sends_a_forged_form(building: Building, room: Room, other: Room) -> Any:
    answer = building.ask(room, "/patients/new/", method="POST", session=room.session)
    return answer if answer.status != 403 else None


def asks_what_the_wanderer_may(building: Building, room: Room, other: Room) -> Any:
    wrong = []
    for each in (room, other, room):
        with use(each.tenant):
            allowed = building.wanderer.has_perm("access.use_workspace")
        if allowed != (each.tenant.id in building.at_home):
            wrong.append((each.mark, allowed))
    return wrong


def looks_up_a_kind(building: Building, room: Room, other: Room) -> Any:
    with use(room.tenant):
        found = ContentType.objects.get(app_label="crm", model="patient").pk
        return found if {found, ContentType.objects.get_for_model(Patient).pk} != {building.kinds} else None


def opens_its_file_only(building: Building, room: Room, other: Room) -> Any:
    with use(room.tenant):
        kept = read_file(room.file).decode()
        try:
            return ("read", read_file(other.file))
        except SuspiciousFileOperation:
            return kept if kept != room.mark or not room.file.key.startswith(f"t/{room.tenant.id}/") else None


def works_on_a_job(building: Building, room: Room, other: Room) -> Any:
    """As the worker does, which may have been in any other room a moment ago."""
    with use(room.tenant):
        job = later(deliver, message_id=room.mark)
    options = {"tenant_id": str(room.tenant.id), "outbox_id": str(job)}
    message: Any = dramatiq.Message(queue_name="mail", actor_name="x", args=(), kwargs={}, options=options)
    with use_cell():
        kept = OutboxMessage.objects.get(pk=job)
    with use(other.tenant):
        worker, broker = RoomMiddleware(), dramatiq.get_broker()
        worker.before_process_message(broker, message)
        found = set(Patient.objects.filter(first_name__startswith="Only").values_list("first_name", flat=True))
        inside = current_tenant().id
        worker.after_process_message(broker, message)
    seen = (inside, found, kept.tenant_id, kept.room)
    return None if seen == (room.tenant.id, {room.mark}, room.tenant.id, room.tenant.schema_name) else seen


TRIED = (
    reads_its_own_list,
    sees_its_own_page,
    brings_anothers_session,
    brings_anothers_token,
    sends_a_forged_form,
    asks_what_the_wanderer_may,
    looks_up_a_kind,
    opens_its_file_only,
    works_on_a_job,
)


def marks_in(building: Building, answer: Answer) -> set[str]:
    return {room.mark for room in building.rooms if room.mark in answer.text}


def test_nothing_of_a_room_is_met_in_another_however_many_are_busy(building: Building, written: io.StringIO) -> None:
    def wander(seed: int) -> list[Any]:
        chance = random.Random(seed)
        wrong = []
        for turn in range(TURNS):
            room, other = chance.sample(building.rooms, 2)
            tried = TRIED[(seed + turn) % len(TRIED)]
            if found := tried(building, room, other):
                wrong.append((tried.__name__, room.mark, other.mark, found))
        return wrong

    leaks = [leak for found in all_at_once([partial(wander, seed) for seed in range(THREADS)]) for leak in found]

    assert leaks == []
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = {line["id"]: line["tenant"] for line in lines if line["logger"] == "atrium.request"}
    assert told == {request: str(tenant) for request, tenant in building.asked.items()}
    assert len(told) > THREADS * TURNS // 3
