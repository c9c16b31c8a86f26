"""Who answers for a patient: roles with dates, shares, and who is written to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from identity.models import User
from modules.crm.domain.shares import Share, most_at_once
from modules.crm.models import Client, Involvement, InvolvementRole, Patient
from modules.crm.services import (
    ContactDetails,
    InvolvedAlready,
    InvolvementChanged,
    InvolvementInvalid,
    Part,
    PatientDetails,
    UnknownClient,
    change_involvement,
    hand_over,
    involve,
    register_patient,
)
from tenancy import TenantRef
from tests.doors import Api, Pages

TODAY = date(2026, 3, 2)
OWNER, PAYER, CLIENT = InvolvementRole.OWNER, InvolvementRole.PAYER, InvolvementRole.CLIENT


@pytest.fixture
def rex(in_clinic: TenantRef, rita: User) -> Patient:
    return register_patient(
        patient=PatientDetails(first_name="Rex", species="Horse"),
        contact=ContactDetails(first_name="Ann", last_name="Lee", phone="07700 900118"),
        by=rita,
        at=timezone.now(),
    )


def add(patient: Patient, by: User, role: str, name: str = "", share: int | None = None, **days: Any) -> Involvement:
    """Give a role to somebody new called `name`; to the client, if nobody is named."""
    part = Part(role=role, share=None if share is None else Decimal(share), **days)
    contact, known = (ContactDetails(first_name=name), None) if name else (None, patient.client_id)
    return involve(patient=patient, part=part, contact=contact, client_id=known, by=by, at=timezone.now())


# Who is written to


def test_who_is_written_to_follows_the_patients_client_whoever_sets_it(rex: Patient) -> None:
    ann, ben = rex.client, Client.objects.create(first_name="Ben")
    Involvement.objects.filter(patient=rex).update(since=TODAY)  # registered a while ago

    for client in (ben, ann, ben):
        Patient.objects.filter(pk=rex.pk).update(client=client)

    rows = Involvement.objects.filter(patient=rex).order_by("since").values_list("client", "role", "since", "until")
    assert list(rows) == [(ann.pk, CLIENT, TODAY, timezone.now().date()), (ben.pk, CLIENT, timezone.now().date(), None)]


def test_somebody_else_is_written_to_from_today(rex: Patient, rita: User) -> None:
    row = add(rex, rita, CLIENT, "Ben")

    assert Patient.objects.select_related("client").get().client.name == "Ben"
    assert (row.client.name, row.until) == ("Ben", None)
    with pytest.raises(InvolvementInvalid):
        change_involvement(involvement=row, part=Part(role=CLIENT, until=TODAY), seen=None, by=rita)
    with pytest.raises(IntegrityError), transaction.atomic():
        Involvement.objects.create(patient=rex, client=Client.objects.create(first_name="Cy"), role=CLIENT, since=TODAY)


# Roles and days


def test_the_same_role_is_not_held_twice_at_a_time(rex: Patient, rita: User) -> None:
    add(rex, rita, PAYER, since=TODAY, until=TODAY + timedelta(days=9))

    add(rex, rita, PAYER, since=TODAY + timedelta(days=9))  # they touch
    with pytest.raises(InvolvedAlready):
        add(rex, rita, PAYER, since=TODAY + timedelta(days=8), until=TODAY + timedelta(days=10))

    assert Involvement.objects.filter(role=PAYER).count() == 2


def test_a_horse_that_is_sold_knows_whose_it_was(rex: Patient, rita: User) -> None:
    anns = add(rex, rita, OWNER, share=60, since=TODAY)
    add(rex, rita, OWNER, "Ben", share=40, since=TODAY)
    sold = TODAY + timedelta(days=30)

    cys = hand_over(
        involvement=anns,
        client_id=None,
        contact=ContactDetails(first_name="Cy"),
        on=sold,
        seen=1,
        by=rita,
        at=timezone.now(),
    )

    def owners(on: date) -> set[tuple[str, int]]:
        rows = Involvement.objects.in_force(on).filter(role=OWNER).select_related("client")
        return {(row.client.name, int(row.share or 0)) for row in rows}

    assert owners(sold - timedelta(days=1)) == {("Ann Lee", 60), ("Ben", 40)}
    assert owners(sold) == {("Cy", 60), ("Ben", 40)}
    with pytest.raises(InvolvementChanged):
        change_involvement(involvement=cys, part=Part(role=OWNER, share=Decimal(10)), seen=7, by=rita)


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (Part(role=OWNER, share=Decimal(41), since=TODAY), "share"),
        (Part(role=OWNER, share=Decimal(0), since=TODAY), "share"),
        (Part(role=PAYER, share=Decimal(10), since=TODAY), "share"),
        (Part(role=PAYER, since=TODAY, until=TODAY), "until"),
        (Part(role=CLIENT, until=TODAY), "role"),
    ],
    ids=["more than all", "nothing", "no owner", "ends as it begins", "the client ends"],
)
def test_what_cannot_be_is_refused_at_its_field(part: Part, field: str, rex: Patient, rita: User) -> None:
    add(rex, rita, OWNER, share=60, since=TODAY)

    with pytest.raises(InvolvementInvalid) as refused:
        involve(
            patient=rex, client_id=None, contact=ContactDetails(first_name="Ben"), part=part, by=rita, at=timezone.now()
        )

    assert list(refused.value.fields) == [field]


days = st.dates(date(2026, 1, 1), date(2026, 1, 20))
shares = st.builds(
    lambda percent, since, lasts: Share(Decimal(percent), since, since + timedelta(days=lasts) if lasts else None),
    st.integers(1, 100),
    days,
    st.integers(0, 10),
)


@given(held=st.lists(shares, max_size=8))
def test_no_day_has_more_than_what_is_held_at_most(held: list[Share]) -> None:
    def on(day: date) -> int:
        return sum(int(e.percent) for e in held if e.since <= day and (e.until is None or day < e.until))

    assert most_at_once(held) == max(on(date(2026, 1, 1) + timedelta(days=day)) for day in range(40))


# Rights and doors


def test_a_practitioner_involves_nobody_whom_they_do_not_know(rex: Patient, bo: User, rita: User) -> None:
    own = register_patient(
        patient=PatientDetails(first_name="Luna"), contact=ContactDetails(first_name="Ben"), by=bo, at=timezone.now()
    )

    with pytest.raises(UnknownClient):
        involve(
            patient=own,
            client_id=rex.client_id,
            contact=None,
            part=Part(role=PAYER),
            by=bo,
            at=timezone.now(),
        )


def test_the_desk_adds_an_owner_on_the_page_and_a_refused_form_keeps_what_was_typed(
    rex: Patient, pages: Callable[..., Pages], rita: User
) -> None:
    desk, address = pages(rita), f"/patients/{rex.pk}/involvements/new/"
    form = {"role": "payer", "new_organisation": "Calder Mutual", "new_phone": "07700 900119"}

    refused = desk.post(address, form | {"since": "2026-05-05", "until": "2026-05-05"})
    taken = desk.post(address, form)

    assert refused.status_code == 422
    assert 'value="Calder Mutual"' in refused.content.decode()
    assert "It ends after it begins." in refused.content.decode()
    assert taken.status_code == 302
    assert "Calder Mutual" in desk.get(f"/patients/{rex.pk}/").content.decode()
    assert "Calder Mutual" in desk.get("/patients/clients/", {"client_search": "calder"}).content.decode()


def test_the_api_tells_by_an_etag_that_somebody_else_was_first(
    rex: Patient, api: Callable[..., Api], rita: User
) -> None:
    desk, address = api(rita), f"/api/patients/{rex.pk}/involvements/"
    made = desk.post(address, {"role": "owner", "client_id": str(rex.client_id), "share": "60"}).json()
    one = f"{address}{made['id']}/"
    tag = desk.get(one)["ETag"]

    first = desk.client.patch(one, {"share": "50"}, content_type="application/json", headers={"If-Match": tag})
    second = desk.client.patch(one, {"share": "40"}, content_type="application/json", headers={"If-Match": tag})

    assert (first.status_code, first.json()["share"], second.status_code) == (200, "50", 409)
    assert {row["role"] for row in desk.get(address).json()["items"]} == {"owner", "client"}
