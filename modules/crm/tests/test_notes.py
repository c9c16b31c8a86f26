"""Notes: typed, never lost, never overwritten unseen, kept version by version, signed, amended, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from access.models import Member
from audit.models import AuditEntry
from identity.models import User
from modules.crm.domain.notes import Piece, passages
from modules.crm.models import Level, Note, NoteDraft, Patient
from modules.crm.selectors import compared, versions_of
from modules.crm.services import (
    Before,
    ContactDetails,
    NoteChanged,
    NoteInvalid,
    NoteIsSigned,
    NotInCare,
    NotYourNote,
    PatientDetails,
    Written,
    amend_note,
    begin_note,
    discard_note,
    keep_note,
    register_patient,
    save_draft,
    set_discipline,
    sign_note,
    take_into_care,
)
from modules.crm.services.notes.signing import AmendmentInvalid, NoteNotSigned
from tenancy import TenantRef, use

Save = Callable[..., Note]


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, bea: User, now: datetime) -> Patient:
    """Whom Bo and Bea both treat."""
    who = {"patient": PatientDetails(first_name="Paul"), "contact": ContactDetails(first_name="Paul")}
    patient = register_patient(**who, by=bo, at=now)
    take_into_care(patient=patient, user_id=bea.pk, reason="they treat him together", by=bo, at=now)
    return patient


@pytest.fixture
def note(paul: Patient, bo: User, now: datetime) -> Note:
    return begin_note(patient=paul, by=bo, at=now)


@pytest.fixture
def save(note: Note, bo: User, now: datetime) -> Save:
    """Save a plan from a window; `seen` is what it says now unless the test says otherwise."""

    def saved(plan: str, tab: str = "a", *, by: User = bo, minutes: int = 0, seen: str = "", **further: Any) -> Note:
        at = now + timedelta(minutes=minutes)
        before = Before(seen=seen or fresh(note).seen, tab=tab, **further)
        return save_draft(note=note, written=Written(sections={"plan": plan}), before=before, by=by, at=at)

    return saved


def fresh(note: Note) -> Note:
    return Note.objects.for_display().get(pk=note.pk)


def sign(note: Note, by: User, at: datetime) -> Note:
    written = Written(sections={"plan": "Rest."})
    keep_note(note=note, written=written, before=Before(seen=fresh(note).seen), by=by, at=at)
    return sign_note(note=note, by=by, at=at)


def test_what_a_window_saved_is_what_the_next_one_finds(save: Save, note: Note) -> None:
    save("Load.")

    assert (fresh(note).texts["plan"], fresh(note).sections) == ("Load.", [("Plan", "Load.")])


def test_two_windows_overwrite_nothing_of_each_other(save: Save, note: Note) -> None:
    seen = fresh(note).seen
    save("Load.", "a", seen=seen)

    with pytest.raises(NoteChanged) as refused:
        save("Rest.", "b", seen=seen)

    assert refused.value.extra() | {"sections": None} == {
        "seen": fresh(note).seen, "sections": None, "written_by": "Bo", "written_at": fresh(note).last_written[1],
        "figure": "", "marks": (), "pain": {"now": None, "rest": None, "worst": None},
    }  # fmt: skip
    assert fresh(note).texts["plan"] == "Load."
    save("Rest.", "b", seen=fresh(note).seen, replaces=True)
    assert [each.texts["plan"] for each in versions_of(fresh(note))] == ["Rest.", "Load."]


def test_a_window_whose_answer_was_lost_goes_on(save: Save, note: Note) -> None:
    seen = fresh(note).seen
    save("Lo", "a", seen=seen, step=1)
    save("Load.", "a", seen=seen, step=2)
    save("Lo", "a", seen=seen, step=1)  # overtaken on its way

    assert fresh(note).texts["plan"] == "Load."


def test_two_people_write_one_after_the_other_and_each_stays_a_version(save: Save, note: Note, bea: User) -> None:
    save("Bo's.")
    save("Bea's.", by=bea)

    assert [(each.written_by, each.texts["plan"]) for each in versions_of(fresh(note))] == [
        ("Bea", "Bea's."),
        ("Bo", "Bo's."),
    ]
    with pytest.raises(NotYourNote):
        sign_note(note=note, by=bea, at=fresh(note).written_at)


plans = st.text(alphabet="ab \n", min_size=1, max_size=6)
saves = st.tuples(plans, st.sampled_from(["a", "b"]), st.integers(0, 12), st.booleans())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(saves, min_size=1, max_size=6))
@example(written=[("a", "a", 0, False), ("b", "a", 3, False), ("a", "b", 0, False)])
def test_no_text_is_lost_that_somebody_else_or_another_window_or_a_while_followed(
    written: list[tuple[str, str, int, bool]], paul: Patient, bo: User, bea: User, now: datetime
) -> None:
    """Whatever is saved by whom, from where, after how long: of each stretch of typing its last text is a version."""
    note, at, begun, last, kept = begin_note(patient=paul, by=bo, at=now), now, now, None, []
    for plan, tab, minutes, is_bea in written:
        by, at = (bea if is_bea else bo), at + timedelta(minutes=minutes)
        stretch = (tab, by.pk)
        if last and (last[0] != stretch or at - begun >= timedelta(minutes=10)):
            kept, begun = [*kept, last[1]], at
        if not last:
            begun = at
        last = (stretch, plan)
        before = Before(seen=fresh(note).seen, tab=tab)
        save_draft(note=note, written=Written(sections={"plan": plan}), before=before, by=by, at=at)
    assert last

    told = [each.texts["plan"] for each in reversed(versions_of(fresh(note)))]
    assert [plan for plan, _ in groupby(told)] == [plan for plan, _ in groupby([*kept, last[1]])]
    sign_note(note=note, by=bo, at=at)
    assert (fresh(note).plan, NoteDraft.objects.filter(note=note).exists()) == (last[1], False)


@given(before=st.text(alphabet="ab. \n"), after=st.text(alphabet="ab. \n"))
@example(before="word " * 1500, after="other " * 1500)
def test_what_went_and_what_came_make_up_both_texts(before: str, after: str) -> None:
    told = passages(before, after)

    assert "".join(each.text for each in told if each.piece != Piece.NEW) == before
    assert "".join(each.text for each in told if each.piece != Piece.GONE) == after


def test_what_is_typed_every_few_seconds_is_one_version_and_one_line_in_the_log(save: Save, note: Note) -> None:
    for minute in range(25):
        save(f"Load {minute}.", minutes=minute)

    assert [each.texts["plan"] for each in versions_of(fresh(note))] == ["Load 24.", "Load 19.", "Load 9."]
    assert AuditEntry.objects.filter(action="crm.note.drafted").count() == 3
    assert [[(one.piece, one.text) for one in each.sections[0][1]] for each in compared(fresh(note))][1] == [
        ("same", "Load "), ("gone", "9"), ("new", "19"), ("same", "."),
    ]  # fmt: skip


def test_a_signed_note_takes_amendments_and_nothing_else(
    save: Save, note: Note, bo: User, bea: User, now: datetime
) -> None:
    with pytest.raises(NoteNotSigned):
        amend_note(note=note, text="Left knee.", reason="Side", by=bo, at=now)
    signed = sign(note, bo, now)

    with pytest.raises(NoteIsSigned):
        save("Load.")
    with pytest.raises(AmendmentInvalid):
        amend_note(note=signed, text=" ", reason="", by=bo, at=now)
    amend_note(note=signed, text="It was the left knee.", reason="Wrong side", by=bea, at=now)

    (amendment,) = fresh(note).amendments.all()
    assert (amendment.author_name, amendment.text, amendment.reason) == ("Bea", "It was the left knee.", "Wrong side")
    for statement in ("UPDATE crm_noteamendment SET text = ''", "DELETE FROM crm_noteamendment"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_draft_is_thrown_away_by_its_author_a_signed_note_by_nobody(
    save: Save, note: Note, bo: User, bea: User, now: datetime
) -> None:
    save("Wrong patient.")
    with pytest.raises(NotYourNote):
        discard_note(note=note, by=bea)
    discard_note(note=note, by=bo)
    assert not Note.objects.exists()

    signed = sign(begin_note(patient=note.patient, by=bo, at=now), bo, now)
    with pytest.raises(NoteIsSigned):
        discard_note(note=signed, by=bo)


def test_nobody_writes_about_whom_they_do_not_treat(note: Note, rita: User, ana: User, now: datetime) -> None:
    for by in (rita, ana):
        with pytest.raises(NotInCare):
            begin_note(patient=note.patient, by=by, at=now)
        before, written = Before(seen=note.seen), Written(sections={"plan": "x"})
        with pytest.raises(NotInCare):
            save_draft(note=note, written=written, before=before, by=by, at=now)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        (Written(sections={"history": "x"}), "history"),
        (Written(sections={"plan": "x" * 20_001}), "plan"),
        (Written(sections={}, level="SOME"), "level"),
        (Written(sections={}, level="DISCIPLINE"), "level"),
        (Written(sections={}, level="MINE", shared=True), "shared"),
    ],
    ids=["no such section", "too long", "no such level", "no discipline", "only mine and shared"],
)
def test_what_makes_no_note_is_refused_with_the_field(
    written: Written, field: str, note: Note, bo: User, now: datetime
) -> None:
    with pytest.raises(NoteInvalid) as refused:
        save_draft(note=note, written=written, before=Before(seen=note.seen), by=bo, at=now)

    assert list(refused.value.fields) == [field]


# -- who reads it


@pytest.fixture
def three(paul: Patient, bo: User, bea: User, ana: User, now: datetime) -> dict[str, Note]:
    """A signed note of Bo's for each level; he, a physiotherapist, and Ana have a discipline in common. Bea has not."""
    take_into_care(patient=paul, user_id=ana.pk, reason="stands in", by=bo, at=now)
    for person, name in ((bo, "Physiotherapy"), (ana, "physiotherapy"), (bea, "Psychology")):
        set_discipline(member_id=Member.objects.of_user(person.pk).get().pk, name=name, by=ana)
    notes = {}
    for level in Level:
        notes[str(level)] = begin_note(patient=paul, by=bo, at=now)
        written = Written(sections={"plan": f"MARK-{level}"}, level=level)
        keep_note(note=notes[level], written=written, before=Before(seen="1.0"), by=bo, at=now)
        amend_note(note=sign_note(note=notes[level], by=bo, at=now), text=f"LATER-{level}", reason="x", by=bo, at=now)
    return notes


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("bo", {"ALL", "DISCIPLINE", "MINE"}),
        ("ana", {"ALL", "DISCIPLINE"}),
        ("bea", {"ALL"}),
        ("rita", set()),
        ("pia", set()),
    ],
)
def test_a_level_closes_a_note_on_every_way_to_it(
    name: str, levels: set[str], three: dict[str, Note], request: Any, pages: Any, api: Any, clinic: TenantRef
) -> None:
    user = request.getfixturevalue(name)
    browser, program = pages(user), api(user)
    patient_id = three["ALL"].patient_id
    page, wire = f"/patients/{patient_id}/", f"/api/patients/{patient_id}/notes/"
    texts = {"page": browser.get(page).content.decode(), "list": program.get(wire).content.decode()}
    texts["log"] = program.get("/api/audit/entries/").content.decode()
    statuses = {}
    for level, note in three.items():
        for address in (f"{page}notes/{note.pk}/", f"{page}notes/{note.pk}/versions/", f"{page}notes/{note.pk}/edit/"):
            statuses[level, address] = browser.get(address).status_code in (200, 302)
        for address in (f"{wire}{note.pk}/", f"{wire}{note.pk}/versions/"):
            statuses[level, address] = program.get(address).status_code == 200

    found = {level for text in texts.values() for level in three if f"MARK-{level}" in text or f"LATER-{level}" in text}
    assert found == levels
    assert {level for (level, _), opened in statuses.items() if opened} == levels
    with use(clinic):
        assert {note.level for note in Note.objects.visible_to(user)} == levels


