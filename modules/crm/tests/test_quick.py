"""Somebody is registered in passing, over the form in which they were searched for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from identity.models import User
from modules.crm.domain.typed import Typed, read_typed
from modules.crm.models import Patient
from tenancy import TenantRef, use
from tests.doors import Pages


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Anna Maria  Rossi", Typed("Anna Maria", "Rossi")),
        ("Rossi, Anna Maria", Typed("Anna Maria", "Rossi")),
        ("Rex", Typed("Rex")),
        ("+39 06 6982-1", Typed(phone="+39 06 6982-1")),
        ("anna@mail.example", Typed(email="anna@mail.example")),
    ],
)
def test_what_was_typed_begins_the_registration(text: str, read: Typed) -> None:
    assert read_typed(text) == read


def test_who_was_not_found_is_registered_and_chosen(
    in_clinic: TenantRef, pages: Callable[..., Pages], rita: User
) -> None:
    desk = pages(rita)
    assert "data-quick" in desk.get("/patients/choices/", {"patient_search": "Zoe Quick"}).content.decode()
    asked = desk.get("/patients/quick/", {"patient_search": "Zoe Quick"}).content.decode()
    assert ('value="Zoe"' in asked, 'value="Quick"' in asked, asked.count("autofocus")) == (True, True, 1)

    refused = desk.post("/patients/quick/", {"first_name": "Zoe", "last_name": "Quick", "phone": "12"})
    form = {"first_name": "Zoe", "last_name": "Quick", "phone": "07700 900118", "idempotency_key": "k1"}
    chosen, again = desk.post("/patients/quick/", form), desk.post("/patients/quick/", form)

    zoe = Patient.objects.select_related("client").get()
    assert (refused.status_code, "“12” is not a phone number." in refused.content.decode()) == (422, True)
    assert (zoe.name, zoe.client.name, zoe.client.phone) == ("Zoe Quick", "Zoe Quick", "+447700900118")
    assert f'value="{zoe.pk}" checked data-new' in chosen.content.decode()
    assert chosen.content == again.content


@pytest.mark.parametrize(
    ("typed", "named"), [("Rex", ["first_name"]), ("Ann Lee", ["owner_first_name", "owner_last_name"])]
)
def test_two_names_are_an_owners_and_one_is_the_animals(
    typed: str, named: list[str], other: TenantRef, pages: Callable[..., Pages], cora: User
) -> None:
    asked = pages(cora, other).get("/patients/quick/", {"patient_search": typed}).content.decode()

    begun = [name for name in _fields(asked) if f'name="{name}" value="' in asked]
    assert begun == named


def test_an_animal_is_registered_with_its_owner(other: TenantRef, pages: Callable[..., Pages], cora: User) -> None:
    rex = {"first_name": "Rex", "species": "Dog", "owner_first_name": "Ann", "phone": ""}

    answer = pages(cora, other).post("/patients/quick/", rex)

    with use(other):
        assert (answer.status_code, Patient.objects.select_related("client").get().client.name) == (200, "Ann")


def _fields(page: str) -> list[str]:
    return [name for name in ("first_name", "owner_first_name", "owner_last_name") if f'name="{name}"' in page]
