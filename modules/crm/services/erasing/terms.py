"""For how long this practice keeps what the law asks to be kept: its country's defaults, or its own years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.crm.domain.erasing import Rule, Term, rule_of
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.models import Retention, RetentionKind
from modules.crm.selectors import country_here
from tenancy import current_tenant

LONGEST = 100


class YearsInvalid(Invalid):
    code = "retention-invalid"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is kept how long, by whose rule. `own` are the kinds for which the practice set its own years."""

    country: str
    rules: dict[Term, Rule]
    usual: dict[Term, Rule]

    def is_own(self, term: Term) -> bool:
        return self.rules[term] != self.usual[term]


def terms_here() -> Terms:
    """Return what holds in the workspace in use."""
    country, tenant = country_here(), current_tenant()
    is_clinical = subject_of(tenant.vertical) is Subject.PERSON
    usual = {term: rule_of(country, term, is_clinical=is_clinical) for term in Term}
    own = dict(Retention.objects.values_list("kind", "years"))
    rules = {term: _with_years(rule, own.get(term.value)) for term, rule in usual.items()}
    return Terms(country, rules, usual)


@transaction.atomic
def set_years(*, kind: str, years: int | None, by: Any) -> None:
    """Keep a kind for so many years; None goes back to the country's default. Raises `YearsInvalid`."""
    if kind not in RetentionKind or (years is not None and not 0 <= years <= LONGEST):
        raise YearsInvalid(_("Say a number of years from 0 to 100."))
    row = Retention.objects.select_for_update().filter(kind=kind).first() or Retention(kind=kind)
    before = row.years
    if years is None:
        Retention.objects.filter(kind=kind).delete()
    else:
        row.years = years
        row.save()
    audit.record(action="crm.retention.set", of=row, by=by, changes={"years": (before, years)})


def _with_years(rule: Rule, years: int | None) -> Rule:
    if years is None or years == rule.years:
        return rule
    return Rule(years, "", rule.until_age if years else 0)
