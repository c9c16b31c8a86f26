"""Lists of people as files: what one may see, nothing that runs, and what can be imported again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.utils.translation import override

from access.roles import change_right
from audit.models import AuditEntry
from identity.models import User
from modules.crm.domain.imports.reading import read_table
from modules.crm.models import Client, Patient
from modules.crm.services import exports
from modules.crm.tests.imported import imported_from
from tenancy import TenantRef, use

ANIMALS = (
    "Name;Species;Breed;Sex;Neutered;Chip;Born;Owner first name;Owner surname;Phone;E-mail;Town;Country\n"
    "=Rex;dog;Beagle;m;yes;276098100000001;3.2.2024;Vera;Vogel;07700 900700;vera@mail.example;Leeds;UK\n"
    "Mia;cat;;f;no;;;O'Brien; -Smith;;;;\n"
)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_is_imported_again_as_it_was(
    in_other: TenantRef, cai: User, now: datetime, kind: str
) -> None:
    imported_from(ANIMALS, by=cai, at=now)
    people = Patient.objects.filter(first_name__in=["=Rex", "Mia"]).order_by("first_name")
    with override("en-gb"):
        first = _exported(people, kind, by=cai)
        gone = list(people.values_list("client_id", flat=True))
        people.delete()
        Client.objects.filter(pk__in=gone).delete()

        again = imported_from(first, by=cai, at=now)

        assert again.counts == {"new": 2, "created": 2}
        assert _cells(_exported(people, kind, by=cai)) == _cells(first)


def test_a_list_holds_nothing_that_a_spreadsheet_runs_and_says_who_was_in_it(
    in_other: TenantRef, cai: User, now: datetime
) -> None:
    imported_from(ANIMALS, by=cai, at=now)

    text = _exported(Patient.objects.filter(first_name="=Rex"), "csv", by=cai).decode()

    assert "'=Rex" in text
    assert "'+447700900700" in text
    rex = Patient.objects.get(first_name="=Rex")
    assert AuditEntry.objects.filter(action="crm.patient.exported", listed=[rex.pk]).exists()


def test_a_list_has_only_the_fields_that_a_role_may_see(
    api: Any, ana: User, rita: User, clinic: TenantRef, now: datetime
) -> None:
    with use(clinic):
        imported_from("Name;Tax code\nAnna Weber;123 456\n", by=ana, at=now)

    assert b"123456" in b"".join(api(ana).get("/api/patients/export/?search=Weber").streaming_content)
    with use(clinic):
        change_right(role="owner", permission="crm.view_identity", reach=None, reason="x", by=ana, at=now)
    assert b"123456" not in b"".join(api(ana).get("/api/patients/export/?search=Weber").streaming_content)
    assert api(rita).get("/api/patients/export/").status_code == 403


def _exported(people: Any, kind: str, *, by: User) -> bytes:
    with exports.export_people(people=people, kind=kind, by=by) as file:
        return file.read()


def _cells(content: bytes) -> list[list[str]]:
    return [row.cells for row in read_table(content).rows]
