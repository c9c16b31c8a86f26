"""Many who sign up at the same moment, with real threads and commits."""

from __future__ import annotations

from typing import Any

import pytest

from identity.models import User
from tenancy import use_platform
from tenants.models import Domain, Tenant
from tenants.tests.test_signing_up import FORM
from tests.across_hosts import Browser
from tests.test_concurrency import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")


def send_at_once(forms: list[dict[str, str]]) -> list[Any]:
    visitors = [Browser() for _ in forms]
    return all_at_once(
        [
            lambda visitor=visitor, form=form: visitor.send(form, to="/start/")
            for visitor, form in zip(visitors, forms, strict=True)
        ]
    )


def test_a_form_that_is_sent_five_times_at_once_makes_one_account_and_one_workspace() -> None:
    answers = send_at_once([FORM] * 5)

    assert [answer.status_code for answer in answers] == [200] * 5
    with use_platform():
        assert User.objects.filter(email=FORM["email"]).count() == 1
        assert Tenant.objects.filter(owner__email=FORM["email"]).count() == 1


def test_of_five_who_want_one_address_one_gets_it_and_the_others_leave_nothing() -> None:
    answers = send_at_once([FORM | {"email": f"nell{n}@harbour.example"} for n in range(5)])

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert all("“harbour” is taken." in answer.content.decode() for answer in refused)
    with use_platform():
        assert Domain.objects.filter(domain="harbour").count() == 1
        assert User.objects.filter(email__endswith="@harbour.example").count() == 1
