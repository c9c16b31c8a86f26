"""The page with one's data: owners only, recently proved, by a link that is soon worth nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audit.models import AuditEntry
from identity.models import User
from jobs.models import OutboxMessage
from tenancy import TenantRef, use, use_cell, use_platform
from tenants.life import links
from tenants.life.models import Export, ExportState
from tenants.models import Tenant, TenantState
from tests.doors import session_key

PAGE = "/settings/data/"
LINK = re.compile(r'href="(/settings/data/exports/[^"]+/file/)"')


@pytest.fixture
def ready(in_clinic: TenantRef, ana: User, now: datetime) -> Export:
    """An export that is there; its file is not a real one."""
    key = default_storage.save(f"t/{in_clinic.id}/exports/x", ContentFile(b"zip"))
    return Export.objects.create(
        state=ExportState.READY, percent=100, asked_by_id=ana.pk, asked_by_name="Ana", asked_at=now, as_of=now,
        expires_at=now + timedelta(days=3), key=key, size=3,
    )  # fmt: skip


def test_an_owner_asks_for_an_export_and_sees_how_far_it_is(pages: Any, ana: User, clinic: TenantRef) -> None:
    browser = pages(ana)

    assert browser.post(f"{PAGE}exports/").status_code == 302
    with use(clinic):
        export = Export.objects.get()
        Export.objects.update(state=ExportState.RUNNING, percent=42)

    page = browser.get(PAGE).content.decode()
    assert 'value="42"' in page
    assert "disabled" in page
    assert 'hx-trigger="every 2s"' in page
    part = browser.get(PAGE, **{"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="exports"')
    with use_cell():
        assert OutboxMessage.objects.get(tenant_id=clinic.id).arguments == {"export_id": str(export.pk)}
    assert browser.post(f"{PAGE}exports/").status_code == 302
    with use(clinic):
        assert Export.objects.count() == 1


def test_the_file_is_fetched_by_a_link_and_the_log_says_so(
    pages: Any, ana: User, clinic: TenantRef, ready: Export
) -> None:
    browser = pages(ana)
    (link,) = LINK.findall(browser.get(PAGE).content.decode())

    answer = browser.get(link)

    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"zip")
    assert answer["Content-Disposition"] == 'attachment; filename="northside-physio-2031-03-03.zip"'
    assert "no-store" in answer["Cache-Control"]
    with use(clinic):
        assert AuditEntry.objects.get(action="life.export.fetched").user_id == ana.pk


def test_the_link_is_worth_nothing_later_or_to_anybody_else(
    pages: Any, ana: User, rita: User, clinic: TenantRef, ready: Export
) -> None:
    browser = pages(ana)
    (link,) = LINK.findall(browser.get(PAGE).content.decode())
    with use(clinic):
        theirs = links.sign(ready, user=rita)

    assert pages(rita).get(link).status_code == 403
    for bad in (theirs, f"{ready.pk}.{ana.pk}:forged:forged", "x"):
        assert browser.get(f"{PAGE}exports/{bad}/file/")["Location"] == PAGE
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert pages(ana).get(link)["Location"] == PAGE


def test_who_proved_long_ago_who_they_are_proves_it_again(
    pages: Any, ana: User, clinic: TenantRef, ready: Export
) -> None:
    browser = pages(ana)
    (link,) = LINK.findall(browser.get(PAGE).content.decode())
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    browser.client.cookies["session"] = session_key(ana, clinic, proved_at=long_ago)

    for answer in (browser.post(f"{PAGE}exports/"), browser.get(link), browser.get(f"{PAGE}deletion/")):
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")
    with use(clinic):
        assert Export.objects.count() == 1


def test_an_export_is_deleted_before_its_time(pages: Any, ana: User, clinic: TenantRef, ready: Export) -> None:
    browser = pages(ana)

    assert browser.post(f"{PAGE}exports/{ready.pk}/end/").status_code == 302

    with use(clinic):
        assert not default_storage.exists(ready.key)
    assert LINK.findall(browser.get(PAGE).content.decode()) == []
    assert browser.post(f"{PAGE}exports/{ana.pk}/end/").status_code == 404


def test_a_program_does_the_same(api: Any, ana: User, clinic: TenantRef, ready: Export) -> None:
    program = api(ana)

    made = program.post("/api/exports/", key="once").json()
    assert program.post("/api/exports/", key="once").json() == made
    assert program.post("/api/exports/").json()["code"] == "export-under-way"
    assert [each["state"] for each in program.get("/api/exports/").json()["items"]] == ["ready", "waiting"]
    answer = program.get(f"/api/exports/{ready.pk}/file/")
    assert b"".join(answer.streaming_content) == b"zip"
    assert program.get(f"/api/exports/{made['id']}/file/").json()["code"] == "export-not-ready"
    assert program.client.delete(f"/api/exports/{made['id']}/").status_code == 204
    assert program.get(f"/api/exports/{made['id']}/").json()["state"] == "expired"


# -- the end


def state_of(tenant: TenantRef) -> str:
    with use_platform():
        return Tenant.objects.get(pk=tenant.id).state


def test_an_owner_has_the_workspace_deleted(
    pages: Any, ana: User, clinic: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    browser = pages(ana)
    wrong = browser.post(f"{PAGE}deletion/", {"reason": "We retire", "subdomain": "other"})
    assert (wrong.status_code, "We retire" in wrong.content.decode()) == (422, True)
    assert state_of(clinic) == TenantState.ACTIVE

    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"{PAGE}deletion/", {"reason": "We retire", "subdomain": "Clinic "})

    assert (answer.status_code, answer["Location"]) == (302, "http://localhost:8000/workspaces/")
    assert state_of(clinic) == TenantState.DELETING
    assert browser.get("/today/").status_code == 503


def test_a_program_has_the_workspace_deleted(
    api: Any, ana: User, clinic: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    program = api(ana)
    assert program.post("/api/deletion/", {"reason": "x", "subdomain": "shop"}).json()["code"] == "address-wrong"

    with django_capture_on_commit_callbacks(execute=True):
        answer = program.post("/api/deletion/", {"reason": "We retire", "subdomain": "clinic"})

    assert (answer.status_code, set(answer.json())) == (201, {"asked_at", "erase_at"})
    assert program.get("/api/exports/").json()["code"] == "tenant-deleting"
