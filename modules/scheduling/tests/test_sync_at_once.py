"""Two workers at once, at one calendar elsewhere."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from identity.models import User
from modules.scheduling.gateways.sync_fake import FakeServer, Shelf
from modules.scheduling.models import CalendarSync, ExternalCalendar, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from modules.scheduling.services.elsewhere import calendar_sync
from modules.scheduling.services.elsewhere.sync_steps import take_lease
from modules.scheduling.tests.calendar_servers import PASSWORD
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_of_the_template


def test_two_workers_at_once_put_each_visit_once_and_who_comes_second_has_it_looked_at_again(
    own_database: None, monkeypatch: Any
) -> None:
    """The first one is held up in the middle of a put; the second one finds that somebody is at it."""
    clinic = tenant_of_the_template("clinic")
    shelf = Shelf(PASSWORD, {"work": {}})
    reached, go_on = threading.Event(), threading.Event()
    puts: list[str] = []

    class Slow(FakeServer):
        def put(self, calendar: str, entry_id: str, content: bytes, *, etag: str | None) -> str:
            puts.append(entry_id)
            reached.set()
            assert go_on.wait(20)
            return super().put(calendar, entry_id, content, etag=etag)

    monkeypatch.setattr(calendar_sync, "open_server", lambda who: Slow(who, shelf))
    at = timezone.now()
    calendar_id = _connected_with_a_visit(clinic, at)
    more: list[bool] = []

    def work() -> None:
        try:
            with use(clinic):
                more.append(calendar_sync.sync_calendar(calendar_id=calendar_id, at=at))
        finally:
            connections.close_all()

    first = threading.Thread(target=work)
    first.start()
    assert reached.wait(20)
    with use(clinic):
        assert calendar_sync.sync_calendar(calendar_id=calendar_id, at=at) is False
        assert take_lease(calendar_id=calendar_id) is None
    go_on.set()
    first.join(20)

    assert more == [True]
    with use(clinic):
        assert calendar_sync.sync_calendar(calendar_id=calendar_id, at=at) is False
    assert len(puts) == len(shelf.calendars["work"]) == 1


def _connected_with_a_visit(clinic: TenantRef, at: datetime) -> Any:
    with use_platform():
        rita = User.objects.get(email="rita@clinic.example")
    with use(clinic):
        bo = Practitioner.objects.get(name="Bo")
        day = (at + timedelta(days=14 - at.weekday())).replace(hour=10, minute=0, second=0, microsecond=0)
        patient = register("Paul", by=rita, at=at)
        wish = Wish(
            service_id=Service.objects.get(name="Follow-up").pk,
            patient_id=patient.pk,
            practitioner_id=bo.pk,
            starts_at=day,
        )
        book_appointment(wish=wish, by=rita, at=at)
        calendar = ExternalCalendar.objects.create(practitioner=bo, label="Mine", url="work")
        CalendarSync.objects.create(calendar=calendar, password=PASSWORD, is_chosen=True, pushes=True)
        return calendar.pk
