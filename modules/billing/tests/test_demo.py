"""The demo's bills are late by very different times, so that its reports have something to tell."""

from __future__ import annotations

import random
from datetime import datetime

from identity.models import User
from modules.billing import demo
from modules.billing.domain.reports import Days
from modules.billing.selectors.reports import REPORTS, report_of
from modules.billing.tests.conftest import register
from tenancy import TenantRef
from tenants.demo import PRACTICES, Stage


def test_a_bill_is_late_by_each_time(in_clinic: TenantRef, ana: User, rita: User, now: datetime) -> None:
    for name in ("Ada A", "Ben B", "Cyd C", "Dot D", "Eve E", "Fay F", "Gus G"):
        register(name, by=rita, at=now)
    practice = next(each for each in PRACTICES if each.vertical == in_clinic.vertical)
    stage = Stage(practice, in_clinic, {"reception": rita}, random.Random("demo"), now)

    demo._bill_long_ago(stage)

    found = report_of(REPORTS["receivables"], ana, Days(now.date(), now.date()))
    assert [(row.key, str(row.amounts[0])) for row in found.rows] == [
        ("1-30", "26.00"),
        ("61-90", "36.50"),
        ("over-90", "84.00"),
    ]