def test_only_the_author_closes_a_note(note: Note, bea: User, now: datetime) -> None:
    written = Written(sections={}, level="MINE")

    with pytest.raises(NotYourNote):
        save_draft(note=note, written=written, before=Before(seen=note.seen), by=bea, at=now)


# -- pages and the API


def test_the_editor_saves_while_one_types_and_tells_of_another_text(
    note: Note, pages: Any, api: Any, bo: User, clinic: TenantRef
) -> None:
    browser, program = pages(bo), api(bo)
    address = f"/patients/{note.patient_id}/notes/{note.pk}/"
    typed = {"seen": note.seen, "level": "ALL", "tab": "a", "step": 1, "plan": "Load.\r\nTwice."}

    saved = browser.post(f"{address}draft/", typed)
    assert saved.status_code == 200
    other = program.put(f"/api{address}draft/", {"seen": note.seen, "sections": {"plan": "Rest."}})
    assert (other.status_code, other.json()["code"]) == (409, "note-changed")
    assert other.json()["sections"]["plan"] == "Load.\nTwice."
    beside = browser.post(f"{address}draft/", typed | {"tab": "b", "plan": "Mine."})
    assert (beside.status_code, "Twice." in beside.content.decode()) == (409, True)
    again = browser.post(f"{address}edit/", typed | {"tab": "", "plan": "Typed.", "keep": "1"})
    assert (again.status_code, "Typed." in again.content.decode()) == (409, True)  # nothing of either is lost
    assert f'value="{saved.json()["seen"]}"' in again.content.decode()
    assert browser.post(f"{address}draft/", typed | {"plan": "x" * 20_001}).status_code == 422

    kept = browser.post(f"{address}edit/", typed | {"seen": saved.json()["seen"], "plan": "Both.", "keep": "1"})
    assert kept.status_code == 302
    assert "Both." in browser.get(f"/patients/{note.patient_id}/").content.decode()
    assert program.post(f"/api{address}signature/").status_code == 201
    assert browser.post(f"{address}amendment/", {"text": "More.", "reason": ""}).status_code == 422
    assert program.post(f"/api{address}amendments/", {"text": "More.", "reason": "Forgot"}).status_code == 201
    shown = browser.get(address).content.decode()
    assert ("Both." in shown, "More." in shown) == (True, True)
    assert [each["number"] for each in program.get(f"/api{address}versions/").json()["items"]] == [2]


def test_a_discipline_is_set_in_the_settings(pages: Any, ana: User, bo: User, clinic: TenantRef) -> None:
    browser = pages(ana)
    with use(clinic):
        member = Member.objects.of_user(bo.pk).get().pk
    assert browser.post("/settings/disciplines/", {f"discipline-{member}": "Physio"}).status_code == 302
    assert 'value="Physio"' in browser.get("/settings/disciplines/").content.decode()
    refused = browser.post("/settings/disciplines/", {f"discipline-{member}": "x" * 61})
    assert (refused.status_code, "x" * 61 in refused.content.decode()) == (422, True)
