"""What the tags of every template show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone, translation

from kernel.money import Money
from tenancy import TenantRef, use


def shown(template: str, **context: Any) -> str:
    return Template(template).render(Context(context))


def test_an_icon_is_a_reference_into_the_sprite_and_silent() -> None:
    assert shown('{% icon "check" "i-sm" %}').startswith('<svg class="i i-sm" aria-hidden="true"><use href="/static/')
    assert shown('{% icon "check" %}').endswith('#check"/></svg>')


def test_a_badge_says_its_state_in_a_word_an_icon_and_a_tone() -> None:
    assert shown('{% badge "Paid" "good" "check" %}').startswith('<span class="badge is-good"><svg')
    assert shown("{% badge word %}", word="<b>") == '<span class="badge ">&lt;b&gt;</span>'


def test_an_avatar_shows_initials_that_nobody_reads_out() -> None:
    assert shown('{% avatar "Aoife Byrne" 3 %}') == '<span class="avatar  cat-3" aria-hidden="true">AB</span>'


def test_a_word_is_the_verticals(shop: TenantRef) -> None:
    with use(shop):
        assert shown('{% word "patients" %}') == "Customers"
    assert shown('{% word "patients" %}') == "Patients"


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [
        (Money(125000, "GBP"), "en-gb", "£1,250.00"),
        (Money(125000, "EUR"), "en-gb", "€1,250.00"),
        (Money(1250, "JPY"), "en-gb", "JP¥1,250"),
        (Money(-1250, "USD"), "en-us", "-$12.50"),
    ],
)
def test_money_is_shown_as_people_there_write_it(amount: Money, language: str, text: str) -> None:
    with translation.override(language):
        assert shown("{{ amount|money }}", amount=amount) == text


@time_machine.travel(datetime(2026, 11, 19, 12, tzinfo=UTC), tick=False)
def test_a_day_has_its_year_only_when_it_is_another() -> None:
    assert shown("{{ day|day }}", day=date(2026, 11, 27)) == "Fri 27 Nov"
    assert shown("{{ day|day }}", day=date(2027, 1, 4)) == "Mon 4 Jan 2027"
    assert shown("{{ day|day }}", day=None) == ""


def test_times_are_told_in_the_zone_in_use() -> None:
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Europe/Rome")):
        assert (shown("{{ m|clock }}", m=moment), shown("{{ m|day }}", m=moment)[:8]) == ("00:30", "Thu 2 Ju")


def test_every_form_gets_a_key_of_its_own() -> None:
    assert shown("{% idempotency_key %}") != shown("{% idempotency_key %}")


@pytest.mark.parametrize("query", ["next=/hand-over/%3Ftenant%3D{id}%26next%3D/my/", "to={id}"])
def test_the_way_to_a_tenant_tells_whose_it_is(clinic: TenantRef, rf: Any, query: str) -> None:
    request = rf.get(f"/accounts/login/?{query.format(id=clinic.id)}")

    assert shown("{% tenant_ahead as practice %}{{ practice.name }}", request=request) == "Northside Physio"


@pytest.mark.parametrize("query", ["", "next=/workspaces/", "next=/hand-over/%3Ftenant%3Dnobody", "to=../etc"])
def test_other_ways_lead_to_no_tenant(db: None, rf: Any, query: str) -> None:
    request = rf.get(f"/accounts/login/?{query}")

    assert shown("{% tenant_ahead as practice %}{{ practice.name }}", request=request) == ""
