"""Signing, noting and withdrawing at the desk, at home and by programs; and the owner's texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from identity.models import User
from modules.crm.models import Consent, ConsentKind, ConsentText, Patient
from modules.crm.services import claim_records
from modules.crm.tests.test_consents import SCRIBBLE, new_version, register
from tenancy import TenantRef, use


@pytest.fixture
def paul(clinic: TenantRef, rita: User, now: datetime) -> Patient:
    with use(clinic):
        return register("Paul", by=rita, at=now)


@pytest.fixture
def text(clinic: TenantRef) -> ConsentText:
    with use(clinic):
        return ConsentText.objects.current().select_related("kind").get(kind__name="Treatment")


@pytest.fixture
def signed(text: ConsentText) -> dict[str, str]:
    """What the form of a signature sends."""
    return {"agreed": "on", "signer_name": "Paul Weiss", "relation": "SELF", "digest": text.digest, "drawing": SCRIBBLE}


def test_a_signature_is_given_read_again_and_withdrawn_at_the_desk(
    pages: Any, rita: User, paul: Patient, text: ConsentText, signed: dict[str, str], clinic: TenantRef
) -> None:
    desk, home = pages(rita), f"/patients/{paul.pk}/consents/"
    address = f"{home}{text.kind_id}/sign/"

    refused = desk.post(address, signed | {"agreed": "", "signer_name": ""})
    kept = desk.post(address, signed | {"next": "/today/"})
    elsewhere = desk.post(address, signed | {"next": "https://evil.example/"})

    assert (refused.status_code, kept.url, elsewhere.url) == (422, "/today/", home)
    assert SCRIBBLE.replace('"', "&quot;") in refused.content.decode()
    with use(clinic):
        consent = Consent.objects.get()
    proof = desk.get(f"{home}{consent.pk}/").content.decode()
    assert consent.drawn in proof
    assert text.digest in proof

    who = {"signer_name": "Paul Weiss", "relation": "SELF", "reason": "moves away"}
    assert desk.post(f"{home}{text.kind_id}/withdrawal/", who).status_code == 302
    assert "Withdrawn" in desk.get(home).content.decode()
    assert "Withdrawn" in desk.get(f"/patients/{paul.pk}/").content.decode()


def test_whoever_signs_while_a_newer_text_comes_out_is_shown_it_and_signs_that(
    pages: Any,
    rita: User,
    ana: User,
    paul: Patient,
    text: ConsentText,
    signed: dict[str, str],
    clinic: TenantRef,
    now: datetime,
) -> None:
    desk, address = pages(rita), f"/patients/{paul.pk}/consents/{text.kind_id}/sign/"
    with use(clinic):
        newer = new_version(text, by=ana, at=now)

    shown = desk.post(address, signed)

    page = shown.content.decode()
    assert (shown.status_code, newer.digest in page, SCRIBBLE in page.replace("&quot;", '"')) == (409, True, False)
    assert "And one thing more." in page
    assert desk.post(address, signed | {"digest": newer.digest}).status_code == 302


def test_people_read_sign_and_withdraw_on_the_portal(
    pages: Any, pia: User, paul: Patient, text: ConsentText, signed: dict[str, str], clinic: TenantRef, now: datetime
) -> None:
    with use(clinic):
        claim_records(user=pia, verified_emails=["paul@mail.example"], at=now)
    home, address = pages(pia), f"/my/consents/{paul.pk}/{text.kind_id}/"

    assert "2 texts wait for your signature" in home.get("/my/").content.decode()
    assert home.post(address, signed | {"drawing": ""}).url == "/my/consents/"
    assert "One text waits for your signature" in home.get("/my/").content.decode()
    withdrawn = home.post(f"{address}withdrawal/", {"signer_name": "Paul", "relation": "SELF"})

    assert withdrawn.url == "/my/consents/"
    with use(clinic):
        assert set(Consent.objects.values_list("decision", "way")) == {("GIVEN", "PORTAL"), ("WITHDRAWN", "PORTAL")}


def test_a_stranger_finds_no_agreements_and_those_who_do_not_treat_see_none(
    pages: Any, api: Any, pia: User, bea: User, paul: Patient, text: ConsentText, signed: dict[str, str]
) -> None:
    assert pages(pia).get(f"/my/consents/{paul.pk}/{text.kind_id}/").status_code in {403, 404}
    assert pages(bea).get(f"/patients/{paul.pk}/consents/").status_code == 404
    body = {"text_id": str(text.pk), "digest": text.digest, "agreed": True, "signer_name": "Bea"}
    assert api(bea).post(f"/api/patients/{paul.pk}/consents/", body).status_code == 404


def test_the_owner_writes_a_draft_and_publishes_it_as_the_next_version(
    pages: Any, ana: User, text: ConsentText, clinic: TenantRef
) -> None:
    owner, address = pages(ana), f"/settings/consents/{text.kind_id}/text/"
    words = {"language": text.language, "title": "Treatment", "body": "New words."}

    assert owner.post(address, words | {"body": " "}).status_code == 422
    owner.post(address, words)
    with use(clinic):
        drafted = ConsentText.objects.current().get(kind=text.kind_id)
    owner.post(address, words | {"publish": "1"})

    with use(clinic):
        found = ConsentText.objects.current().get(kind=text.kind_id)
        assert (drafted.version, found.version, found.body) == (1, 2, "New words.")
        assert ConsentText.objects.get(pk=text.pk).body == text.body
    added = owner.post("/settings/consents/new/", {"name": "Photos", "purpose": "PICTURES"})
    with use(clinic):
        kind = ConsentKind.objects.get(name="Photos")
    assert added.url == f"/settings/consents/{kind.pk}/text/"
    assert owner.post(f"/settings/consents/{kind.pk}/end/").status_code == 302
    assert "Photos" not in owner.get("/settings/consents/").content.decode()


def test_a_program_does_what_the_pages_do(api: Any, ana: User, paul: Patient, text: ConsentText) -> None:
    owner, address = api(ana), f"/api/patients/{paul.pk}"
    who = {"signer_name": "Paul Weiss"}
    signature = who | {"text_id": str(text.pk), "digest": text.digest, "agreed": True, "drawing": [[1, 1, 99, 99]]}

    signed = owner.post(f"{address}/consents/", signature)
    wrong = owner.post(f"{address}/consents/", signature | {"drawing": [[1, 1, 1, 1]]})
    other = owner.post(f"{address}/consents/", signature | {"digest": "0" * 64})
    withdrawn = owner.post(f"{address}/consents/withdrawal/", who | {"kind_id": str(text.kind_id)})
    paper = owner.post(f"{address}/consents/paper/", who | {"text_id": str(text.pk), "signed_on": "2020-01-31"})

    assert [each.status_code for each in (signed, wrong, other, withdrawn, paper)] == [201, 422, 409, 201, 201]
    assert (signed.json()["drawing"], signed.json()["is_intact"]) == ("M1 1L99 99", True)
    standing = {each["name"]: each["state"] for each in owner.get(f"{address}/standing/").json()["items"]}
    assert standing == {"Treatment": "GIVEN", "Use of your data": "MISSING"}
    assert [each["decision"] for each in owner.get(f"{address}/consents/").json()["items"]] == [
        "GIVEN",
        "WITHDRAWN",
        "GIVEN",
    ]
    kind = owner.post("/api/patients/consent-kinds/", {"name": "News", "purpose": "MARKETING"}).json()["id"]
    words = {"language": text.language, "title": "News", "body": "Write to me."}
    assert owner.put(f"/api/patients/consent-kinds/{kind}/draft/", words).json()["version"] == 1
    published = owner.post(f"/api/patients/consent-kinds/{kind}/publication/", {"language": text.language})
    again = owner.post(f"/api/patients/consent-kinds/{kind}/publication/", {"language": text.language})
    assert (published.status_code, again.status_code) == (201, 409)
    assert len(owner.get("/api/patients/consent-kinds/").json()) == 3
