"""The audit log as it is read: in sentences, by page, and with nothing that the reader may not see."""

from __future__ import annotations

import ast
import csv
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis.strategies import characters, text

from audit.models import AuditEntry
from identity.models import User
from kernel.ids import new_id
from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, change_patient, register_patient, take_into_care
from modules.crm.tests.flags import warned
from modules.scheduling.models import Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, tenant_in_use, use, use_platform
from tenants.activity.selecting import SHORTEST_TEXT, Filters, behind, entries_for
from tenants.activity.telling import read_page, tell
from tenants.activity.words import DEEDS, trails
from tenants.chaining import chain_tenant, verify_tenant
from tenants.models import ChainAnchor

PAGE, API = "/settings/activity/", "/api/audit/entries/"


@pytest.fixture
def paul(clinic: TenantRef, rita: User, now: datetime) -> Patient:
    """Registered by Rita, who then changed his phone."""
    contact = ContactDetails(first_name="Paul", last_name="Weiss", phone="+447700900118")
    with use(clinic):
        details = PatientDetails(first_name="Paul", last_name="Weiss")
        paul = register_patient(patient=details, contact=contact, by=rita, at=now)
        changed = ContactDetails(first_name="Paul", last_name="Weiss", phone="+447700900119")
        change_patient(patient=paul, details=details, contact=changed, by=rita, at=now)
    return paul


