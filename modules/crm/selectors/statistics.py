"""Who may be counted, and what of them, in figures without names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from kernel.modules import enabled_modules
from modules.crm.domain.deidentified import Row, age_in_years
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.domain.visit_facts import VisitFact
from modules.crm.models import Patient, StatisticsChoice
from modules.crm.selectors.people import country_here
from tenancy import current_tenant

ROWS = ("pk", "birth_date", "gender", "species", "client__region", "client__country")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a patient stands to being counted, and since when: nobody has asked them, or what they said last."""

    is_counted: bool
    last: StatisticsChoice | None


def statistics_standing(patient: Patient) -> Standing:
    return statistics_standings([patient.pk])[patient.pk]


def statistics_standings(ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Return how each of these patients stands: one query."""
    words = StatisticsChoice.objects.filter(patient__in=ids).last_words()
    last = {each.patient_id: each for each in words}
    return {pk: Standing(pk not in last or last[pk].allowed, last.get(pk)) for pk in ids}


def refused() -> QuerySet[Any, Any]:
    """Return the ids of the patients who said no last: every figure that leaves leaves them out."""
    words = StatisticsChoice.objects.last_words().values("pk")
    return StatisticsChoice.objects.filter(pk__in=words, allowed=False).values("patient_id")


def last_left() -> datetime | None:
    """Return when the last of those who may not be counted any more said no, or was erased."""
    said_no = StatisticsChoice.objects.filter(allowed=False, patient__in=refused()).aggregate(last=Max("at"))["last"]
    erased = Patient.with_merged.aggregate(last=Max("erased_at"))["last"]
    return max((each for each in (said_no, erased) if each), default=None)


def people_to_count(*, on: date) -> list[Row]:
    """Return whoever may be counted, in an order that tells nothing: neither merged, nor erased, nor dead."""
    counted = Patient.objects.filter(died_on=None).exclude(pk__in=refused())
    own = country_here()
    rows = counted.order_by("pk").values_list(*ROWS)
    return [
        Row(pk, (age_in_years(born, on=on), sex, region if country in ("", own) else country, species))
        for pk, born, sex, species, region, country in rows
    ]


def has_animals() -> bool:
    return subject_of(current_tenant().vertical) is Subject.ANIMAL


def visits_to_count(people: set[UUID], *, since: date, until: date) -> Iterator[VisitFact]:
    """Yield the visits of these people from a day until another, from whichever modules are switched on."""
    for module in enabled_modules():
        if module.visit_facts:
            yield from module.load(module.visit_facts)(people, since, until)
