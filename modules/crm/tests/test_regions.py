"""Addresses suggest regions and districts: the usual list of a country, or one that the workspace loaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from identity.models import User
from modules.crm.domain.contacts.regions import District, as_listed, in_order, usual_regions
from modules.crm.models import ListedDistrict, Patient, RegionList
from modules.crm.selectors.regions import regions_of
from modules.crm.services.regions import RegionsInvalid, districts_in, drop_regions, load_regions
from tenancy import TenantRef, use

LIST = "Region;District\nToscana;Firenze\nToscana; Prato \nToscana;Firenze\nLiguria;\n"


def test_the_usual_list_has_the_districts_of_each_region() -> None:
    assert "Firenze" in usual_regions("IT")["Toscana"]
    assert usual_regions("DE")["Bayern"] == ()
    assert (usual_regions("XX"), usual_regions("")) == ({}, {})


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["", "x", "y", "z"]))))
def test_whatever_order_a_list_is_in_each_district_stands_once_under_its_region(rows: list[tuple[str, str]]) -> None:
    regions = in_order(District(*row) for row in rows)

    assert {(region, name) for region, names in regions.items() for name in names} == {row for row in rows if row[1]}
    assert sorted(regions) == sorted({region for region, _name in rows})


def test_a_name_is_written_as_the_list_has_it_and_any_other_stays() -> None:
    assert as_listed("ile de france", ["Île-de-France"]) == "Île-de-France"
    assert as_listed("Somewhere", ["Île-de-France"]) == "Somewhere"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "There is nothing in this file."),
        (b"Land;Ort\nA;B\n", "One column has to be called"),
        (b"region;district\nA;B\n;C\n", "These rows have no region"),
        (
            b"region,district\n" + b"x" * 81 + b",y\n",
            "These rows have no region, or a name of more than 80 letters: 2.",
        ),
        (b"%PDF-1.7", "neither a table"),
    ],
)
def test_a_file_that_is_no_list_says_why_and_changes_nothing(
    in_clinic: TenantRef, ana: User, content: bytes, told: str
) -> None:
    with pytest.raises(RegionsInvalid, match=told):
        districts_in(content)

    assert not RegionList.objects.exists()


def test_a_list_of_ones_own_stands_in_place_of_the_usual_one_until_it_is_dropped(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    load_regions(country="IT", districts=[District("Alt")], by=ana, at=now)
    load_regions(country="IT", districts=districts_in(LIST.encode()), by=ana, at=now)

    assert regions_of("IT") == {"Liguria": (), "Toscana": ("Firenze", "Prato")}
    assert (RegionList.objects.count(), ListedDistrict.objects.count()) == (1, 4)
    assert "Bayern" in regions_of("DE")
    drop_regions(country="IT", by=ana)
    drop_regions(country="IT", by=ana)
    assert regions_of("IT") == usual_regions("IT")


def test_no_list_is_loaded_for_a_country_that_there_is_not(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    with pytest.raises(RegionsInvalid, match="no such country"):
        load_regions(country="XX", districts=[District("A")], by=ana, at=now)


def test_a_form_suggests_and_takes_other_names_too(
    clinic: TenantRef, pages: Any, ana: User, rita: User, now: datetime
) -> None:
    with use(clinic):
        load_regions(country="GB", districts=[District("Yorkshire", "Leeds")], by=ana, at=now)
    desk, details = pages(rita), {"first_name": "Vera", "last_name": "Stone"}

    offered = desk.get("/patients/new/").content.decode()
    of_region = desk.get("/patients/districts/", {"country": "GB", "region": "yorkshire"}).content.decode()
    desk.post("/patients/new/", details | {"region": "YORKSHIRE", "district": "leeds"})
    desk.post("/patients/new/", details | {"first_name": "Una", "region": "Elsewhere", "district": "<b>"})

    assert '<option value="Yorkshire">' in offered
    assert '<option value="Leeds">' in of_region
    with use(clinic):
        kept = {row.first_name: (row.client.region, row.client.district) for row in Patient.objects.all()}
    assert kept["Vera"] == ("Yorkshire", "Leeds")
    assert kept["Una"] == ("Elsewhere", "<b>")


def test_lists_are_loaded_and_dropped_on_a_page(clinic: TenantRef, pages: Any, ana: User, rita: User) -> None:
    owner, at = pages(ana), "/settings/regions/"
    file = SimpleUploadedFile("regions.csv", LIST.encode())

    loaded = owner.post(at, {"country": "IT", "file": file})
    shown = owner.get(at).content.decode()
    refused = owner.post(at, {"country": "IT", "file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
    dropped = owner.post(f"{at}usual/", {"country": "IT"})

    assert (loaded.status_code, refused.status_code, dropped.status_code) == (302, 422, 302)
    assert "2 regions, 4 rows" in shown
    assert "One column has to be called" in refused.content.decode()
    assert pages(rita).get(at).status_code == 403
    with use(clinic):
        assert not RegionList.objects.exists()


def test_lists_over_the_wire(clinic: TenantRef, api: Any, ana: User, rita: User) -> None:
    at, body = "/api/patients/regions/?country=IT", {"items": [{"name": "Toscana", "districts": ["Prato", "Firenze"]}]}

    put = api(ana).put(at, body)
    wrong = api(ana).put(at, {"items": [{"name": " "}]})
    read = api(rita).get(at).json()

    assert (put.status_code, wrong.status_code) == (200, 422)
    assert read == {"country": "IT", "items": [{"name": "Toscana", "districts": ["Firenze", "Prato"]}]}
    assert api(rita).put(at, body).status_code == 403
    assert api(ana).client.delete(at).status_code == 204
    assert len(api(rita).get(at).json()["items"]) > 10
