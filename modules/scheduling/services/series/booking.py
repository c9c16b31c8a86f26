"""Save a series: everything that was chosen, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.scheduling.domain.series import Occasion, refused
from modules.scheduling.gateways.packages import PackageRefused
from modules.scheduling.models import Equipment, Series
from modules.scheduling.selectors import suitable_rooms
from modules.scheduling.services.placing.locking import lock_resources
from modules.scheduling.services.placing.overrides import check_may_override
from modules.scheduling.services.series.packages import check_enough
from modules.scheduling.services.series.planning import (
    PlannedVisit,
    SeriesWish,
    Terms,
    plan_as_wished,
    plan_visits,
    read_rule,
    read_terms,
)
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.booking import book_appointment
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.wishes import PlaceInSeries, Wish


class SeriesTaken(Conflict):
    """Some of what was chosen cannot be had any more. `visits` is what there is now; nothing was saved."""

    code = "series-taken"

    def __init__(self, detail: str, *, taken: Sequence[int], visits: Sequence[PlannedVisit]) -> None:
        super().__init__(detail)
        self.taken, self.visits = list(taken), list(visits)

    def extra(self) -> dict[str, object]:
        return {"taken": self.taken, "visits": [visit.on_the_wire() for visit in self.visits]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What becomes of one visit of a plan: where it is planned, or elsewhere, or there all the same, for a reason.

    What is not chosen is skipped.
    """

    number: int
    starts_at: datetime | None = None
    practitioner_id: UUID | None = None
    override: str = ""


