"""Several windows that write in one note at the same moment, with real threads and commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from identity.models import User
from kernel.ids import new_id
from modules.crm.models import Note, Patient
from modules.crm.selectors import versions_of
from modules.crm.services import (
    Before,
    ContactDetails,
    NoteChanged,
    PatientDetails,
    Written,
    begin_note,
    register_patient,
    save_draft,
)
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")
WINDOWS = ("a", "b", "c")


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def bo() -> User:
    with use_platform():
        return User.objects.get(email="bo@clinic.example")


@pytest.fixture
def paul(place: TenantRef, bo: User, now: datetime) -> Patient:
    with use(place):
        details, contact = PatientDetails(first_name="Paul"), ContactDetails(first_name="Paul")
        return register_patient(patient=details, contact=contact, by=bo, at=now)


def test_of_windows_that_save_at_once_one_saves_and_the_others_are_told(
    place: TenantRef, paul: Patient, bo: User, now: datetime
) -> None:
    with use(place):
        note = begin_note(patient=paul, by=bo, at=now)

    def saves(tab: str, seen: str) -> Callable[[], str]:
        def save() -> str:
            with use(place):
                try:
                    written, before = Written(sections={"plan": f"{seen}{tab}"}), Before(seen=seen, tab=tab)
                    save_draft(note=note, written=written, before=before, by=bo, at=now)
                except NoteChanged:
                    return ""
                return f"{seen}{tab}"

        return save

    saved = []
    for number in range(3):
        with use(place):
            seen = Note.objects.select_related("draft").get(pk=note.pk).seen
        windows = [f"{tab}{number}" for tab in WINDOWS]
        saved.append([text for text in all_at_once([saves(tab, seen) for tab in windows]) if text])

    assert [len(texts) for texts in saved] == [1, 1, 1]
    with use(place):
        kept = [each.texts["plan"] for each in versions_of(Note.objects.for_display().get(pk=note.pk))]
    assert kept == [texts[0] for texts in reversed(saved)]


def test_of_those_who_begin_a_visits_note_at_once_all_get_the_same(
    place: TenantRef, paul: Patient, bo: User, now: datetime
) -> None:
    visit = new_id()

    def begin() -> Note:
        with use(place):
            return begin_note(patient=paul, appointment_id=visit, by=bo, at=now)

    assert len({note.pk for note in all_at_once([begin] * 4)}) == 1
