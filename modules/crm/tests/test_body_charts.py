"""Marks on the body and the pain scale in a note: typed, never lost, kept in versions, signed, and for whom."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from identity.models import User
from modules.crm.domain.body.marks import Mark, MarkKind, Pain
from modules.crm.models import Level, Note, NoteDraft, Patient
from modules.crm.selectors import compared, read_timeline, versions_of
from modules.crm.selectors.body import change_words, mark_words, marked_sheets
from modules.crm.selectors.pain import pain_curves
from modules.crm.services import (
    Before,
    ContactDetails,
    EmptyNote,
    NoteChanged,
    PatientDetails,
    TemplateDetails,
    Written,
    add_template,
    begin_note,
    keep_and_sign,
    keep_note,
    register_patient,
    save_draft,
    save_note,
    sign_note,
    take_into_care,
    write_in_template,
)
from modules.crm.services.notes.charting import ChartInvalid
from tenancy import TenantRef, use

SHOULDER = {"view": "front", "region": "left-shoulder", "kind": "pain", "strength": 6, "text": "burning"}
HAND = {"view": "front", "region": "left-hand", "kind": "tingling"}
PAIN = {"now": 6, "rest": 2, "worst": 8}


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


def fresh(note: Note) -> Note:
    return Note.objects.for_display().get(pk=note.pk)


def mark(note: Note, *marks: dict[str, Any], by: User, at: datetime, tab: str = "a", **further: Any) -> Note:
    written = Written(sections={}, marks=marks, pain=further.pop("pain", None))
    before = Before(seen=further.pop("seen", None) or fresh(note).seen, tab=tab, **further)
    return save_draft(note=note, written=written, before=before, by=by, at=at)


def told(note: Note) -> list[str]:
    chart = fresh(note).body_chart
    return [mark_words(chart, each) for each in chart.marks]


def test_what_was_marked_in_a_window_is_what_the_next_one_finds(note: Note, bo: User, now: datetime) -> None:
    mark(note, SHOULDER, HAND, pain=PAIN, by=bo, at=now)

    assert told(note) == ["left shoulder, front, pain 6, burning", "left hand, front, tingling"]
    assert fresh(note).body_chart.pain == Pain(now=6, rest=2, worst=8)
    save_draft(note=note, written=Written(sections={"plan": "Rest."}), before=Before(seen="", tab="a"), by=bo, at=now)
    assert (len(told(note)), fresh(note).body_chart.pain.now) == (2, 6)  # what is not named stays
    mark(note, by=bo, at=now)
    assert (told(note), fresh(note).body_chart.pain.now) == ([], 6)


def test_two_windows_take_no_mark_from_each_other(note: Note, bo: User, now: datetime) -> None:
    seen = fresh(note).seen
    mark(note, SHOULDER, pain=PAIN, by=bo, at=now, seen=seen)

    with pytest.raises(NoteChanged) as refused:
        mark(note, HAND, by=bo, at=now, tab="b", seen=seen)

    newer = refused.value.extra()
    assert ([each["text"] for each in newer["marks"]], newer["pain"]) == (["burning"], PAIN)
    assert told(note) == ["left shoulder, front, pain 6, burning"]
    mark(note, SHOULDER, pain=PAIN, by=bo, at=now, tab="c", seen=seen)  # the same again is no other word
    mark(note, HAND, by=bo, at=now, tab="b", replaces=True)
    kept = [[mark.kind.value for mark in each.chart.marks] for each in versions_of(fresh(note))]
    assert kept == [["tingling"], ["pain"]]


def test_versions_say_in_words_what_came_went_and_changed(note: Note, bo: User, bea: User, now: datetime) -> None:
    mark(note, SHOULDER, HAND, pain=PAIN, by=bo, at=now)
    later = now + timedelta(days=7)
    neck = {"view": "back", "region": "neck", "kind": "stiffness"}
    mark(note, SHOULDER | {"strength": 3, "text": ""}, neck, pain=PAIN | {"now": 3, "rest": None}, by=bea, at=later)

    assert [each.chart for each in compared(fresh(note))] == [
        [
            "Pain now: 6 → 3",
            "Pain at rest: 2, taken back",
            "Removed: left hand, front, tingling",
            "Changed: left shoulder, front, pain 6, burning → pain 3",
            "Added: neck, back, stiffness",
        ],
        [
            "Pain now: 6",
            "Pain at rest: 2",
            "Pain at its worst: 8",
            "Added: left shoulder, front, pain 6, burning",
            "Added: left hand, front, tingling",
        ],
    ]


def test_a_mark_that_was_dragged_is_moved_or_elsewhere(note: Note, bo: User, now: datetime) -> None:
    mark(note, SHOULDER, by=bo, at=now)
    before = fresh(note).body_chart
    (one,) = before.marks

    nearer = mark(note, SHOULDER | {"region": "", "x": one.x + 3, "y": one.y}, by=bo, at=now).body_chart
    further = mark(note, SHOULDER | {"region": "left-knee"}, by=bo, at=now).body_chart

    assert change_words(before, nearer) == ["Moved: left shoulder, front, pain 6, burning"]
    assert change_words(before, further) == [
        "Changed: left shoulder, front, pain 6, burning → left knee, front, pain 6, burning"
    ]


def test_what_is_signed_never_changes_not_even_by_sql(note: Note, bo: User, now: datetime) -> None:
    with pytest.raises(EmptyNote):
        sign_note(note=note, by=bo, at=now)
    mark(note, SHOULDER, pain=PAIN, by=bo, at=now)

    sign_note(note=note, by=bo, at=now)  # marks alone are a note

    assert told(note) == ["left shoulder, front, pain 6, burning"]
    assert not NoteDraft.objects.exists()
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE crm_note SET chart = ''")
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM crm_note")


def test_the_database_never_shows_a_mark(note: Note, bo: User, now: datetime) -> None:
    mark(note, SHOULDER, by=bo, at=now)
    keep_note(note=note, written=Written(sections={"plan": "x"}), before=Before(seen="", tab="a"), by=bo, at=now)
    mark(note, HAND, by=bo, at=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT chart FROM crm_note UNION SELECT chart FROM crm_note_history "
                       "UNION SELECT chart FROM crm_notedraft")  # fmt: skip
        rows = [row[0] for row in cursor.fetchall() if row[0]]

    assert len(rows) > 1
    assert not any("burning" in row or "tingling" in row or "marks" in row for row in rows)


@pytest.mark.parametrize(
    ("marks", "pain", "field"),
    [
        ([SHOULDER, {"view": "above", "region": "tail", "kind": "pain"}], None, "marks.1.view"),
        ([SHOULDER | {"x": 1001, "y": 5}], None, "marks.0.x"),
        ([SHOULDER | {"region": "left-hoof"}], None, "marks.0.region"),
        ([SHOULDER | {"strength": 11}], None, "marks.0.strength"),
        ([SHOULDER] * 500, None, "marks"),
        (None, {"now": 11}, "pain.now"),
    ],
    ids=["no such view", "off the chart", "no such region", "too strong", "too many", "off the scale"],
)
def test_what_cannot_be_marked_is_refused_with_the_field_and_nothing_is_lost(
    marks: Any, pain: Any, field: str, note: Note, bo: User, now: datetime
) -> None:
    mark(note, HAND, by=bo, at=now)

    before, written = Before(seen=fresh(note).seen), Written(sections={}, marks=marks, pain=pain)
    with pytest.raises(ChartInvalid) as refused:
        save_draft(note=note, written=written, before=before, by=bo, at=now)

    assert list(refused.value.fields) == [field]
    assert told(note) == ["left hand, front, tingling"]


def test_marks_at_one_place_are_drawn_side_by_side(note: Note, bo: User, now: datetime) -> None:
    mark(note, SHOULDER, SHOULDER | {"kind": "stiffness"}, by=bo, at=now)

    (sheet,) = marked_sheets(fresh(note).body_chart)
    assert sheet.marks[1].x - sheet.marks[0].x == sheet.dot


def test_a_dog_has_its_own_chart_and_a_note_keeps_the_one_it_was_marked_on(
    in_clinic: TenantRef, bo: User, now: datetime
) -> None:
    owner = ContactDetails(first_name="Olga")
    rex = register_patient(patient=PatientDetails(first_name="Rex", species="Dog"), contact=owner, by=bo, at=now)
    note = begin_note(patient=rex, by=bo, at=now)
    stifle = {"view": "left", "region": "left-stifle", "kind": "swelling"}
    with pytest.raises(ChartInvalid):
        mark(note, SHOULDER, by=bo, at=now)
    mark(note, stifle, by=bo, at=now)
    Patient.objects.filter(pk=rex.pk).update(species="Cat")

    mark(note, stifle, {"view": "above", "region": "tail", "kind": "wound"}, by=bo, at=now)

    assert fresh(note).body_chart.figure == "dog"
    assert told(note) == ["left stifle, left side, swelling", "tail, from above, wound"]


def test_a_bird_has_no_chart_but_pain(in_clinic: TenantRef, bo: User, now: datetime) -> None:
    owner = ContactDetails(first_name="Olga")
    bird = register_patient(patient=PatientDetails(first_name="Kiwi", species="Bird"), contact=owner, by=bo, at=now)
    note = begin_note(patient=bird, by=bo, at=now)

    mark(note, pain={"now": 4}, by=bo, at=now)
    with pytest.raises(ChartInvalid) as refused:
        mark(note, HAND, by=bo, at=now)

    assert (list(refused.value.fields), fresh(note).body_chart.pain.now) == (["marks"], 4)


def test_another_form_and_a_visits_text_leave_the_marks_alone(
    paul: Patient, note: Note, ana: User, bo: User, now: datetime
) -> None:
    report = TemplateDetails(name="Report", parts=[("For", "")])
    template = add_template(details=report, by=ana, at=now).template
    mark(note, SHOULDER, by=bo, at=now)

    write_in_template(note=note, template_id=template.pk, by=bo)
    assert told(note) == ["left shoulder, front, pain 6, burning"]

    of_visit = begin_note(patient=paul, appointment_id=paul.pk, by=bo, at=now)
    mark(of_visit, HAND, by=bo, at=now)
    told_of_visit = {"patient": paul, "appointment_id": paul.pk, "sections": {"plan": "Rest."}, "shared": False}
    save_note(**told_of_visit, by=bo, at=now)
    assert told(of_visit) == ["left hand, front, tingling"]


def test_pain_goes_down_on_the_curve_of_those_who_may_read_it(
    paul: Patient, bo: User, bea: User, now: datetime
) -> None:
    for week, (pain, level) in enumerate([(7, Level.ALL), (5, Level.ALL), (3, Level.MINE), (2, Level.ALL)]):
        at = now + timedelta(weeks=week)
        note = begin_note(patient=paul, by=bo, at=at)
        written = Written(sections={}, level=level, pain={"now": pain})
        if week < 3:
            keep_and_sign(note=note, written=written, before=Before(seen=note.seen), by=bo, at=at)
        else:
            save_draft(note=note, written=written, before=Before(seen=note.seen), by=bo, at=at)

    (own,), (hers,) = pain_curves(paul, seen_by=bo), pain_curves(paul, seen_by=bea)
    assert ([score.shown for score in own.scores], own.name, own.most) == (["7", "5", "3"], "Pain now", "10")
    assert [score.shown for score in hers.scores] == ["7", "5"]
    entries = read_timeline(paul, seen_by=bea, at=now, kind="note").entries
    assert [str(entry.badges[1].text) for entry in entries] == ["Pain 2/10", "Pain 5/10", "Pain 7/10"]


# -- pages and the API


FIELDS = {
    "charted": "1", "level": "ALL",
    "mark_view": ["front", "left"], "mark_x": ["600", "500"], "mark_y": ["200", "690"],
    "mark_kind": ["pain", "swelling"], "mark_strength": ["6", ""], "mark_text": ["burning", ""],
    "pain_now": "6", "pain_rest": "", "pain_worst": "8",
}  # fmt: skip


def test_the_editor_saves_marks_and_tells_of_others(
    note: Note, pages: Any, api: Any, bo: User, clinic: TenantRef
) -> None:
    browser, program = pages(bo), api(bo)
    address = f"/patients/{note.patient_id}/notes/{note.pk}/"
    typed = FIELDS | {"seen": note.seen, "tab": "a", "step": 1}

    empty = browser.get(f"{address}edit/").content.decode()
    assert ('data-view="front"' in empty, 'value="front:left-shoulder"' in empty) == (True, True)
    saved = browser.post(f"{address}draft/", typed)
    assert saved.status_code == 200, saved.content
    found = program.get(f"/api{address}").json()
    assert [each["words"] for each in found["marks"]] == ["left chest, front, pain 6, burning",
                                                          "left knee, left side, swelling"]  # fmt: skip
    assert (found["pain"], found["figure"]) == ({"now": 6, "rest": None, "worst": 8}, "person")

    beside = browser.post(f"{address}draft/", typed | {"tab": "b", "mark_text": ["dull", ""]})
    assert (beside.status_code, "Left chest, front, pain 6, burning" in beside.content.decode()) == (409, True)
    again = browser.post(f"{address}edit/", typed | {"tab": "", "mark_text": ["dull", ""], "keep": "1"})
    shown = again.content.decode()
    assert (again.status_code, 'value="dull"' in shown, "burning" in shown) == (409, True, True)
    assert f'value="{saved.json()["seen"]}"' in shown

    off = browser.post(f"{address}draft/", typed | {"mark_x": ["600", "1001"]})
    assert (off.status_code, "Mark 2: This place is off the chart." in off.json()["detail"]) == (422, True)
    kept = browser.post(f"{address}edit/", typed | {"pain_now": "11", "keep": "1"})
    assert (kept.status_code, 'value="burning"' in kept.content.decode()) == (422, True)
    missing = browser.post(f"{address}draft/", typed | {"mark_kind": ["pain"], "mark_y": ["200"]})
    assert missing.status_code == 200  # a mark of no kind was taken off

    old = {"seen": missing.json()["seen"], "level": "ALL", "plan": "Rest."}  # a window from before there were charts
    assert browser.post(f"{address}draft/", old).status_code == 200
    assert len(program.get(f"/api{address}").json()["marks"]) == 1


def test_without_a_script_a_region_is_marked_and_a_mark_taken_off(
    note: Note, pages: Any, bo: User, clinic: TenantRef
) -> None:
    browser, address = pages(bo), f"/patients/{note.patient_id}/notes/{note.pk}/"
    typed = {"charted": "1", "level": "ALL", "seen": note.seen, "mark_new": "back:lumbar-spine", "keep": "1"}

    assert browser.post(f"{address}edit/", typed).status_code == 302
    shown = browser.get(address).content.decode()
    assert ("lumbar spine, back, pain" in shown, "<circle" in shown) == (True, True)
    with use(clinic):
        (one,) = fresh(note).body_chart.marks
        seen = fresh(note).seen
    row = {"mark_view": "back", "mark_x": one.x, "mark_y": one.y, "mark_kind": "", "mark_strength": "", "mark_text": ""}
    taken_off = {"charted": "1", "level": "ALL", "seen": seen, "keep": "1", **row}
    assert browser.post(f"{address}edit/", taken_off).status_code == 302
    with use(clinic):
        assert fresh(note).body_chart.marks == ()


def test_the_api_marks_by_place_or_region_and_says_what_is_wrong(
    note: Note, api: Any, bo: User, rita: User, clinic: TenantRef
) -> None:
    program, address = api(bo), f"/api/patients/{note.patient_id}/"
    chart = program.get(f"{address}body-chart/").json()
    views = [view["name"] for view in chart["views"]]
    assert (chart["figure"], views) == ("person", ["front", "back", "left", "right"])
    draft = f"{address}notes/{note.pk}/draft/"

    saved = program.put(draft, {"seen": note.seen, "marks": [SHOULDER], "pain": {"now": 6}})
    assert (saved.status_code, saved.json()["marks"][0]["region"]) == (200, "left-shoulder")
    stale = program.put(draft, {"seen": note.seen, "marks": []})
    assert (stale.status_code, stale.json()["marks"][0]["text"]) == (409, "burning")
    seen = saved.json()["seen"]
    for wrong, field in (
        ({"marks": [SHOULDER | {"x": 1001, "y": 1}]}, "marks.0.x"),
        ({"marks": [SHOULDER | {"x": True, "y": 1}]}, "marks.0.x"),
        ({"marks": [SHOULDER] * 500}, "marks"),
        ({"pain": {"now": 11}}, "pain.now"),
        ({"pain": {"now": "6"}}, "pain.now"),
    ):
        refused = program.put(draft, {"seen": seen} | wrong)
        assert refused.status_code == 422
        assert any(field in name for name in refused.json()["errors"]), refused.content
    assert program.post(f"{address}notes/{note.pk}/signature/").status_code == 201
    signed = program.put(draft, {"seen": seen, "marks": []})
    assert (signed.status_code, signed.json()["code"]) == (409, "note-signed")
    versions = program.get(f"{address}notes/{note.pk}/versions/").json()["items"]
    assert versions[0]["chart"] == ["Pain now: 6", "Added: left shoulder, front, pain 6, burning"]
    assert api(rita).get(f"{address}notes/{note.pk}/").status_code in (403, 404)


def test_whoever_a_note_was_shared_with_sees_its_chart(
    paul: Patient, note: Note, pages: Any, bo: User, pia: User, clinic: TenantRef, now: datetime
) -> None:
    with use(clinic):
        paul.client.user_id = pia.pk
        paul.client.save(update_fields=["user_id"])
        written = Written(sections={}, shared=True, marks=[SHOULDER], pain=PAIN)
        keep_and_sign(note=note, written=written, before=Before(seen=note.seen), by=bo, at=now)

    shown = pages(pia).get("/my/notes/").content.decode()
    assert "left shoulder, front, pain 6, burning" in shown
    assert ("<circle" in shown, "6/10" in shown) == (True, True)


def test_a_record_shows_the_pain_and_its_curve(note: Note, pages: Any, bo: User, rita: User, now: datetime) -> None:
    written = Written(sections={}, marks=[SHOULDER], pain=PAIN)
    keep_and_sign(note=note, written=written, before=Before(seen=note.seen), by=bo, at=now)

    shown = pages(bo).get(f"/patients/{note.patient_id}/").content.decode()
    assert ("Pain 6/10" in shown, "as the notes tell it" in shown) == (True, True)
    assert "Pain 6/10" not in pages(rita).get(f"/patients/{note.patient_id}/").content.decode()


def test_marks_are_plain_values(note: Note, bo: User, now: datetime) -> None:
    mark(note, SHOULDER, by=bo, at=now)

    (one,) = fresh(note).body_chart.marks
    assert one == Mark(view="front", x=one.x, y=one.y, kind=MarkKind.PAIN, strength=6, text="burning")
    assert set(json.loads(NoteDraft.objects.get().chart)) == {"figure", "marks", "pain"}
