"""Who is faster: an answer or the clock, one worker or the other. Real threads, real commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from identity.models import User
from kernel.errors import Conflict
from kernel.periods import Period
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, EntryState, FreedTime, Offer, OfferState, Practitioner, Room, Service
from modules.scheduling.services import Wait, accept_offer, add_entry, decline_offer
from modules.scheduling.services.waiting.filling import AFTER_UNDO, Left, due_offers, due_times, fill, note_freed
from modules.scheduling.services.waiting.offering import expire_offer
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def desk() -> User:
    with use_platform():
        return User.objects.get(email="rita@clinic.example")


def inside(place: TenantRef, do: Callable[[], Any]) -> Callable[[], Any]:
    """Return what runs in the tenant's room, whatever thread it is in; a refusal is an answer, too."""

    def run() -> Any:
        with use(place):
            try:
                return do()
            except Conflict as refused:
                return refused.code

    return run


def free_an_hour(days: int, *, now: datetime) -> FreedTime:
    period = Period(now + days * DAY, now + days * DAY + HOUR)
    left = Left(
        practitioner_id=Practitioner.objects.get(name="Bo").pk,
        location_id=Room.objects.get(name="Room 1").location_id,
        period=period,
    )
    freed = note_freed(left=left, cause=f"a test: {days}", at=now - HOUR)
    assert freed is not None
    return freed


def test_whatever_comes_at_once_a_time_is_given_once_and_nothing_stays_kept(
    place: TenantRef, desk: User, now: datetime
) -> None:
    """Each freed time: two workers offer it; then answers, the desk and the clock race for it."""
    with use(place):
        service = Service.objects.get(name="Follow-up")
        for name in ("Quin", "Rosa"):
            who = register(name, by=desk, at=now)
            wait = Wait(patient_id=who.pk, service_id=service.pk, first_day=now.date())
            add_entry(wait=wait, by=desk, at=now - DAY)
        times = [free_an_hour(days, now=now) for days in (1, 2, 3)]

    all_at_once([inside(place, lambda pk=freed.pk: fill(freed_id=pk, at=now)) for freed in times for _ in (1, 2)])

    with use(place):
        offers = list(Offer.objects.held())
        assert len(offers) == len({offer.entry_id for offer in offers}) == 2
        assert len({offer.freed_id for offer in offers}) == 2
    (first, second), late = offers, max(offer.expires_at for offer in offers)
    answers = all_at_once(
        [
            inside(place, lambda: accept_offer(offer=first, by=None, at=now + HOUR).pk),
            inside(place, lambda: accept_offer(offer=first, by=desk, at=now + HOUR).pk),
            inside(place, lambda: decline_offer(offer=first, by=None, at=now + HOUR).state),
            inside(place, lambda: accept_offer(offer=second, by=None, at=now + HOUR).pk),
            inside(place, lambda: expire_offer(offer_id=second.pk, at=late)),
            inside(place, lambda: expire_offer(offer_id=second.pk, at=late)),
        ]
    )

    with use(place):
        for offer, said in ((first, answers[:2]), (second, answers[3:4])):
            offer.refresh_from_db()
            was_booked = offer.state == OfferState.ACCEPTED
            assert set(said) == ({offer.booked_id} if was_booked else {"offer-over"})
            assert offer.appointment.status == (Status.SCHEDULED if was_booked else Status.LAPSED)
            assert offer.entry.state == (EntryState.BOOKED if was_booked else EntryState.WAITING)
        assert not Appointment.objects.filter(status=Status.OFFERED).exists()


def test_what_was_killed_in_between_is_found_by_the_clock(place: TenantRef, desk: User, now: datetime) -> None:
    """The job that should have offered it never ran, nor the one that should have ended it."""
    with use(place):
        who = register("Quin", by=desk, at=now)
        service = Service.objects.get(name="Follow-up")
        wait = Wait(patient_id=who.pk, service_id=service.pk, first_day=now.date())
        add_entry(wait=wait, by=desk, at=now)
        freed = free_an_hour(1, now=now)

        assert due_times(at=freed.due_at) == [freed.pk]
        offer = fill(freed_id=freed.pk, at=now + AFTER_UNDO)
        assert offer is not None
        assert (due_times(at=now + HOUR), due_offers(at=offer.expires_at)) == ([], [offer.pk])
        assert expire_offer(offer_id=offer.pk, at=offer.expires_at)
        assert due_times(at=offer.expires_at) == [freed.pk]
        assert fill(freed_id=freed.pk, at=offer.expires_at) is None
        assert due_times(at=offer.expires_at) == []
