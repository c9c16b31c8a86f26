"""Two owners want one name at the same moment, with real threads and commits."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from identity.models import User
from tenancy import use_platform
from tenants.models import Domain
from tenants.tests.test_signing_up import FORM
from tests.across_hosts import Browser
from tests.cast import tenant_called
from tests.doors import Api
from tests.test_concurrency import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")


def owners(*handles: str) -> list[Api]:
    with use_platform():
        people = {handle: User.objects.get(email=handle) for handle in handles}
    return [Api(tenant_called(user.email.split("@")[1].split(".")[0]), user) for user in people.values()]


def rename_all(doors: list[Api], names: list[str]) -> list[Any]:
    return all_at_once(
        [
            lambda door=door, name=name: door.put("/api/address/subdomain/", {"name": name})
            for door, name in zip(doors, names, strict=True)
        ]
    )


@pytest.mark.parametrize("wanted", [["harbour"] * 3, ["harbour", "har-bour", "harb0ur"]], ids=["same", "alike"])
def test_of_three_owners_who_want_one_name_exactly_one_gets_it(wanted: list[str]) -> None:
    doors = owners("ana@clinic.example", "cai@other.example", "sam@shop.example")

    answers = rename_all(doors, wanted)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"subdomain-taken", "subdomain-looks-taken"}
    with use_platform():
        assert Domain.objects.filter(look="harbour").count() == 1
        assert Domain.objects.filter(retired_at=None).count() == 3


def test_an_owner_who_sends_it_four_times_changes_it_once() -> None:
    (door,) = owners("ana@clinic.example")

    answers = rename_all([door] * 4, ["harbour"] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    with use_platform():
        mine = Domain.objects.filter(tenant_id=tenant_called("harbour").id).order_by("domain")
        assert list(mine.values_list("domain", "is_primary")) == [("clinic", False), ("harbour", True)]


def test_a_name_goes_either_to_who_signs_up_or_to_who_renames() -> None:
    (door,) = owners("ana@clinic.example")
    visitor = Browser()

    renamed, signed_up = all_at_once(
        [
            lambda: door.put("/api/address/subdomain/", {"name": "harbour"}),
            lambda: visitor.send(FORM, to="/start/"),
        ]
    )

    assert {renamed.status_code, signed_up.status_code} == {200, 409}


def test_every_process_finds_the_new_name_at_once() -> None:
    (door,) = owners("ana@clinic.example")
    assert Client(headers={"host": "harbour.localhost"}).get("/today/").status_code == 404

    door.put("/api/address/subdomain/", {"name": "harbour"})

    assert Client(headers={"host": "harbour.localhost"}).get("/today/").status_code == 302
    assert Client(headers={"host": "clinic.localhost"}).get("/today/").status_code == 301
