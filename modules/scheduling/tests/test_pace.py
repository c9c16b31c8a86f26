"""Patients book as often as anybody could need to, and no program books for them without end."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from identity.models import User
from kernel import limits
from modules.scheduling.models import Service
from modules.scheduling.services.online.pace import BOOKINGS, SECONDS

NOBODY = str(UUID(int=0))
API = "/api/scheduling/appointments/"


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no span of counting end in the middle of a test."""
    moment = time.time()
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: moment))


def has_booked(person: User, *, times: int) -> None:
    for _ in range(times):
        limits.count("booking", str(person.pk), at_most=times, seconds=SECONDS)


def wish(service: Service) -> dict[str, str]:
    starts, ends = "2031-03-03T10:00:00Z", "2031-03-03T10:30:00Z"
    return {"service_id": str(service.pk), "patient_id": NOBODY, "practitioner_id": NOBODY, "start_time": starts,
            "end_time": ends}  # fmt: skip


def test_a_patient_who_books_without_end_is_told_to_wait(api: Any, pia: User, follow_up: Service) -> None:
    has_booked(pia, times=BOOKINGS - 1)

    last, refused = (api(pia).post(API, wish(follow_up)) for _ in range(2))

    assert last.status_code in (403, 404, 422)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert int(refused["Retry-After"]) in range(1, SECONDS + 1)


def test_so_are_the_pages_of_the_portal_and_they_keep_what_was_chosen(
    pages: Any, pia: User, follow_up: Service
) -> None:
    Service.objects.filter(pk=follow_up.pk).update(offered="ONLINE")
    has_booked(pia, times=BOOKINGS)

    refused = pages(pia).post("/my/book/", {"service": str(follow_up.pk), "slot": "2031-03-03T10:00:00+00:00"})

    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert "That was too often. Try again in" in refused.content.decode()
    assert follow_up.name in refused.content.decode()


def test_the_desk_books_as_fast_as_it_can(api: Any, rita: User, follow_up: Service) -> None:
    has_booked(rita, times=BOOKINGS)

    assert api(rita).post(API, wish(follow_up)).status_code in (404, 422)
