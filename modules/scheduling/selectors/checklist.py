"""What is missing at arrivals: for two hundred visits in as many queries as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import BooleanField, Exists, OuterRef, Value
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan
from django.utils.timezone import get_current_timezone

from modules.crm import public as crm
from modules.scheduling.domain.checklist import (
    BY_THEMSELVES,
    FINDINGS,
    Forms,
    Item,
    of_concern,
    still_missing,
    usually_asked,
)
from modules.scheduling.models import CheckIn, CheckInRules, Practitioner, VitalSign
from tenancy import current_tenant


class Arriving(Protocol):
    """A visit, or the card of one."""

    pk: UUID
    status: str
    patient_id: UUID
    practitioner_id: UUID

    @property
    def starts_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Missing:
    """What of the list is missing, which texts are to be signed and forms filled in, and the insurance that is over on
    the visit's day."""

    items: tuple[Item, ...] = ()
    unsigned: list[crm.Unsigned] = field(default_factory=list)
    unfilled: list[crm.Unfilled] = field(default_factory=list)
    lapsed: crm.Lapsed | None = None


def rules_of_check_in() -> CheckInRules:
    """Return what is asked for here: as it was set, else what the vertical usually asks for."""
    known = CheckInRules.objects.first()
    if known is not None:
        return known
    usual = usually_asked(current_tenant().vertical)
    return CheckInRules(**{item.value: item in usual for item in BY_THEMSELVES})


def asked_for(rules: CheckInRules | None = None) -> frozenset[Item]:
    rules = rules or rules_of_check_in()
    asked = frozenset(item for item in BY_THEMSELVES if getattr(rules, item.value))
    return asked if rules.forms == Forms.NOTHING else asked | {Item.FORM}


def forms_wanted(visits: Collection[Arriving]) -> dict[UUID, list[crm.Unfilled]]:
    """Return by visit which forms should be filled in by its day, and are not. One query."""
    waiting = crm.forms_missing({visit.patient_id for visit in visits})
    zone = get_current_timezone()
    found = {}
    for visit in visits:
        day = visit.starts_at.astimezone(zone).date()
        wanted = [each for each in waiting.get(visit.patient_id, []) if each.is_wanted_on(day)]
        if wanted:
            found[visit.pk] = wanted
    return found


def missing_at(visits: Iterable[Arriving], *, user: Any) -> dict[UUID, Missing]:
    """Return what is missing by visit; one of which nothing is missing is left out.

    Whoever may not note findings is not told that they are missing: it is not theirs to mend.
    """
    asked = asked_for()
    if not user.has_perm("scheduling.note_findings"):
        asked -= FINDINGS
    concerned = [visit for visit in visits if of_concern(visit.status)]
    if not concerned:
        return {}
    lapsed = _lapsed(concerned, user=user)
    unsigned = _unsigned(concerned) if Item.CONSENT in asked else {}
    unfilled = forms_wanted(concerned) if Item.FORM in asked else {}
    noted = _noted(concerned) if asked - {Item.CONSENT, Item.FORM, Item.PRACTITIONER} else {}
    gone = _gone() if Item.PRACTITIONER in asked else frozenset()
    found = {}
    for visit in concerned:
        done = noted.get(visit.pk, set())
        done = done | {Item.CONSENT} if visit.patient_id not in unsigned else done
        done = done | {Item.FORM} if visit.pk not in unfilled else done
        done = done | {Item.PRACTITIONER} if visit.practitioner_id not in gone else done
        items = still_missing(asked=asked, status=visit.status, done=done)
        texts = unsigned.get(visit.patient_id, []) if Item.CONSENT in items else []
        if items or visit.pk in lapsed:
            forms = unfilled.get(visit.pk, [])
            found[visit.pk] = Missing(items, texts, forms, lapsed.get(visit.pk))
    return found


def _lapsed(visits: Iterable[Arriving], *, user: Any) -> dict[UUID, crm.Lapsed]:
    """Return whose insurance is over on the day of the visit: one query for each day, as a rule one."""
    days: dict[date, list[Arriving]] = defaultdict(list)
    zone = get_current_timezone()
    for visit in visits:
        days[visit.starts_at.astimezone(zone).date()].append(visit)
    found: dict[UUID, crm.Lapsed] = {}
    for day, there in days.items():
        lapsed = crm.coverages_lapsed({visit.patient_id for visit in there}, on=day, seen_by=user)
        found |= {visit.pk: lapsed[visit.patient_id] for visit in there if visit.patient_id in lapsed}
    return found


def _unsigned(visits: Iterable[Arriving]) -> Mapping[UUID, list[crm.Unsigned]]:
    return crm.consents_missing({visit.patient_id for visit in visits})


def _noted(visits: Iterable[Arriving]) -> dict[UUID, set[Item]]:
    """Return what was noted of each arrival. Of texts that are sealed, only whether there are any is read."""
    here = [visit.pk for visit in visits if Item.IDENTITY in of_concern(visit.status)]
    if not here:
        return {}
    has_complaints = ExpressionWrapper(GreaterThan(Length("complaints"), Value(0)), output_field=BooleanField())
    has_vitals = Exists(VitalSign.objects.filter(check_in=OuterRef("pk")))
    rows = CheckIn.objects.filter(appointment__in=here).annotate(told=has_complaints, measured=has_vitals)
    found = {}
    for visit_id, identity, told, measured in rows.values_list("appointment_id", "identity", "told", "measured"):
        known = {Item.IDENTITY: identity, Item.COMPLAINTS: told, Item.VITALS: measured}
        found[visit_id] = {item for item, is_known in known.items() if is_known}
    return found


def _gone() -> frozenset[UUID]:
    """Return the practitioners who are here no more: whoever is booked with them has nobody."""
    return frozenset(Practitioner.objects.filter(ended_at__isnull=False).values_list("pk", flat=True))