def book_series(*, wish: SeriesWish, chosen: Sequence[Chosen], by: Any, at: datetime) -> Series:
    """Book the chosen visits of a series: all, or none.

    Raises `SeriesTaken` with what is free now, or what `plan_series` raises.
    """
    terms = read_terms(wish, by=by)
    occasions = read_rule(wish, terms=terms, at=at)
    series = Series(
        location=terms.location,
        patient_id=terms.patient.id,
        service_ids=list(wish.service_ids),
        practitioner_ids=list(wish.practitioner_ids),
        room=terms.room,
        rule=wish.rule.upper(),
        first_day=wish.first_day,
        starts=wish.starts,
        length=int(terms.length.total_seconds() // 60),
        created_by_id=by.pk,
        created_by_name=str(by),
    )
    draft = Draft(series, terms, remark=wish.remark, tell=wish.tell, package_id=wish.package_id)
    return save(draft, occasions=occasions, chosen=chosen, by=by, at=at)


@dataclass(frozen=True, slots=True)
class Draft:
    """A series about to be saved."""

    series: Series
    terms: Terms
    remark: str
    tell: Tell
    package_id: UUID | None = None


def save(draft: Draft, *, occasions: Sequence[Occasion], chosen: Sequence[Chosen], by: Any, at: datetime) -> Series:
    """Write a series and the chosen of its visits. Raises `SeriesTaken`, `SeriesRefused` or `NotAllowed`."""
    terms, picked = draft.terms, match(occasions, chosen=chosen, by=by)
    if not picked:
        raise refused(_("Choose at least one visit."), at="visits")
    occurrences = [(occasion, each.starts_at or occasion.starts_at(terms.location.zone)) for occasion, each in picked]

    services = [service.pk for service in terms.services.all]

    def write() -> list[int]:
        visits = plan_visits(terms, occurrences=occurrences, at=at)
        if taken := not_to_be_had(visits, picked=picked):
            return taken
        if draft.package_id is not None:
            check_enough(draft.package_id, service_ids=services, visits=len(picked), by=by, at=at)
        draft.series.save()
        return _book_all(draft, visits, picked, by=by, at=at)

    all_or_nothing(write, terms=terms, plan=lambda: plan_as_wished(terms, occasions=occasions, at=at))
    changes = audit.created(draft.series, ["patient_id", "rule", "first_day", "starts", "length"])
    audit.record(
        action="scheduling.series.booked", of=draft.series, by=by, changes=changes | {"visits": (None, len(picked))}
    )
    telling.about_series(draft.series, at=at, tell=draft.tell)
    return draft.series


Picked = list[tuple[Occasion, Chosen]]


def match(occasions: Sequence[Occasion], *, chosen: Sequence[Chosen], by: Any) -> Picked:
    """Put what was chosen to what it was chosen for, in order. Raises `SeriesRefused` or `NotAllowed`."""
    by_number = {occasion.number: occasion for occasion in occasions}
    numbers = [each.number for each in chosen]
    if len(set(numbers)) != len(numbers) or not set(numbers) <= set(by_number):
        raise refused(_("The plan has changed. Look at it again."), at="visits")
    if any(each.override for each in chosen):
        check_may_override(by=by)
    return [(by_number[each.number], each) for each in sorted(chosen, key=lambda each: each.number)]


def not_to_be_had(visits: Sequence[PlannedVisit], *, picked: Picked) -> list[int]:
    """Return the numbers of those that are not free as they were chosen, but for those that override."""
    return [
        visit.number
        for visit, (_occasion, each) in zip(visits, picked, strict=True)
        if not each.override
        and not (visit.is_free_with(each.practitioner_id) if each.practitioner_id else visit.slot is not None)
    ]


def all_or_nothing(write: Callable[[], list[int]], *, terms: Terms, plan: Callable[[], list[PlannedVisit]]) -> None:
    """Run a write behind all locks. It returns the numbers it could not write; if any, nothing is kept."""
    taken: list[int] = []
    try:
        with transaction.atomic():
            lock_for(terms)
            taken = write()
            if taken:
                raise _NothingIsKept
    except _NothingIsKept:
        numbers = ", ".join(str(number) for number in taken)
        sentence = _("Not free any more: visit %(numbers)s. Nothing has been saved; look at the plan as it is now.")
        raise SeriesTaken(sentence % {"numbers": numbers}, taken=taken, visits=plan()) from None


def lock_for(terms: Terms) -> None:
    """Take one's turn at everything that any of the visits may take."""
    practitioners = terms.practitioners or terms.services.performers()
    rooms = [terms.room] if terms.room else suitable_rooms(*terms.services.all)
    pieces = Equipment.objects.current().filter(kind__services__in=terms.services.all)
    lock_resources(
        practitioners=[practitioner.pk for practitioner in practitioners],
        others=[terms.patient.id, *(room.pk for room in rooms)],
        equipment=pieces.values_list("pk", flat=True),
    )


class _NothingIsKept(Exception):
    """Rolls back what was written so far."""


def _book_all(draft: Draft, visits: Sequence[PlannedVisit], picked: Picked, *, by: Any, at: datetime) -> list[int]:
    """Book one visit after the other, and return the numbers of those that could not be."""
    taken = []
    for session, (visit, (occasion, each)) in enumerate(zip(visits, picked, strict=True), start=1):
        place = PlaceInSeries(
            series=draft.series, day=occasion.day, time=occasion.time, number=session, total=len(picked)
        )
        try:
            book_appointment(wish=_wish(draft, visit, each, place), by=by, at=at)
        except PackageRefused:
            raise
        except Conflict:
            taken.append(visit.number)
    return taken


def _wish(draft: Draft, visit: PlannedVisit, each: Chosen, place: PlaceInSeries) -> Wish:
    terms = draft.terms
    slot = visit.slot
    named = each.practitioner_id or (slot.practitioner_id if slot else None)
    return Wish(
        service_id=terms.services.first.pk,
        further_service_ids=tuple(service.pk for service in terms.services.further),
        patient_id=terms.patient.id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        practitioner_id=named or (terms.practitioners[0].pk if terms.practitioners else None),
        room_id=terms.room.pk if terms.room else None,
        remark=draft.remark,
        source="series",
        override=each.override,
        tell=Tell.NOT,
        package_id=draft.package_id,
        place_in_series=place,
    )
