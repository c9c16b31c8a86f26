"""How long what is kept of somebody has to stay."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from identity.models import User
from modules.crm.domain.erasing import Rule, Term, booked_until, kept_until, rule_of
from modules.crm.models import Patient, Retention
from modules.crm.services.erasing import (
    people_with,
    set_years,
)
from modules.crm.services.erasing.closing import plan_here
from tests.erasing.doing import DAY


@pytest.mark.parametrize(
    ("country", "born", "until"),
    [
        ("DE", date(1971, 5, 6), date(2041, 3, 3)),
        ("GB", date(1971, 5, 6), date(2039, 3, 3)),
        ("GB", date(2029, 5, 6), date(2054, 5, 6)),
        ("FR", None, date(2051, 3, 3)),
        ("ZZ", date(1971, 5, 6), None),
    ],
    ids=["germany", "britain", "a child", "france", "no rule"],
)
def test_records_are_kept_as_long_as_the_country_asks(country: str, born: date | None, until: date | None) -> None:
    rule = rule_of(country, Term.CLINICAL, is_clinical=True)

    assert kept_until(rule, last=date(2031, 3, 3), born=born) == until


def test_a_voucher_is_kept_from_the_end_of_its_year_and_animals_have_no_health_record() -> None:
    assert booked_until(rule_of("DE", Term.MONEY, is_clinical=True), day=date(2031, 3, 3)) == date(2039, 12, 31)
    assert booked_until(rule_of("ZZ", Term.MONEY, is_clinical=True), day=date(2031, 3, 3)) == date(2041, 12, 31)
    assert rule_of("DE", Term.CLINICAL, is_clinical=False) == Rule(0, "")


def test_the_practice_sets_its_own_years(treated: Patient, ana: User, now: datetime) -> None:
    set_years(kind="clinical", years=3, by=ana)

    plan = plan_here(people_with(treated), at=now + DAY)

    assert {line.until for line in plan.lines if line.stays and line.personal.term is Term.CLINICAL} == {
        date(2034, 3, 3)
    }
    set_years(kind="clinical", years=None, by=ana)
    assert not Retention.objects.exists()
