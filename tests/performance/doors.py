"""Row 4: one time of one practitioner, wanted through every door of the house at once by sixteen processes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from audit.models import AuditEntry
from modules.crm.models import Patient
from modules.scheduling.models import Appointment, Claim, Kind
from modules.scheduling.services.waiting.entries import Wait, add_entry
from notify.models import Message
from tenancy import use
from tests.doors import session_key
from tests.performance.practice import Practice, times_of
from tests.performance.results import Result, spread
from tests.performance.rush import Attempt, Outcome, rush
from tests.performance.visit import Visit, WrongAnswer

PROCESSES, ATTEMPTS = 16, 500
OF_EACH = {"api": 170, "page": 100, "series": 80, "waiting list": 50, "any practitioner": 100}
WON, LOST = {200, 201, 302}, {409}


def every_door(visit: Visit) -> Iterator[Result]:
    """Five hundred attempts at one time: whoever wins, nobody and nothing is taken twice, and all accounts agree."""
    practice = visit.practice
    wanted, at = _wanted_time(practice)
    with use(practice.tenant):
        attempts = _Doors(visit, wanted, at).attempts()
    outcomes = rush(attempts, processes=PROCESSES)
    with use(practice.tenant):
        problems = [*_wrong_answers(outcomes), *_wrong_accounts(outcomes, wanted, at)]
    if problems:
        raise WrongAnswer("; ".join(problems))
    won = Counter(each.door for each in outcomes if each.status in WON)
    seen = spread([each.seconds for each in outcomes])
    yield Result(
        row="4",
        what=f"{ATTEMPTS} attempts at one time by {PROCESSES} processes, over " + ", ".join(OF_EACH),
        bar="nobody and nothing taken twice, every loser 409 with other times, audit and outbox agree",
        measured=f"{won.total()} of {ATTEMPTS} booked with {won.total()} practitioners "
        f"({', '.join(f'{door} {count}' for door, count in won.items())}), all accounts agree",
        met=True,
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
    )


def _wanted_time(practice: Practice) -> tuple[UUID, datetime]:
    """Return a practitioner and a time that nothing else of the harness wants."""
    (day,) = islice(practice.free_days(), 90, 91)
    return practice.practitioners[0], times_of(day)[5]


class _Doors:
    """The same wish in the words of each door; each attempt is for somebody else."""

    def __init__(self, visit: Visit, wanted: UUID, at: datetime) -> None:
        self.visit, self.wanted, self.at = visit, wanted, at
        self.caller = visit.arrive()
        self.host = self.caller.headers["Host"]
        self.people = iter(_new_people(ATTEMPTS, like=visit.practice.people[0]))

    def attempts(self) -> list[Attempt]:
        make = {
            "api": self._api,
            "page": self._page,
            "series": self._series,
            "waiting list": self._offer,
            "any practitioner": self._anybody,
        }
        made = [[make[door](next(self.people)) for _ in range(count)] for door, count in OF_EACH.items()]
        longest = max(map(len, made))
        return [attempts[turn] for turn in range(longest) for attempts in made if turn < len(attempts)]

    def _api(self, who: UUID) -> Attempt:
        return self._call("api", "/api/scheduling/appointments/", self._wish(who, self.wanted))

    def _anybody(self, who: UUID) -> Attempt:
        return self._call("any practitioner", "/api/scheduling/appointments/", self._wish(who, None))

    def _series(self, who: UUID) -> Attempt:
        """Two weeks of it: who loses one of the two gets neither."""
        fields = {
            "patient_id": who,
            "service_ids": [self.visit.practice.service],
            "rule": "FREQ=WEEKLY;COUNT=2",
            "first_day": self.at.date(),
            "start": self.at.time(),
            "practitioner_ids": [self.wanted],
            "visits": [{"number": 1}, {"number": 2}],
        }
        return self._call("series", "/api/scheduling/series/", fields)

    def _offer(self, who: UUID) -> Attempt:
        practice, now = self.visit.practice, timezone.now()
        wait = Wait(patient_id=who, service_id=practice.service, first_day=now.date(), last_day=self.at.date())
        entry = add_entry(wait=wait, by=practice.owner, at=now)
        fields = {"start_time": self.at.isoformat(), "practitioner_id": self.wanted}
        return self._call("waiting list", f"/api/scheduling/waiting-list/{entry.pk}/offers/", fields)

    def _page(self, who: UUID) -> Attempt:
        key, token = session_key(self.visit.practice.owner, self.visit.practice.tenant), "a" * 32
        form = {
            "csrfmiddlewaretoken": token,
            "service": self.visit.practice.service,
            "patient": who,
            "slot": f"{self.at.isoformat()}|{self.wanted}|",
        }
        headers = {
            "Host": self.host,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://{self.host}",
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={key}; {settings.CSRF_COOKIE_NAME}={token}",
        }
        return Attempt("page", self._port, "POST", "/appointments/new/", headers, urlencode(form).encode())

    def _wish(self, who: UUID, whom: UUID | None) -> dict[str, Any]:
        wish = {"service_id": self.visit.practice.service, "patient_id": who, "start_time": self.at.isoformat()}
        return wish | ({"practitioner_id": whom} if whom else {})

    def _call(self, door: str, path: str, fields: dict[str, Any]) -> Attempt:
        headers = self.caller.headers | {"Idempotency-Key": str(uuid4())}
        return Attempt(door, self._port, "POST", path, headers, json.dumps(fields, default=str).encode())

    @property
    def _port(self) -> int:
        return self.visit.house.site.port


def _new_people(count: int, *, like: UUID) -> list[UUID]:
    """Put in so many people more, all of one client."""
    client_id = Patient.objects.values_list("client_id", flat=True).get(pk=like)
    made = Patient.objects.bulk_create(
        Patient(client_id=client_id, first_name="Rival", last_name=f"{number}") for number in range(count)
    )
    return [patient.pk for patient in made]


def _wrong_answers(outcomes: list[Outcome]) -> Iterator[str]:
    for each in outcomes:
        if each.status not in WON | LOST:
            yield f"{each.door}: {each.status} {each.content[:300].decode(errors='replace')}"
        elif each.status in LOST and each.door != "page" and not _other_times(json.loads(each.content)):
            yield f"{each.door}: 409 without other times: {each.content[:300].decode(errors='replace')}"


def _other_times(problem: dict[str, Any]) -> object:
    """Return the times offered instead; a series has its visits as they could be now."""
    return problem.get("alternatives") or problem.get("visits")


def _wrong_accounts(outcomes: list[Outcome], wanted: UUID, at: datetime) -> Iterator[str]:
    standing = Appointment.objects.holding_time().filter(period__startswith=at)
    won = [each for each in outcomes if each.status in WON]
    if standing.count() != len(won):
        yield f"{len(won)} were told that they won, {standing.count()} visits stand"
    if standing.filter(practitioner_id=wanted).count() != 1:
        yield f"{standing.filter(practitioner_id=wanted).count()} visits with whom all wanted"
    claims = Claim.objects.filter(kind=Kind.PRACTITIONER, appointment__in=standing)
    if len(set(claims.values_list("resource_id", flat=True))) != standing.count():
        yield "a practitioner has two visits at once"
    ids = [str(each) for each in standing.values_list("pk", flat=True)]
    begun = AuditEntry.objects.filter(object_id__in=ids, action__in=BEGINNINGS)
    if begun.count() != len(ids):
        yield f"{begun.count()} entries in the log for {len(ids)} visits"
    told = Message.objects.filter(about__appointment_id__in=ids).exclude(cause__startswith="scheduling.reminder")
    if told.values("about__appointment_id").distinct().count() < sum(each.door in TOLD_EACH for each in won):
        yield "somebody who won hears nothing of it"


BEGINNINGS = ("scheduling.appointment.booked", "scheduling.appointment.offered")
TOLD_EACH = {"api", "any practitioner"}