def sentences(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [line.sentence for line in answer.context["lines"]]


def test_what_happened_is_told_in_sentences_newest_first(pages: Any, ana: User, paul: Patient) -> None:
    answer = pages(ana).get(PAGE, {"kind": "crm"})

    assert sentences(answer)[:3] == [
        "Rita changed the contact of Paul Weiss",
        "Rita registered Paul Weiss",
        "Rita registered Paul Weiss as a client",
    ]
    assert "+447700900118 → +447700900119" in answer.content.decode()
    assert f'href="/patients/{paul.pk}/"' in answer.content.decode()


def test_entries_are_filtered_by_person_record_kind_day_and_text(
    pages: Any, ana: User, rita: User, clinic: TenantRef, paul: Patient
) -> None:
    browser, today = pages(ana), datetime.now(UTC).date()
    of_rita = sentences(browser.get(PAGE, {"person": str(rita.pk)}))
    assert {line.split()[0] for line in of_rita} == {"Rita"}

    assert len(sentences(browser.get(PAGE, {"text": "900119"}))) == 1
    assert sentences(browser.get(PAGE, {"subject": str(paul.pk), "kind": "changes"})) == ["Rita registered Paul Weiss"]
    assert sentences(browser.get(PAGE, {"subject": str(paul.pk), "kind": "views"}))[-1].startswith("Ana looked at")
    assert sentences(browser.get(PAGE, {"first": str(today + timedelta(days=2))})) == []
    assert len(of_rita) == len(sentences(browser.get(PAGE, {"person": str(rita.pk), "last": str(today)})))


def test_entries_are_filtered_by_action_by_record_and_by_request(
    pages: Any, ana: User, clinic: TenantRef, paul: Patient
) -> None:
    browser = pages(ana)
    assert sentences(browser.get(PAGE, {"kind": "crm.client.changed"})) == ["Rita changed the contact of Paul Weiss"]
    assert sentences(browser.get(PAGE, {"thing": "crm.client"}))[0] == "Rita changed the contact of Paul Weiss"
    assert sentences(browser.get(PAGE, {"thing": f"crm.patient/{paul.pk}"})) == ["Rita registered Paul Weiss"]

    looked = browser.get(f"/patients/{paul.pk}/")
    assert sentences(browser.get(PAGE, {"request": looked["X-Request-Id"]})) == [
        "Ana looked at the record of Paul Weiss"
    ]
    assert sentences(browser.get(PAGE, {"request": str(new_id())})) == []


LATEST_ID = str(UUID(int=(2**48 - 1) << 80 | 7 << 76 | 2 << 62))


@pytest.mark.parametrize(
    "query",
    [
        {"request": "01900000-0000-4000-8000-000000000000"},
        {"request": LATEST_ID},
        {"to": "9999-12-31", "from": "0001-01-01"},
        {"person": "01900000-0000-7000-8000-000000000000", "kind": "views"},
        {"after": "nonsense"},
        {"text": '100% \\ " ( [ * _\x00'},
    ],
)
def test_far_out_filters_find_nothing_or_all_and_never_break(api: Any, ana: User, query: dict[str, str]) -> None:
    assert api(ana).get(API, query).status_code == 200


@pytest.mark.parametrize(
    "query",
    [{"kind": "crm.nothing"}, {"thing": "crm"}, {"text": "ab"}, {"from": "2031-03-04", "to": "2031-03-03"}],
)
def test_what_cannot_be_filtered_by_is_refused(api: Any, ana: User, query: dict[str, str]) -> None:
    assert api(ana).get(API, query).status_code == 422


@settings_of_hypothesis(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=text(characters(exclude_characters="\0", codec="utf-8"), min_size=SHORTEST_TEXT, max_size=30))
def test_whatever_is_written_is_found_by_itself(in_clinic: TenantRef, value: str) -> None:
    """Quotes, backslashes, wild cards and letters of all scripts."""
    entry = AuditEntry.objects.create(action="a.b.c", changes={"field": [None, value]})
    found = entries_for(Filters(text=value), zone=ZoneInfo("UTC"))
    assert found.filter(pk=entry.pk).exists()


BY_INDEX = [
    ({"person": str(new_id())}, ["audit_of_user"]),
    ({"subject": new_id()}, ["audit_of_subject", "audit_of_listed"]),
    ({"thing": f"crm.patient/{new_id()}"}, ["audit_of_object"]),
    ({"thing": "crm.note"}, ["audit_of_object"]),
    ({"kind": "crm"}, ["audit_of_action"]),
    ({"kind": "crm.patient.viewed"}, ["audit_of_action"]),
    ({"request": new_id()}, ["audit_in_order"]),
    ({"first": date(2031, 3, 4), "last": date(2031, 3, 5)}, ["audit_in_order"]),
    ({"text": "900119"}, ["audit_by_text"]),
]


@pytest.mark.parametrize(("filtered", "indexes"), BY_INDEX, ids="+".join)
def test_every_filter_has_an_index(in_clinic: TenantRef, filtered: dict[str, Any], indexes: list[str]) -> None:
    """Of what the planner may choose, all is taken away that reads more than the filter asks for."""
    rows = behind(entries_for(Filters(**filtered), zone=ZoneInfo("UTC")), None)[:51]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        plan = rows.explain()
    used = re.findall(r"Bitmap Index Scan on (\w+) .*\n\s+Index Cond", plan)
    assert set(indexes) <= set(used)


def test_without_filters_a_page_is_read_in_the_order_of_an_index(in_clinic: TenantRef) -> None:
    rows = behind(entries_for(Filters(), zone=ZoneInfo("UTC")), None)[:51]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows.explain()
    assert "Index Scan Backward using audit_in_order" in plan
    assert "Sort" not in plan


def test_filters_that_make_no_sense_are_told_and_kept(pages: Any, ana: User) -> None:
    answer = pages(ana).get(PAGE, {"first": "2031-03-04", "last": "2031-03-03", "text": "phone"})

    assert answer.status_code == 422
    assert "The last day is not before the first." in answer.content.decode()
    assert 'value="phone"' in answer.content.decode()


def test_pages_follow_each_other_without_gap_or_repetition_while_others_write(
    api: Any, ana: User, clinic: TenantRef
) -> None:
    """All of them at one moment, as in one transaction: the id decides."""
    with use(clinic):
        wanted = AuditEntry.objects.bulk_create(
            AuditEntry(action="crm.patient.viewed", object_type="crm.patient", object_id=str(new_id()), user_id=ana.pk)
            for _ in range(120)
        )
    seen, after = [], ""
    while after is not None:
        page = api(ana).get(API, {"kind": "crm", "after": after}).json()
        seen += [entry["id"] for entry in page["items"]]
        after = page["next"]
        with use(clinic):
            AuditEntry.objects.create(action="crm.patient.viewed", object_type="crm.patient", object_id=str(new_id()))

    ours = {str(entry.pk) for entry in wanted}
    assert len(seen) == len(set(seen))
    assert ours <= set(seen)


def test_what_a_reader_may_not_see_is_neither_told_nor_found(
    api: Any, ana: User, clinic: TenantRef, paul: Patient, monkeypatch: Any
) -> None:
    shown = api(ana).get(API, {"text": "900119"}).json()["items"]
    assert [change["new"] for entry in shown for change in entry["changes"]] == ["+447700900119"]

    monkeypatch.setattr("tenants.activity.values.hidden_fields", lambda user, model: frozenset({"phone"}))
    assert api(ana).get(API, {"text": "900119"}).json()["items"] == []
    (entry, *_) = api(ana).get(API, {"kind": "crm"}).json()["items"]
    assert entry["changes"] == [{"field": "phone", "old": None, "new": None, "hidden": True}]


def test_a_search_goes_on_behind_what_is_hidden(
    in_clinic: TenantRef, ana: User, paul: Patient, monkeypatch: Any
) -> None:
    """Pages of two, looked for four at a time and three times at most."""
    monkeypatch.setattr("tenants.activity.telling.PER_QUERY", 4)
    monkeypatch.setattr("tenants.activity.telling.SEARCHED", 3)
    seen, hidden = ({"object_type": "crm.client", "object_id": str(each)} for each in (paul.client_id, new_id()))
    for number, whose in enumerate([seen] + [hidden] * 13 + [seen] * 3 + [hidden] * 2):
        AuditEntry.objects.create(action="crm.client.changed", changes={"city": [None, f"Bath {number}"]}, **whose)

    rows, after, pages_read = entries_for(Filters(text="bath"), zone=ZoneInfo("UTC")), None, []
    while not pages_read or after is not None:
        shown = read_page(rows, after=after, text="bath", reader=ana, size=2)
        pages_read.append([line.changes[0].new for line in shown.lines])
        after = shown.next

    assert pages_read == [["Bath 16", "Bath 15"], ["Bath 14"], ["Bath 0"]]


def test_ids_are_told_by_the_names_of_what_they_stand_for(
    in_clinic: TenantRef, ana: User, bo: User, rita: User, paul: Patient, now: datetime
) -> None:
    take_into_care(patient=paul, user_id=bo.pk, reason="a visit was booked", by=rita, at=now)
    service = Service.objects.get(name="Follow-up")
    wish = Wish(service_id=service.pk, patient_id=paul.pk, starts_at=now + timedelta(days=1))
    book_appointment(wish=wish, by=rita, at=now)

    lines = tell(AuditEntry.objects.filter(action__endswith="ed").order_by("at", "id"), reader=ana)
    read = {(line.entry.action, each.name): (each.new, each.after) for line in lines for each in line.changes}
    assert read["scheduling.appointment.booked", "patient_id"] == (str(paul.pk), "Paul Weiss")
    assert read["scheduling.appointment.booked", "service_id"] == (str(service.pk), "Follow-up")
    taken = AuditEntry.objects.filter(action="crm.patient.taken_into_care", changes__user_id__1=str(bo.pk))
    (cared,) = tell(taken, reader=ana)
    assert {each.name: each.after for each in cared.changes} == {"user_id": "Bo", "reason": "a visit was booked"}


def test_values_of_a_record_out_of_reach_are_hidden_with_its_name(
    in_clinic: TenantRef, bo: User, paul: Patient
) -> None:
    """For roles that an owner has narrowed: here somebody who sees only their own patients."""
    entry = AuditEntry.objects.get(action="crm.client.changed")
    (line,) = tell([entry], reader=bo)

    assert line.sentence == "Rita changed the contact of something you may not see"
    assert [(change.name, change.old, change.new, change.is_hidden) for change in line.changes] == [
        ("phone", None, None, True)
    ]
    assert not line.has("900119")


def test_no_text_of_a_flag_is_in_the_log(api: Any, ana: User, bo: User, clinic: TenantRef, now: datetime) -> None:
    with use(clinic):
        details = PatientDetails(first_name="Paul")
        patient = register_patient(patient=details, contact=ContactDetails(first_name="Paul"), by=bo, at=now)
        warned(patient, "Penicillin", by=bo, at=now)

    assert "Penicillin" not in json.dumps(api(ana).get(API).json())
    with use(clinic):
        assert not AuditEntry.objects.filter(changes__icontains="Penicillin").exists()


def body(answer: Any) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize("path", ["/settings/activity/export/", "/api/audit/entries/file/"])
def test_what_was_filtered_is_exported_and_the_export_logged(
    pages: Any, api: Any, ana: User, clinic: TenantRef, paul: Patient, path: str
) -> None:
    door = api(ana) if path.startswith("/api/") else pages(ana)
    rows = list(csv.DictReader(body(door.get(path, {"kind": "crm", "format": "csv"})).splitlines()))
    lines = [json.loads(line) for line in body(door.get(path, {"kind": "crm", "format": "jsonl"})).splitlines()]

    assert (rows[0]["who"], rows[0]["field"], rows[0]["new"]) == ("Rita", "phone", "'+447700900119")
    assert lines[0]["changes"][0]["new"] == "+447700900119"
    assert {row["id"] for row in rows} == {line["id"] for line in lines}
    with use(clinic):
        logged = AuditEntry.objects.filter(action="audit.log.exported").order_by("at", "id")
        assert [entry.changes["filters"][1] for entry in logged] == [
            {"kind": "crm", "format": "csv"}, {"kind": "crm", "format": "jsonl"},
        ]  # fmt: skip


def test_an_export_that_is_broken_off_leaves_the_room(pages: Any, ana: User, clinic: TenantRef, paul: Patient) -> None:
    answer = pages(ana).get("/settings/activity/export/")
    lines = iter(answer.streaming_content)
    assert b"at,who,role" in b"".join(next(lines) for _ in range(3))
    assert tenant_in_use() == clinic

    answer.close()
    assert tenant_in_use() is None


def test_reading_the_log_is_logged_with_whom_it_told_of(
    pages: Any, ana: User, clinic: TenantRef, paul: Patient
) -> None:
    pages(ana).get(PAGE)

    with use(clinic):
        read = AuditEntry.objects.get(action="audit.log.viewed")
    assert read.listed is not None
    assert {paul.pk, paul.client_id} <= set(read.listed)


def test_looks_at_the_log_do_not_grow_with_each_other(api: Any, ana: User, clinic: TenantRef, paul: Patient) -> None:
    api(ana).get(API, {"kind": "crm"})
    api(ana).get(API, {"kind": "audit.log.viewed"})

    with use(clinic):
        latest = AuditEntry.objects.filter(action="audit.log.viewed").latest("at")
    assert latest.listed is None


def test_the_page_says_when_the_chain_was_last_checked(pages: Any, ana: User, clinic: TenantRef, now: datetime) -> None:
    assert "the chain holds" not in pages(ana).get(PAGE).content.decode()

    chain_tenant(clinic, at=now)
    verify_tenant(clinic, at=now)
    assert "the chain holds, over" in pages(ana).get(PAGE).content.decode()

    with use_platform():
        ChainAnchor.objects.filter(tenant_id=clinic.id).update(broken_since=now)
    broken = pages(ana).get(PAGE).content.decode()
    assert "some lines are not as they were written" in broken
    assert "the chain holds" not in broken


def test_what_support_did_is_marked(pages: Any, api: Any, ana: User, clinic: TenantRef, paul: Patient) -> None:
    with use(clinic):
        AuditEntry.objects.create(
            action="crm.patient.viewed",
            object_type="crm.patient",
            object_id=str(paul.pk),
            subject_id=paul.pk,
            user_id=new_id(),
            user_label="Oda (support)",
            role="support",
            origin={"ip": "10.0.0.9", "operator_id": str(new_id()), "support_id": str(new_id())},
        )
        AuditEntry.objects.create(action="tenants.support.ended", user_label="Oda", role="operator", user_id=new_id())
    assert "Operator" in pages(ana).get(PAGE).content.decode()
    answer = pages(ana).get(PAGE, {"kind": "crm.patient.viewed"})
    assert sentences(answer)[0] == "Oda (support) looked at the record of Paul Weiss"
    assert "#life-buoy" in answer.content.decode()
    entries = api(ana).get(API, {"kind": "crm.patient.viewed"}).json()["items"]
    assert [entry["by_support"] for entry in entries] == [True]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_changes_the_log(pages: Any, api: Any, ana: User, method: str) -> None:
    assert getattr(api(ana).client, method)(API).status_code == 405
    assert getattr(pages(ana).client, method)(PAGE).status_code == 405


def actions_in(file: Path) -> set[str]:
    """Return the actions that a file records by a plain name."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    recording = [call for call in calls if getattr(call.func, "attr", "") in ("record", "record_of_log", "tell_tenant")]
    values = [word.value for call in recording for word in call.keywords if word.arg == "action"]
    return {value.value for value in values if isinstance(value, ast.Constant)}


def test_every_action_has_a_sentence() -> None:
    worded = set(DEEDS).union(*(trail.deeds for trail in trails().values()))
    files = [
        file for folder in ("modules", "platform", "tenants") for file in (settings.BASE_DIR / folder).rglob("*.py")
    ]
    ours = [file for file in files if not {"tests", "node_modules"} & set(file.parts)]
    assert set().union(*map(actions_in, ours)) - worded == set()
