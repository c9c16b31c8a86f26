"""A line of log says what happened, where and for which tenant; never to whom."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.test import Client as Browser

from identity.models import User
from modules.crm.models import Client, Patient
from modules.crm.pages import staff
from monitoring.logs import JsonLines, OccasionFilter, outline
from tenancy import TenantRef, use

MARK = "Zaphod-Marker"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What the root logger writes in production, as a function that reads it so far."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    handler.addFilter(OccasionFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)


@pytest.fixture
def record(clinic: TenantRef) -> UUID:
    """Somebody whose name must not be told."""
    with use(clinic):
        client = Client.objects.create(first_name=MARK)
        return Patient.objects.create(client=client, first_name=MARK).pk


def line_of(lines: list[dict[str, Any]], logger: str) -> dict[str, Any]:
    return next(line for line in lines if line["logger"] == logger)


def test_a_request_is_told_by_its_route_its_tenant_and_its_id(
    lines: Any, pages: Any, ana: User, clinic: TenantRef, record: UUID
) -> None:
    answer = pages(ana).get(f"/patients/{record}/?q={MARK}")

    told = line_of(lines(), "atrium.request")
    assert (told["route"], told["tenant"], told["id"]) == (
        "patients/<uuid:patient_id>/",
        str(clinic.id),
        answer["X-Request-Id"],
    )
    assert told["queries"] > 0
    assert str(record) not in json.dumps(lines())
    assert MARK not in json.dumps(lines())


def test_an_error_is_outlined_without_the_values_it_names(
    lines: Any, pages: Any, ana: User, record: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        try:
            raise IntegrityError(f"Key (email)=({MARK}) already exists.")
        except IntegrityError as cause:
            raise RuntimeError(f"of {MARK}") from cause

    monkeypatch.setattr(staff.audit, "viewed", broken)
    browser = pages(ana)
    browser.client.raise_request_exception = False
    assert browser.get(f"/patients/{record}/").status_code == 500

    told = line_of(lines(), "django.request")
    assert "builtins.RuntimeError" in told["exc_info"]
    assert "IntegrityError" in told["exc_info"]
    assert "test_logs.py" in told["exc_info"]
    assert told["route"] == "patients/<uuid:patient_id>/"
    assert MARK not in json.dumps(lines())


def test_a_link_with_a_secret_leaves_no_trace(lines: Any, clinic: TenantRef) -> None:
    Browser(headers={"host": "localhost"}).get(f"/invitations/{clinic.id}/{MARK}/")
    Browser(headers={"host": "clinic.localhost"}).get(f"/nowhere/{MARK}/")

    assert [line["message"] for line in lines() if line["logger"] == "django.request"]
    assert MARK not in json.dumps(lines())


def test_a_statement_that_takes_long_is_told_with_its_route_and_without_its_values(
    lines: Any, pages: Any, ana: User, settings: Any
) -> None:
    settings.SLOW_QUERY_MS = 0
    pages(ana).get(f"/patients/?q={MARK}")

    told = [line for line in lines() if line["logger"] == "atrium.slow_query"]
    assert any('"crm_patient"' in line["sql"] and line["route"] == "patients/" for line in told)
    assert MARK not in json.dumps(told)


def test_an_error_that_is_its_own_cause_is_outlined_once() -> None:
    error = ValueError(MARK)
    error.__cause__ = error

    assert outline(error) == "builtins.ValueError"


def test_a_page_that_shows_a_record_logs_nothing_of_it(lines: Any, pages: Any, ana: User, record: UUID) -> None:
    assert MARK in pages(ana).get("/patients/").content.decode()

    assert lines()
    assert MARK not in json.dumps(lines())
