"""Lists of codes: whole or not at all, replaced as one, and found in spite of typos."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections
from django.utils import timezone

from audit.models import AuditEntry
from filestore.models import StoredFile
from identity.models import User
from jobs.actors import DurableActor
from jobs.outbox import later
from modules.crm import tasks
from modules.crm.domain.codes.entries import Entry, NoColumns, columns_of, key_of, read_entries
from modules.crm.domain.imports.tables import Row
from modules.crm.models import Code, CodeList, CodeSystem, CodeWord
from modules.crm.selectors.codes import find_codes
from modules.crm.services import codes
from modules.crm.services.codes import loading, sending
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Api, Pages

ICD = "http://hl7.org/fhir/sid/icd-10"
FIRST = "code;display;synonyms\nM54.5;Low back pain;Lumbago|Lumbalgia\nM17.1;Gonarthrosis;\nS83.2;Tear of meniscus;\n"
SECOND = "code;display\nM54.50;Low back pain, unspecified\nM17.1;Primary gonarthrosis\n"


def sent(content: str, *, by: User, version: str = "2026", uri: str = ICD) -> CodeList:
    details = codes.ListDetails(name="ICD-10", uri=uri, version=version)
    row = codes.send_code_list(details=details, file_name="icd.csv", content=content.encode(), by=by, at=timezone.now())
    codes.check_codes(code_list_id=row.pk)
    row.refresh_from_db()
    return row


def used(content: str, *, by: User, **said: Any) -> CodeList:
    row = codes.begin_loading(code_list=sent(content, by=by, **said), by=by)
    codes.load_codes(code_list_id=row.pk, at=timezone.now())
    row.refresh_from_db()
    return row


def codes_in(uri: str = ICD) -> dict[str, str]:
    return dict(Code.objects.filter(system__uri=uri).order_by("code").values_list("code", "display"))


def found(text: str) -> list[str]:
    return [code.code for code in find_codes(text) if code.system.uri == ICD]


@pytest.mark.parametrize(
    ("headers", "places"),
    [
        (["Code", "Display"], {"code": 0, "display": 1}),
        (["Titel", "Kode", "Sprache"], {"code": 1, "display": 0, "language": 2}),
        (["conceptId", "term", "Synonyms"], {"code": 0, "display": 1, "synonyms": 2}),
    ],
)
def test_columns_are_known_by_their_usual_names(headers: list[str], places: dict[str, int]) -> None:
    assert columns_of(headers) == places


def test_without_a_column_of_codes_there_is_no_list() -> None:
    with pytest.raises(NoColumns):
        columns_of(["A", "B"])


def test_rows_in_several_languages_are_one_code() -> None:
    rows = [Row(2, ["M54.5", "Low back pain", ""]), Row(3, ["M54.5", "Kreuzschmerz", "de-DE"])]

    read = read_entries(["code", "display", "language"], rows, longest_code=40, longest_display=300)

    assert read.mistakes == []
    assert read.entries == {"M54.5": Entry("M54.5", "Low back pain", [], {"de": "Kreuzschmerz"})}
    assert read.entries["M54.5"].words == ["back", "kreuzschmerz", "low", "pain"]


def test_a_code_is_one_however_it_is_written() -> None:
    assert key_of("M54.5") == key_of("m 545") == "m545"


def test_every_mistake_is_told_with_its_line_and_nothing_is_used(in_clinic: TenantRef, ana: User) -> None:
    wrong = "code;display;language\nA;Fine;\n;No code;\nB;;\nA;Twice;\nC;Odd;???\n" + "D" * 60 + ";Long;\n"

    refused = sent(wrong, by=ana)

    told = [(line, word) for line, word, _ in refused.mistakes]
    assert told == [(3, "no-code"), (4, "no-display"), (5, "twice"), (6, "bad-language"), (7, "bad-code")]
    assert (refused.state, refused.counts["mistakes"], refused.file_id) == ("REFUSED", 5, None)
    assert codes_in() == {}
    with pytest.raises(codes.sending.NotNow):
        codes.begin_loading(code_list=refused, by=ana)


def test_what_is_no_table_is_said_to_be_none(in_clinic: TenantRef, ana: User) -> None:
    assert [sent(text, by=ana, uri=f"urn:{n}").problem for n, text in enumerate(("%PDF-1", "a;b\n1;2\n"))] == [
        "unknown",
        "no-columns",
    ]


@pytest.mark.parametrize(
    ("said", "field"), [({"name": " "}, "name"), ({"version": ""}, "version"), ({"uri": "icd 10"}, "uri")]
)
def test_a_list_has_a_name_a_version_and_a_uri(in_clinic: TenantRef, ana: User, said: Any, field: str) -> None:
    details = codes.ListDetails(**{"name": "ICD-10", "uri": ICD, "version": "2026"} | said)

    with pytest.raises(codes.CodeListRefused) as refused:
        codes.send_code_list(details=details, file_name="x", content=b"x", by=ana, at=timezone.now())

    assert list(refused.value.fields) == [field]


def test_a_checked_list_changes_nothing_before_it_is_chosen(in_clinic: TenantRef, ana: User) -> None:
    checked = sent(FIRST, by=ana)

    assert (checked.state, checked.counts) == (
        "CHECKED",
        {"mistakes": 0, "total": 3, "new": 3, "changed": 0, "gone": 0},
    )
    assert codes_in() == {}


def test_a_later_version_takes_the_place_of_the_one_before(in_clinic: TenantRef, ana: User) -> None:
    before = used(FIRST, by=ana)
    checked = sent(SECOND, by=ana, version="2027")
    assert checked.counts == {"mistakes": 0, "total": 2, "new": 1, "changed": 1, "gone": 2}

    codes.load_codes(code_list_id=codes.begin_loading(code_list=checked, by=ana).pk, at=timezone.now())

    before.refresh_from_db()
    checked.refresh_from_db()
    assert (before.state, checked.state, checked.file_id) == ("REPLACED", "ACTIVE", None)
    assert codes_in() == {"M17.1": "Primary gonarthrosis", "M54.50": "Low back pain, unspecified"}
    assert found("meniscus") == []
    assert not StoredFile.objects.filter(name="codes").exists()


def test_a_step_that_was_done_is_not_done_again(in_clinic: TenantRef, ana: User) -> None:
    row = used(FIRST, by=ana)
    Code.objects.filter(system__uri=ICD, code="M17.1").delete()

    codes.load_codes(code_list_id=row.pk, at=timezone.now())
    codes.check_codes(code_list_id=row.pk)

    assert len(codes_in()) == 2
    assert AuditEntry.objects.filter(action="crm.codelist.loaded", object_id=str(row.pk)).count() == 1


def test_a_version_that_is_in_use_is_not_sent_again(in_clinic: TenantRef, ana: User) -> None:
    used(FIRST, by=ana)

    with pytest.raises(codes.CodeListRefused):
        sent(SECOND, by=ana)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("M54.5", "M54.5"),
        ("m545", "M54.5"),
        ("low back", "M54.5"),
        ("lumbago", "M54.5"),
        ("back lo", "M54.5"),
        ("lumbgao", "M54.5"),
        ("menicsus tear", "S83.2"),
        ("miniskus", "S83.2"),
        ("arthrosis", "M17.1"),
        ("gonarthorsis", "M17.1"),
    ],
)
def test_codes_are_found_as_they_are_typed(in_clinic: TenantRef, ana: User, typed: str, first: str) -> None:
    used(FIRST, by=ana)

    assert found(typed)[:1] == [first]


@pytest.mark.parametrize("nothing", ["", " ", "??", "xqzwvk", "back xqzwvk"])
def test_nonsense_finds_no_code(in_clinic: TenantRef, ana: User, nothing: str) -> None:
    used(FIRST, by=ana)

    assert found(nothing) == []


def test_a_list_that_is_ended_is_not_offered_until_a_version_comes(in_clinic: TenantRef, ana: User) -> None:
    row = used(FIRST, by=ana)

    codes.end_code_system(system=row.system, by=ana, at=timezone.now())
    assert found("lumbago") == []
    used(SECOND, by=ana, version="2027")

    assert found("back") == ["M54.50"]


def test_every_clinic_begins_with_a_list_that_is_ours(in_clinic: TenantRef) -> None:
    ours = CodeSystem.objects.get()

    assert (ours.uri, ours.lists.get().state) == ("urn:atrium:reasons:physiotherapy", "ACTIVE")
    assert Code.objects.filter(system=ours).count() == 32
    assert "KNEE-PAIN" in [code.code for code in find_codes("knee pian")]


def test_a_list_is_sent_checked_and_used_by_the_api(in_clinic: TenantRef, api: Any, ana: User, rita: User) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    door: Api = api(ana)
    form = {"system": ICD, "name": "ICD-10", "version": "2026", "file": SimpleUploadedFile("i.csv", FIRST.encode())}

    answer = door.client.post("/api/patients/code-lists/", form)
    listed = answer.json()
    codes.check_codes(code_list_id=listed["id"])
    chosen = door.post(f"/api/patients/code-lists/{listed['id']}/use/", {})
    codes.load_codes(code_list_id=listed["id"], at=timezone.now())

    assert (answer.status_code, listed["state"], chosen.json()["state"]) == (201, "CHECKING", "LOADING")
    assert door.get(f"/api/patients/code-lists/{listed['id']}/").json()["state"] == "ACTIVE"
    items = door.get("/api/patients/codes/?text=m54").json()["items"]
    assert [(each["code"], each["system"], each["display"]) for each in items] == [("M54.5", ICD, "Low back pain")]
    assert api(rita).get("/api/patients/codes/?text=lumbago").status_code == 403
    assert api(rita).get("/api/patients/code-lists/").status_code == 403


def test_the_page_tells_what_is_wrong_in_which_line(in_clinic: TenantRef, pages: Any, ana: User) -> None:
    door: Pages = pages(ana)
    refused = sent("code;display\nA;Fine\nA;Twice\n", by=ana)

    page = door.get(f"/settings/codes/{refused.pk}/").content.decode()

    assert "Line 3" in page
    assert "This code is in the file twice: A (2)." in page
    assert "Use it" not in page


def tried_until_given_up(job: DurableActor, **arguments: str) -> None:
    message_id = later(job, **arguments)
    for _ in range(job.options["max_attempts"]):
        job.run_durably(message_id, arguments)


def test_a_list_whose_loading_fails_for_good_says_so_and_is_loaded_again(
    in_clinic: TenantRef, pages: Any, api: Any, ana: User
) -> None:
    used(FIRST, by=ana)
    row = codes.begin_loading(code_list=sent(SECOND, by=ana, version="2027"), by=ana)
    door, address = pages(ana), f"/settings/codes/{row.pk}/"

    with patch.object(loading, "entries_of", side_effect=MemoryError):
        tried_until_given_up(tasks.load_code_list, code_list_id=str(row.pk))
    page = door.get(address).content.decode()

    assert api(ana).get(f"/api/patients/code-lists/{row.pk}/").json()["state"] == "FAILED"
    assert ("tried several times (MemoryError)" in page, "Try again" in page) == (True, True)
    assert len(codes_in()) == 3
    assert door.post(f"{address}use/").status_code == 302
    codes.load_codes(code_list_id=row.pk, at=timezone.now())
    row.refresh_from_db()
    assert (row.state, row.problem, len(codes_in())) == ("ACTIVE", "", 2)


def test_a_list_that_cannot_be_checked_is_refused_and_its_file_goes(in_clinic: TenantRef, ana: User) -> None:
    details = codes.ListDetails(name="ICD-10", uri=ICD, version="2026")
    at = timezone.now()
    row = codes.send_code_list(details=details, file_name="icd.csv", content=FIRST.encode(), by=ana, at=at)

    with patch.object(sending, "entries_of", side_effect=OSError):
        tried_until_given_up(tasks.check_code_list, code_list_id=str(row.pk))
    codes.give_up_loading(code_list_id=row.pk, problem="late")  # of a step that it is not at

    row.refresh_from_db()
    assert (row.state, row.problem, row.file) == ("REFUSED", "OSError", None)


def load_and_die(place: TenantRef, code_list_id: Any, at: datetime) -> None:
    """Do what a worker does, and be killed when the codes were written and the words were not."""
    connections.close_all()

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with patch.object(loading, "skeleton", die), use(place):
        codes.load_codes(code_list_id=code_list_id, at=at)


@pytest.mark.usefixtures("own_database")
def test_a_worker_that_is_killed_leaves_the_version_before_in_use(now: datetime) -> None:
    place = tenant_called("clinic")
    with use_platform():
        ana = User.objects.get(email="ana@clinic.example")
    with use(place):
        used(FIRST, by=ana)
        row = codes.begin_loading(code_list=sent(SECOND, by=ana, version="2027"), by=ana)
    connections.close_all()

    process = get_context("fork").Process(target=load_and_die, args=(place, row.pk, now))
    process.start()
    process.join()

    assert process.exitcode == -signal.SIGKILL
    with use(place):
        assert len(codes_in()) == 3
        codes.load_codes(code_list_id=row.pk, at=now)
        assert len(codes_in()) == 2
        assert not CodeWord.objects.filter(system__uri=ICD, word="meniscus").exists()
