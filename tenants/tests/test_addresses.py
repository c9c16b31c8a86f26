"""Another name at Atrium: the old one leads on, and is nobody else's ever after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import DomainError
from notify.sending import Composed, send
from tenancy import TenantRef, catalog, current_tenant, use, use_platform
from tenancy.addresses import tenant_url
from tenants import names
from tenants.addresses import CHANGES, WITHIN, ChangedTooOften, change_subdomain, names_of
from tenants.models import Domain
from tests.across_hosts import Browser
from tests.cast import PASSWORD, tenant_called
from tests.doors import Api

OLD, NEW = "http://clinic.localhost:8000", "http://harbour.localhost:8000"


def rename(tenant: TenantRef, name: str, *, by: User, at: datetime | None = None) -> TenantRef:
    """Rename, and forget what was looked up before: a test never commits, so nobody would be told."""
    renamed = change_subdomain(tenant=tenant, name=name, by=by, at=at or timezone.now())
    catalog.forget()
    return renamed


@pytest.fixture
def renamed(clinic: TenantRef, ana: User) -> TenantRef:
    return rename(clinic, "harbour", by=ana)


def ask(url: str, path: str = "/", **headers: str) -> Any:
    return Client(headers={"host": url.removeprefix("http://"), **headers}).get(path)


# -- the owner changes it


def test_an_owner_changes_the_name_and_goes_on_at_the_new_address(pages: Any, ana: User) -> None:
    answer = pages(ana).post("/settings/address/subdomain/", {"subdomain": " Harbour "})

    catalog.forget()

    assert answer.status_code == 200
    assert f'href="{NEW}/settings/address/"' in answer.content.decode()
    assert ask(OLD, "/patients/?q=Pia")["Location"] == f"{NEW}/patients/?q=Pia"


def test_whoever_is_signed_in_follows_an_old_link_without_signing_in(clinic: TenantRef, ana: User) -> None:
    browser = Browser()
    browser.open(f"{OLD}/today/")
    browser.sign_in("ana@clinic.example", PASSWORD)

    rename(clinic, "harbour", by=ana)
    browser.open(f"{OLD}/settings/address/")

    assert (browser.url, browser.answer.status_code) == (f"{NEW}/settings/address/", 200)
    assert "clinic.localhost:8000" in browser.text  # among the earlier names


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("", 422, "This field is required."),
        ("a_b", 422, "Use small letters, digits and hyphens"),
        ("admin", 409, "“admin” is reserved for Atrium itself."),
        ("adm1n", 409, "looks too much like a name reserved for Atrium"),
        ("other", 409, "“other” is taken."),
        ("0ther", 409, "looks too much like a name that is taken"),
        ("clinic", 409, "That is the address already."),
    ],
)
def test_a_name_that_cannot_be_had_is_refused_and_kept_on_the_page(
    pages: Any, api: Any, ana: User, typed: str, status: int, said: str
) -> None:
    answer = pages(ana).post("/settings/address/subdomain/", {"subdomain": typed})

    assert (answer.status_code, said in answer.content.decode()) == (status, True)
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert api(ana).put("/api/address/subdomain/", {"name": typed}).status_code == status
    assert tenant_called("clinic").subdomain == "clinic"


def test_a_program_changes_it_too(api: Any, ana: User, clinic: TenantRef) -> None:
    owner = api(ana)

    answer = owner.put("/api/address/subdomain/", {"name": "harbour"})
    catalog.forget()

    assert answer.status_code == 200
    assert answer.json() == {
        "url": f"{NEW}/",
        "primary": "harbour",
        "subdomain": "harbour",
        "earlier": ["clinic.localhost:8000"],
        "changes_left": CHANGES - 1,
        "next_change_at": None,
        "domains": [],
    }
    assert owner.get("/api/address/").json() == answer.json()  # at the old address, with the same token


@pytest.mark.parametrize("handle", ["rita", "pia"])
def test_it_is_the_owners_to_change(pages: Any, api: Any, request: Any, handle: str) -> None:
    user = request.getfixturevalue(handle)

    assert pages(user).post("/settings/address/subdomain/", {"subdomain": "harbour"}).status_code == 403
    assert api(user).put("/api/address/subdomain/", {"name": "harbour"}).status_code == 403


def test_the_log_says_who_changed_it_from_what_to_what(renamed: TenantRef, ana: User) -> None:
    with use(renamed):
        entry = AuditEntry.objects.get(action="tenants.address.subdomain_changed")
    assert (entry.user_id, entry.changes) == (ana.pk, {"subdomain": ["clinic", "harbour"]})


# -- what it may be


def test_a_name_that_was_given_up_stays_reserved_for_its_tenant(
    renamed: TenantRef, other: TenantRef, cai: User
) -> None:
    for name in ("clinic", "c1inic"):
        with pytest.raises(DomainError):
            rename(other, name, by=cai)
        with pytest.raises(DomainError):
            names.check_name(name)

    back = rename(renamed, "clinic", by=cai)
    assert (back.subdomain, names_of(back, at=timezone.now()).earlier) == ("clinic", ["harbour"])


def test_ones_own_name_may_be_written_another_way(renamed: TenantRef, ana: User) -> None:
    """Nobody else can have one that looks the same, so nobody can be taken in."""
    assert rename(renamed, "har-bour", by=ana).subdomain == "har-bour"


def test_names_cannot_be_collected(clinic: TenantRef, ana: User, now: datetime) -> None:
    for number in range(CHANGES):
        rename(clinic, f"harbour-{number}", by=ana, at=now + timedelta(days=number))

    with pytest.raises(ChangedTooOften, match="from 1 June 2031"):
        rename(clinic, "one-more", by=ana, at=now + WITHIN - timedelta(seconds=1))
    assert rename(clinic, "clinic", by=ana, at=now + timedelta(days=4)).subdomain == "clinic"
    assert rename(clinic, "later", by=ana, at=now + WITHIN * 2).subdomain == "later"


def test_there_and_back_as_often_as_one_likes(clinic: TenantRef, ana: User, now: datetime) -> None:
    for name in ["harbour", "clinic"] * (CHANGES + 1):
        assert rename(clinic, name, by=ana, at=now).subdomain == name


# -- where the old one leads


def test_the_redirect_is_not_kept_by_browsers(renamed: TenantRef) -> None:
    """Who goes back to the old name would otherwise be sent round in circles for as long as the browser remembers."""
    answer = ask(OLD, "/pay/x/?a=1&b=%2F")

    assert (answer.status_code, answer["Location"]) == (301, f"{NEW}/pay/x/?a=1&b=%2F")
    assert answer["Cache-Control"] == "no-store"


def test_a_page_that_asks_for_a_part_of_itself_is_led_on_as_a_whole(renamed: TenantRef) -> None:
    part = {"hx-request": "true", "hx-current-url": f"{OLD}/today/?day=2031-03-03"}

    assert ask(OLD, "/today/lanes/", **part)["HX-Redirect"] == f"{NEW}/today/?day=2031-03-03"
    assert ask(OLD, "/patients/", **part, **{"hx-boosted": "true"})["HX-Redirect"] == f"{NEW}/patients/"


@pytest.mark.parametrize("current", ["", "https://evil.example//evil.example/x", "http://[", "//evil.example"])
def test_nobody_is_led_off_the_site(renamed: TenantRef, current: str) -> None:
    answer = ask(OLD, "/today/", **{"hx-request": "true", "hx-current-url": current})

    assert answer["HX-Redirect"].startswith(f"{NEW}/")


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/%0d%0aSet-Cookie:x=1"])
def test_odd_paths_stay_on_the_new_host(renamed: TenantRef, path: str) -> None:
    answer = Client(headers={"host": "clinic.localhost:8000"}).get("/", PATH_INFO=path)

    assert answer["Location"].startswith(f"{NEW}/")
    assert "Set-Cookie" not in answer.headers


def test_a_form_that_was_open_while_the_name_changed_is_saved(pages: Any, ana: User, clinic: TenantRef) -> None:
    browser = pages(ana)
    rename(clinic, "harbour", by=ana)

    answer = browser.post("/patients/new/", {"first_name": "Nell", "last_name": "Harbour"})

    assert answer.status_code < 400
    with use(clinic):
        from modules.crm.models import Patient

        assert Patient.objects.filter(first_name="Nell").count() == 1


def test_a_token_opens_the_new_address_and_the_old(clinic: TenantRef, rita: User, ana: User) -> None:
    before = Api(clinic, rita)
    now_at = rename(clinic, "harbour", by=ana)
    after = Api(now_at, rita)

    assert [door.get("/api/users/me/").status_code for door in (before, after)] == [200, 200]


def test_mails_link_to_the_new_address(renamed: TenantRef, mailoutbox: list[Any], run_jobs: Any) -> None:
    with use(renamed):
        send(cause="x", composer="tenants.tests.test_addresses.compose", about={}, at=timezone.now())
    run_jobs()

    (mail,) = mailoutbox
    assert f"{NEW}/my/" in mail.body


def compose() -> Composed:
    link = tenant_url(current_tenant(), "/my/")
    return Composed(to="x@y.example", subject="Hello", template="access/invitation", context={"link": link})


def test_the_platform_lists_and_leads_to_the_new_address(renamed: TenantRef) -> None:
    browser = Browser()
    browser.open("/accounts/login/")
    browser.sign_in("ana@clinic.example", PASSWORD)
    browser.open("/workspaces/")
    assert "harbour.localhost:8000" in browser.text

    browser.open(f"/hand-over/?tenant={renamed.id}&next=/today/")
    assert browser.url == f"{NEW}/today/"


def test_every_name_of_a_tenant_is_kept_once(renamed: TenantRef) -> None:
    with use_platform():
        rows = Domain.objects.filter(tenant_id=renamed.id).order_by("pk").values_list("domain", "is_primary")
        assert list(rows) == [("clinic", False), ("harbour", True)]
