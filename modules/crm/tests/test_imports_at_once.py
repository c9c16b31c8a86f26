"""Workers that are killed, and two at one import, with real processes, threads and commits."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import connections

from identity.models import User
from modules.crm.models import Client, Patient, PeopleImport, SearchKey
from modules.crm.services import imports
from modules.crm.services.imports import registering
from modules.crm.tests.imported import checked, work
from modules.crm.tests.messy import messy_file
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def ana() -> User:
    with use_platform():
        return User.objects.get(email="ana@clinic.example")


def apply_and_die(place: TenantRef, import_id: UUID, at: datetime) -> None:
    """Do what a worker does, and be killed when the second handful of people was written down."""
    connections.close_all()
    usual, times = registering.Newcomers.register, []

    def register(newcomers: Any) -> None:
        usual(newcomers)
        times.append(1)
        if len(times) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    with patch.object(registering.Newcomers, "register", register), use(place):
        imports.apply_import(import_id=import_id, at=at)


def test_of_ten_thousand_rows_a_worker_that_is_killed_leaves_nobody_and_the_next_one_imports_all(
    place: TenantRef, ana: User, now: datetime
) -> None:
    messy = messy_file(encoding="utf-16")
    with use(place):
        before = Patient.objects.count(), Client.objects.count()
        imported = checked(messy.content, by=ana, at=now)
        imports.begin_import(imported=imported, by=ana)
    connections.close_all()
    child = multiprocessing.get_context("fork").Process(target=apply_and_die, args=[place, imported.pk, now])
    child.start()
    child.join(300)

    assert child.exitcode == -signal.SIGKILL
    with use(place):
        assert (Patient.objects.count(), Client.objects.count()) == before
        assert PeopleImport.objects.get(pk=imported.pk).state == "IMPORTING"
        work(imported, at=now)
        assert (imported.state, Patient.objects.count()) == ("DONE", before[0] + messy.good)
        assert Client.objects.count() == before[1] + messy.good
        assert SearchKey.objects.filter(is_stale=False).count() == Patient.objects.count()


def test_two_workers_at_one_import_and_two_imports_of_one_file_register_everybody_once(
    place: TenantRef, ana: User, now: datetime
) -> None:
    messy = messy_file(size=60)
    with use(place):
        before = Patient.objects.count()
        both = [checked(messy.content, by=ana, at=now) for _ in range(2)]
        for each in both:
            imports.begin_import(imported=each, by=ana)

    def apply(imported: PeopleImport) -> None:
        with use(place):
            imports.apply_import(import_id=imported.pk, at=now)

    all_at_once([lambda each=each: apply(each) for each in [*both, *both]])

    with use(place):
        assert Patient.objects.count() == before + messy.good
        counts = [PeopleImport.objects.get(pk=each.pk).counts for each in both]
        assert sorted(each.get("created", 0) for each in counts) == [0, messy.good]
