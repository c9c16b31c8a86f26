"""By what records themselves are narrowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from modules.crm import selectors
from modules.crm.domain.facets import Asked, Facet, Facets, Shape, within
from modules.crm.models import CARE, HOLDS, Client, Diagnosis, Flag, FlagCategory, Gender, Patient, PatientGrant
from privacy.fields import digests_in

MOST_CHOICES = 300
STATES = (("active", _("Active")), ("ended", _("Ended")), ("died", _("Died")))


def _by_state(asked: Asked) -> Q:
    if asked.value == "active":
        return Q(ended_at=None)
    return Q(died_on__isnull=asked.value == "ended") & ~Q(ended_at=None)


def _by_age(asked: Asked) -> Q:
    """Whole years today. Whoever was born on 29 February is a year older on 1 March."""
    youngest, oldest = asked.value
    condition = Q()
    if youngest is not None:
        condition &= Q(birth_date__lte=asked.today - relativedelta(years=youngest))
    if oldest is not None:
        condition &= Q(birth_date__gt=asked.today - relativedelta(years=oldest + 1))
    return condition


def _by_registration(asked: Asked) -> Q:
    return Q(**within("created_at", asked.moments))


def _by_carer(asked: Asked) -> Q:
    grants = PatientGrant.objects.filter(user_id=asked.value, permission__codename=CARE)
    return Q(pk__in=grants.values("content_object"))


def _by_flag(asked: Asked) -> Q:
    flags = Flag.objects.visible_to(asked.by).in_force(asked.today)
    return Q(pk__in=flags.filter(category=asked.value).values("patient"))


def _by_diagnosis(asked: Asked) -> Q:
    """A code is asked for with its system, and held against what was recorded: by the blind index, for it is sealed."""
    system, _bar, code = asked.value.rpartition("|")
    rows = Diagnosis.objects.visible_to(asked.by).filter(system=system, verification__in=HOLDS)
    return Q(pk__in=rows.filter(code_digest__in=digests_in(Diagnosis, "code", code)).values("patient"))


def _diagnosed(by: Any) -> Iterable[tuple[str, str]]:
    """Return the codes that somebody whom one treats has, by what they are called."""
    rows = Diagnosis.objects.visible_to(by).filter(verification__in=HOLDS).exclude(code_digest="")
    one_of_each = rows.order_by("system", "code_digest", "-recorded_at").distinct("system", "code_digest")
    found = {f"{each.system}|{each.code}": each.display for each in one_of_each[:MOST_CHOICES]}
    return sorted(found.items(), key=lambda choice: choice[1])


def _regions(by: Any) -> Iterable[tuple[str, str]]:
    seen = Client.objects.of_patients_seen_by(by).exclude(region="")
    return [(each, each) for each in _values(seen, "region")]


def _species(by: Any) -> Iterable[tuple[str, str]]:
    seen = Patient.objects.visible_to(by).exclude(species="")
    return [(each, each) for each in _values(seen, "species")]


def _values(rows: Any, name: str) -> list[str]:
    return list(rows.order_by(name).values_list(name, flat=True).distinct()[:MOST_CHOICES])


def _carers(_by: Any) -> Iterable[tuple[str, str]]:
    return [(str(each.user_id), each.name) for each in selectors.colleagues_who_treat()]


SEE = "crm.view_patient"
FACETS: Facets = {
    "state": Facet(title=_("State"), permission=SEE, narrow=_by_state, choices=lambda _by: STATES),
    "age": Facet(title=_("Age"), permission=SEE, narrow=_by_age, shape=Shape.NUMBERS),
    "gender": Facet(
        title=_("Sex"), permission=SEE, narrow=lambda asked: Q(gender=asked.value), choices=lambda _by: Gender.choices
    ),
    "species": Facet(title=_("Species"), permission=SEE, narrow=lambda asked: Q(species=asked.value), choices=_species),
    "region": Facet(
        title=_("Region"), permission=SEE, narrow=lambda asked: Q(client__region=asked.value), choices=_regions
    ),
    "registered": Facet(title=_("Registered"), permission=SEE, narrow=_by_registration, shape=Shape.DAYS),
    "flag": Facet(
        title=_("Flag"), permission="crm.view_alert", narrow=_by_flag, choices=lambda _by: FlagCategory.choices
    ),
    "diagnosis": Facet(title=_("Diagnosis"), permission="crm.view_episode", narrow=_by_diagnosis, choices=_diagnosed),
    "carer": Facet(title=_("In the care of"), permission="crm.view_access", narrow=_by_carer, choices=_carers),
}
