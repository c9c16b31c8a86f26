"""The pages and endpoints of domains, as owners, programs and everybody else meet them."""

from __future__ import annotations

from typing import Any

import pytest

from identity.models import User
from tenancy import TenantRef, catalog
from tenants.domains.models import CustomDomain, DomainState
from tenants.domains.tests.conftest import NAME, Zone
from tests.cast import tenant_called


def test_an_owner_adds_a_domain_and_reads_what_to_enter_where(pages: Any, ana: User, zone: Zone) -> None:
    browser = pages(ana)

    assert browser.post("/settings/address/domains/", {"name": f"https://{NAME}/"}).status_code == 302

    page = browser.get("/settings/address/").content.decode()
    domain = CustomDomain.objects.get()
    for said in ("Not proved yet", NAME, f"_atrium-challenge.{NAME}", domain.token, ">localhost<"):
        assert said in page


@pytest.mark.parametrize("typed", ["", "praxis", "co.uk", "a_b.de", "x.localhost", '"><script>'])
def test_what_cannot_be_added_is_refused_in_words_and_kept(
    pages: Any, api: Any, ana: User, zone: Zone, typed: str
) -> None:
    answer = pages(ana).post("/settings/address/domains/", {"name": typed})

    assert answer.status_code == 422
    assert "<script>" not in answer.content.decode()
    assert answer.context["domain_form"]["name"].value() == typed
    assert answer.context["domain_form"]["name"].errors
    assert api(ana).post("/api/address/domains/", {"name": typed}).status_code == 422


def test_checking_asks_the_name_servers_in_the_background_and_shows_that(
    pages: Any, ana: User, zone: Zone, clinic: TenantRef, run_jobs: Any
) -> None:
    browser = pages(ana)
    browser.post("/settings/address/domains/", {"name": NAME})
    domain = CustomDomain.objects.get()
    zone.proves(domain)

    browser.post(f"/settings/address/domains/{domain.pk}/check/")
    waiting = browser.get("/settings/address/").content.decode()
    run_jobs()
    catalog.forget()
    done = browser.get("/settings/address/", **{"hx-request": "true"}).content.decode()

    assert ("Asking the name servers" in waiting, "every 2s" in waiting) == (True, True)
    assert ("Works" in done, "every 2s" in done, "<html" in done) == (True, False, False)


def test_an_owner_makes_a_domain_the_address_and_goes_on_there(pages: Any, ana: User, proved: CustomDomain) -> None:
    answer = pages(ana).post("/settings/address/primary/", {"name": NAME})

    assert answer.status_code == 200
    assert 'href="http://praxis.test:8000/settings/address/"' in answer.content.decode()
    assert tenant_called("clinic").primary_name == NAME


def test_removing_asks_first(pages: Any, ana: User, proved: CustomDomain) -> None:
    browser, path = pages(ana), f"/settings/address/domains/{proved.pk}/remove/"

    asked = browser.get(path).content.decode()
    dialog = browser.get(path, **{"hx-request": "true"}).content.decode()
    assert "Remove praxis.test?" in asked or "Keep it" in asked
    assert "<dialog" in dialog
    assert CustomDomain.objects.get().state == DomainState.VERIFIED

    assert browser.post(path).status_code == 302
    assert CustomDomain.objects.get().state == DomainState.REMOVED
    assert browser.get(path).status_code == 404
    assert browser.post(path).status_code == 404


def test_a_program_does_all_of_it(api: Any, ana: User, zone: Zone, run_jobs: Any) -> None:
    owner = api(ana)
    added = owner.post("/api/address/domains/", {"name": NAME})
    assert (added.status_code, owner.post("/api/address/domains/", {"name": NAME}).json()["id"]) == (
        201,
        added.json()["id"],
    )
    zone.holds(*(f"{record['name']} {record['type']} {record['value']}" for record in added.json()["records"]))

    assert owner.post(f"/api/address/domains/{added.json()['id']}/checks/").status_code == 202
    run_jobs()
    catalog.forget()
    chosen = owner.put("/api/address/primary/", {"name": NAME})
    catalog.forget()

    assert (chosen.status_code, chosen.json()["url"], chosen.json()["primary"]) == (
        200,
        "http://praxis.test:8000/",
        NAME,
    )
    assert owner.get("/api/address/").json()["domains"][0]["state"] == "verified"
    assert owner.client.delete(f"/api/address/domains/{added.json()['id']}/").status_code == 204
    catalog.forget()
    assert owner.get("/api/address/").json()["primary"] == "clinic"


def test_another_practice_sees_and_touches_none_of_it(
    pages: Any, api: Any, cai: User, other: TenantRef, proved: CustomDomain
) -> None:
    browser, program = pages(cai, other), api(cai, other)

    assert NAME not in browser.get("/settings/address/").content.decode()
    assert browser.post(f"/settings/address/domains/{proved.pk}/check/").status_code == 404
    assert browser.post(f"/settings/address/domains/{proved.pk}/remove/").status_code == 404
    assert browser.post("/settings/address/primary/", {"name": NAME}).status_code == 404
    assert program.post(f"/api/address/domains/{proved.pk}/checks/").status_code == 404
    assert program.client.delete(f"/api/address/domains/{proved.pk}/").status_code == 404
    assert program.get("/api/address/").json()["domains"] == []


def test_it_is_not_for_the_desk(pages: Any, api: Any, rita: User, proved: CustomDomain) -> None:
    assert pages(rita).get("/settings/address/").status_code == 403
    assert pages(rita).post("/settings/address/domains/", {"name": "x.test"}).status_code == 403
    assert api(rita).get("/api/address/").status_code == 403
    assert api(rita).client.delete(f"/api/address/domains/{proved.pk}/").status_code == 403


def test_checks_are_not_for_filling_a_strangers_name_servers_with(api: Any, ana: User, zone: Zone) -> None:
    owner = api(ana)
    ids = [owner.post("/api/address/domains/", {"name": f"p{n}.test"}).json()["id"] for n in range(5)]

    answers = []
    for _ in range(3):  # more than two minutes' worth, should one end meanwhile
        answers += [owner.post(f"/api/address/domains/{each}/checks/").status_code for each in ids]
        CustomDomain.objects.update(check_asked_at=None)

    assert set(answers) == {202, 429}
