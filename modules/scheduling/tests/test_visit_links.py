"""The link in a mail: whoever has it sees, moves and cancels one visit, until it is too late."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Location, Service
from modules.scheduling.tests.online_pages import NINA, link_in, text_of
from tenancy import TenantRef, use
from tests.jobs import run_due_jobs


@pytest.fixture
def booked(pages: Any, offered: Service, slot: str, clinic: TenantRef, mailoutbox: Any) -> str:
    """The address of Nina's visit, as her mail has it."""
    pages().post("/book/confirm/", {"service": offered.pk, "slot": slot, **NINA})
    run_due_jobs()
    pages().post(link_in(mailoutbox[-1], "book/held"))
    run_due_jobs()
    return link_in(mailoutbox[-1], "visit")


def test_by_its_link_a_visit_is_moved_and_cancelled(
    pages: Any, booked: str, clinic: TenantRef, mailoutbox: Any
) -> None:
    phone = pages()
    offered = re.findall(r'name="slot" value="([^"]+)"', text_of(phone.get(f"{booked}time/")))

    moved = phone.post(f"{booked}time/", {"slot": offered[1]})
    asked = phone.get(f"{booked}cancellation/")
    with use(clinic):
        assert Appointment.objects.get().status == Status.SCHEDULED
    cancelled = phone.post(f"{booked}cancellation/")
    run_due_jobs()

    assert (moved.status_code, asked.status_code, cancelled.status_code) == (302, 200, 302)
    with use(clinic):
        visit = Appointment.objects.get()
        assert visit.status == Status.CANCELLED
        assert visit.cancellations.get().side == "PATIENT"
    assert "Cancelled" in text_of(phone.get(booked))
    assert [mail.subject.partition(":")[0] for mail in mailoutbox[-1:]] == ["Cancelled"]


def test_a_link_ends_with_its_visit_its_notice_and_its_practice(
    pages: Any, booked: str, clinic: TenantRef, other: TenantRef
) -> None:
    phone = pages()
    assert pages(None, other).get(booked).status_code == 404
    assert phone.get("/visit/guessed/").status_code == 404

    with use(clinic):
        visit = Appointment.objects.get()
        hours = int((visit.starts_at - timezone.now()).total_seconds() // 3600) + 1
        Location.objects.update(change_notice_hours=hours, phone="+441134960000")
    late = phone.post(f"{booked}cancellation/")
    assert late.status_code == 403
    assert "+441134960000" in text_of(late)
    assert "Move it" not in text_of(phone.get(booked))

    with use(clinic):
        assert Appointment.objects.get().status == Status.SCHEDULED
