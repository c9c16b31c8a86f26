"""Exercises for at home: the library and its versions, sheets and theirs, days that people tick off."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from filestore.checking import FileRefused
from filestore.scanning import EICAR
from filestore.tests.uploads import pdf, picture
from identity.models import User
from modules.crm.domain.exercises import Dose, is_film, kept_to, weeks_between
from modules.crm.models import Exercise, ExerciseDay, ExerciseSheet, ExerciseVersion, Patient, SheetItem
from modules.crm.selectors import followed, library, sheets_in_force
from modules.crm.services import ContactDetails, PatientDetails, Upload, claim_records, register_patient, take_into_care
from modules.crm.services.exercises import (
    DayInvalid,
    DayIsOver,
    Done,
    ExerciseDetails,
    ExerciseInvalid,
    ItemDetails,
    NotOnSheet,
    NotTheirsToPrescribe,
    NotTheirsToTick,
    SheetChanged,
    SheetDetails,
    SheetEnded,
    SheetInvalid,
    add_exercise,
    change_exercise,
    change_sheet,
    compose_sheet,
    end_exercise,
    end_sheet,
    note_day,
)
from tenancy import TenantRef
from tests.doors import Api, Pages

HOSTS = {"youtube.com", "vimeo.com"}


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, rita: User, pia: User) -> Patient:
    """Whom Bo treats, and whom Pia's account is."""
    at = timezone.now()
    contact = ContactDetails(first_name="Paul", email=pia.email)
    patient = register_patient(patient=PatientDetails(first_name="Paul"), contact=contact, by=rita, at=at)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=at)
    claim_records(user=pia, verified_emails=[pia.email], at=at)
    return patient


@pytest.fixture
def bridge(in_clinic: TenantRef) -> Exercise:
    return Exercise.objects.get(name="Bridge")


def details(*exercises: Exercise, **changed: Any) -> SheetDetails:
    items = [ItemDetails(exercise_id=each.pk, words="Slowly") for each in exercises]
    usual: dict[str, Any] = {"title": "MARK", "since": timezone.localdate(), "shared": True, "items": items}
    return SheetDetails(**usual | changed)


@pytest.fixture
def sheet(paul: Patient, bridge: Exercise, bo: User) -> ExerciseSheet:
    return compose_sheet(patient=paul, details=details(bridge), by=bo, at=timezone.now())


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://youtube.com/watch?v=1", True),
        ("https://www.vimeo.com/1", True),
        ("http://youtube.com/1", False),
        ("https://youtube.com.evil.example/1", False),
        ("https://youtube.com@evil.example/1", False),
        ("https://youtube.com:8443/1", False),
        ("https://evil.example/youtube.com", False),
        ("javascript:alert(1)//youtube.com", False),
        ('https://youtube.com/" onclick="x', False),
        ("https://[youtube.com", False),
        ("", False),
    ],
)
def test_films_lie_where_films_may_lie(address: str, is_one: bool) -> None:
    assert is_film(address, hosts=HOSTS) is is_one


@given(st.integers(0, 400), st.integers(-5, 400), st.none() | st.integers(1, 7))
def test_what_is_kept_to_is_a_share(done: int, days: int, times: int | None) -> None:
    assert 0 <= kept_to(done, days, times_per_week=times) <= 100
    assert kept_to(7, 7, times_per_week=times) == 100
    assert kept_to(0, 7, times_per_week=times) == 0


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 100))
def test_weeks_cover_each_day_once(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    covered = [
        first + timedelta(days=n) for first, end in weeks_between(first, last) for n in range((end - first).days + 1)
    ]
    assert covered == [first + timedelta(days=n) for n in range(days + 1)]


def test_a_new_workspace_begins_with_a_library(in_clinic: TenantRef) -> None:
    assert len(library()) == 12
    assert all(each.lines and each.dose_shown for each in library())


def test_a_sheet_keeps_the_version_it_was_given(
    paul: Patient, sheet: ExerciseSheet, bridge: Exercise, bo: User
) -> None:
    at, said = timezone.now(), ExerciseDetails(name="Bridge", steps="Only lie there.", region="BACK")
    second = change_exercise(exercise=bridge, details=said, by=bo, at=at)
    again = change_exercise(exercise=bridge, details=said, by=bo, at=at)
    assert (second.number, again.number) == (2, 2)

    changed = change_sheet(sheet=sheet, details=details(bridge, title="Other"), seen=1, by=bo, at=at)
    fresh = compose_sheet(patient=paul, details=details(bridge), by=bo, at=at)
    end_exercise(exercise=bridge, by=bo, at=at)
    kept = change_sheet(sheet=changed, details=details(bridge, title="Third"), seen=2, by=bo, at=at)

    numbers = [
        SheetItem.objects.get(version__sheet=each, version__number=n).exercise_version.number
        for each, n in ((kept, 1), (kept, 2), (kept, 3), (fresh, 1))
    ]
    assert numbers == [1, 1, 1, 2]
    with pytest.raises(SheetInvalid):
        compose_sheet(patient=paul, details=details(bridge), by=bo, at=at)


def test_a_dose_is_as_usual_where_nothing_else_is_said(paul: Patient, bridge: Exercise, bo: User) -> None:
    item = ItemDetails(exercise_id=bridge.pk, dose=Dose(repetitions=4))

    made = compose_sheet(patient=paul, details=details(items=[item]), by=bo, at=timezone.now())

    (kept,) = SheetItem.objects.filter(version__sheet=made)
    assert kept.dose == Dose(sets=3, repetitions=4, hold_seconds=5, times_per_week=4)
    assert kept.dose_shown == "3 sets, 4 repetitions, hold for 5 seconds, 4 days a week"


def test_a_change_of_nothing_is_no_version_and_a_stale_one_is_told(
    sheet: ExerciseSheet, bridge: Exercise, bo: User
) -> None:
    at = timezone.now()
    assert change_sheet(sheet=sheet, details=details(bridge), seen=1, by=bo, at=at).version == 1
    assert change_sheet(sheet=sheet, details=details(bridge, words="New"), seen=1, by=bo, at=at).version == 2
    with pytest.raises(SheetChanged) as refused:
        change_sheet(sheet=sheet, details=details(bridge), seen=1, by=bo, at=at)
    assert refused.value.extra() == {"current": {"version": 2}}

    end_sheet(sheet=sheet, by=bo, at=at)
    with pytest.raises(SheetEnded):
        change_sheet(sheet=sheet, details=details(bridge), seen=2, by=bo, at=at)


def test_what_makes_no_sheet_is_refused_with_its_place(paul: Patient, bridge: Exercise, bo: User) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("title", {"title": " "}),
        ("items", {"items": []}),
        ("items", {"items": [ItemDetails(exercise_id=bridge.pk)] * 2}),
        ("items", {"items": [ItemDetails(exercise_id=paul.pk)]}),
        ("items", {"items": [ItemDetails(exercise_id=bridge.pk, dose=Dose(sets=99))]}),
        ("until", {"until": timezone.localdate() - timedelta(days=1)}),
        ("plan_id", {"plan_id": paul.pk}),
    ]
    for place, changed in wrong:
        with pytest.raises(SheetInvalid) as refused:
            compose_sheet(patient=paul, details=details(bridge, **changed), by=bo, at=timezone.now())
        assert list(refused.value.fields) == [place]


def test_what_makes_no_exercise_is_refused_with_its_place(in_clinic: TenantRef, bo: User) -> None:
    good: dict[str, Any] = {"name": "Hop", "steps": "Hop.", "region": "FOOT"}
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("name", {"name": "bridge"}),
        ("steps", {"steps": " "}),
        ("region", {"region": "NOSE"}),
        ("sets", {"dose": Dose(sets=21)}),
        ("video_url", {"video_url": "https://evil.example/film"}),
    ]
    for place, changed in wrong:
        with pytest.raises(ExerciseInvalid) as refused:
            add_exercise(details=ExerciseDetails(**good | changed), by=bo, at=timezone.now())
        assert list(refused.value.fields) == [place]


def test_a_picture_goes_through_the_checks_of_documents(in_clinic: TenantRef, bo: User, settings: Any) -> None:
    settings.SCANNER = "test-string-only"
    hop, at = ExerciseDetails(name="Hop", steps="Hop.", region="FOOT"), timezone.now()
    for content in (pdf(), b"no picture", picture() + EICAR):
        with pytest.raises((FileRefused, ExerciseInvalid)):
            add_exercise(details=hop, picture=Upload(name="x.jpg", content=content), by=bo, at=at)
    kept = add_exercise(details=hop, picture=Upload(name="x.jpg", content=picture()), by=bo, at=at)
    assert kept.picture is not None
    assert kept.picture.media_type == "image/jpeg"


def test_a_day_is_one_row_however_often_it_is_said(sheet: ExerciseSheet, bridge: Exercise, pia: User) -> None:
    at, today = timezone.now(), timezone.localdate()
    tick = {"sheet": sheet, "exercise": bridge, "day": today, "by": pia, "at": at}
    note_day(**tick, done=Done())
    note_day(**tick, done=Done())
    note_day(**tick, done=Done(pain=4, words="MARK-PAIN"))

    (row,) = ExerciseDay.objects.all()
    assert (row.is_done, row.pain, row.words) == (True, "4", "MARK-PAIN")
    assert AuditEntry.objects.filter(action="crm.exerciseday.changed").count() == 1
    note_day(**tick, done=Done(is_done=False))
    assert not ExerciseDay.objects.get().is_done
    with pytest.raises(IntegrityError), transaction.atomic():
        ExerciseDay.objects.create(sheet=sheet, exercise=bridge, day=today, is_done=True, at=at, by_id=pia.pk)


def test_only_today_and_only_their_own_is_ticked(sheet: ExerciseSheet, bridge: Exercise, bo: User, pia: User) -> None:
    at, today = timezone.now(), timezone.localdate()
    usual: dict[str, Any] = {"sheet": sheet, "exercise": bridge, "day": today, "done": Done(), "by": pia, "at": at}
    other = Exercise.objects.exclude(pk=bridge.pk)[0]
    wrong: list[tuple[type[Exception], dict[str, Any]]] = [
        (NotTheirsToTick, {"by": bo}),
        (NotOnSheet, {"exercise": other}),
        (DayIsOver, {"day": today - timedelta(days=1)}),
        (DayInvalid, {"done": Done(pain=11)}),
    ]
    for refusal, changed in wrong:
        with pytest.raises(refusal):
            note_day(**usual | changed)
    end_sheet(sheet=sheet, by=bo, at=at)
    with pytest.raises(DayIsOver):
        note_day(**usual)


def test_whoever_treats_sees_how_it_goes(sheet: ExerciseSheet, bridge: Exercise, pia: User) -> None:
    at, today = timezone.now(), timezone.localdate()
    ExerciseSheet.objects.update(since=today - timedelta(days=13))
    author = {"by_id": pia.pk, "by_name": "Pia", "at": at}
    for days, pain in ((9, "7"), (4, "5"), (0, "3")):
        day = today - timedelta(days=days)
        ExerciseDay.objects.create(sheet=sheet, exercise=bridge, day=day, is_done=True, pain=pain, **author)

    found = followed(ExerciseSheet.objects.for_display().get(), on=today)

    assert [(each.done, each.percent) for each in found.kept] == [(3, 38)]  # of eight: two weeks, four days each
    done, pain_curve = found.curves
    assert [score.shown for score in done.scores] == ["25", "50"]
    assert [score.shown for score in pain_curve.scores] == ["7", "5", "3"]


def test_only_whoever_has_the_patient_in_their_care_gives_exercises(
    paul: Patient, sheet: ExerciseSheet, bridge: Exercise, ana: User, bea: User, pia: User
) -> None:
    at = timezone.now()
    for stranger in (ana, bea, pia):
        for deed in (
            lambda by: compose_sheet(patient=paul, details=details(bridge), by=by, at=at),
            lambda by: change_sheet(sheet=sheet, details=details(bridge), seen=None, by=by, at=at),
            lambda by: end_sheet(sheet=sheet, by=by, at=at),
        ):
            with pytest.raises(NotTheirsToPrescribe):
                deed(stranger)


def test_what_was_not_sent_or_is_over_is_not_on_the_portal(
    paul: Patient, bridge: Exercise, bo: User, pia: User
) -> None:
    at, today = timezone.now(), timezone.localdate()
    long_ago = {"since": today - timedelta(days=9), "until": today - timedelta(days=1)}
    for changed in ({"shared": False}, long_ago, {"title": "Now"}):
        compose_sheet(patient=paul, details=details(bridge, **changed), by=bo, at=at)

    shown = sheets_in_force([paul], seen_by=pia, on=today)

    assert [each.latest.title for each in shown] == ["Now"]


def test_a_mail_says_that_there_is_something_and_not_what(
    sheet: ExerciseSheet, bridge: Exercise, bo: User, mailoutbox: Any, run_jobs: Any
) -> None:
    change_sheet(sheet=sheet, details=details(bridge, words="MARK"), seen=1, by=bo, at=timezone.now())
    run_jobs()

    told = [mail for mail in mailoutbox if "Something new" in mail.subject]
    assert len(told) == 2
    assert not any(word in f"{mail.subject} {mail.body}" for mail in told for word in ("MARK", "Bridge", "xercise "))


def test_sheets_are_sealed_and_versions_never_change(sheet: ExerciseSheet, bridge: Exercise, pia: User) -> None:
    done = Done(pain=7, words="MARK-PAIN")
    note_day(sheet=sheet, exercise=bridge, day=timezone.localdate(), done=done, by=pia, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kept::text FROM crm_sheetversion kept UNION ALL SELECT kept::text FROM crm_sheetitem kept"
            " UNION ALL SELECT kept::text FROM crm_exerciseday kept"
        )
        told = " ".join(row[0] for row in cursor.fetchall())
    assert not any(word in told for word in ("MARK", "Slowly"))
    assert "MARK" not in str([entry.changes for entry in AuditEntry.objects.all()])
    for model in (ExerciseVersion, SheetItem):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            model.objects.update(sets=9)


def test_a_sheet_is_composed_followed_and_ticked_on_its_pages(
    paul: Patient, bridge: Exercise, pages: Any, bo: User, pia: User
) -> None:
    desk: Pages = pages(bo)
    at_record = f"/patients/{paul.pk}/"
    clam = Exercise.objects.get(name="Clam")
    fields = {"title": "Hips", "since": timezone.localdate().isoformat(), "shared": "on"}
    lines = {"exercise-0": bridge.pk, "place-0": "2", "exercise-1": clam.pk, "place-1": "1", "sets-1": "5"}
    assert desk.post(f"{at_record}exercises/new/", fields).status_code == 422
    at_sheet = desk.post(f"{at_record}exercises/new/", fields | lines)["Location"]
    shown = desk.get(at_sheet).content.decode()
    assert shown.index("Clam") < shown.index("Bridge")
    assert "5 sets" in shown
    assert "Hips" in desk.get(at_record).content.decode()
    assert desk.get(f"{at_sheet}pdf/").content.startswith(b"%PDF")

    portal: Pages = pages(pia)
    sheet = ExerciseSheet.objects.get()
    assert "Clam" in portal.get("/my/exercises/").content.decode()
    assert "Hips" in portal.get("/my/").content.decode()
    assert portal.get(f"/my/exercises/{sheet.pk}/pdf/").content.startswith(b"%PDF")
    portal.post(f"/my/exercises/{sheet.pk}/{clam.pk}/", {"is_done": "yes", "pain": "3", "words": "Fine"})
    assert "1 of 2 done today" in portal.get("/my/exercises/").content.decode()
    assert "Fine" in desk.get(at_sheet).content.decode()

    stale = fields | lines | {"title": "Hip", "version": "9"}
    assert desk.post(f"{at_sheet}edit/", stale).status_code == 409
    assert desk.post(f"{at_sheet}edit/", stale | {"version": "1"})["Location"] == at_sheet
    desk.post(f"{at_sheet}end/", {})
    assert "Hip" not in portal.get("/my/exercises/").content.decode()


def test_the_library_is_kept_in_the_settings(pages: Any, in_clinic: TenantRef, bo: User, rita: User) -> None:
    door: Pages = pages(bo)
    fields = {"name": "Hop", "steps": "Hop.", "region": "FOOT", "times_per_week": "3"}
    assert door.post("/settings/exercises/new/", fields | {"video_url": "https://evil.example/"}).status_code == 422
    assert door.post("/settings/exercises/new/", fields)["Location"] == "/settings/exercises/"
    hop = Exercise.objects.get(name="Hop")
    at_hop = f"/settings/exercises/{hop.pk}/"
    assert "3 days a week" in door.get("/settings/exercises/").content.decode()
    door.post(at_hop, fields | {"steps": "Hop twice."})
    assert "Version 1" in door.get(at_hop).content.decode()
    door.post(f"{at_hop}end/", {})
    assert door.get(at_hop).status_code == 404
    assert pages(rita).get("/settings/exercises/").status_code == 403


def test_what_a_page_does_with_exercises_the_api_does_too(
    paul: Patient, api: Any, bo: User, pia: User, rita: User
) -> None:
    wire: Api = api(bo)
    at_sheets, today = f"/api/patients/{paul.pk}/exercise-sheets/", timezone.localdate().isoformat()
    made = wire.post("/api/patients/exercises/", {"name": "Hop", "steps": "Hop.", "region": "FOOT", "sets": 2}).json()
    put = wire.put(f"/api/patients/exercises/{made['id']}/", {"name": "Hop", "steps": "Hop on.", "region": "FOOT"})
    assert put.json()["version"] == 2

    body = {"title": "Feet", "since": today, "shared": True, "items": [{"exercise_id": made["id"], "sets": 4}]}
    given = wire.post(at_sheets, body)
    assert (given.status_code, given.json()["items"][0]["sets"]) == (201, 4)
    at_sheet = f"{at_sheets}{given.json()['id']}/"
    assert wire.get(at_sheet)["ETag"] == '"1"'
    changed = wire.put(at_sheet, body | {"title": "Foot"})
    assert (changed.json()["version"], changed["ETag"]) == (2, '"2"')

    portal: Api = api(pia)
    day = portal.put(f"{at_sheet}days/{today}/{made['id']}/", {"pain": 2})
    assert (day.json()["pain"], day.json()["is_done"]) == (2, True)
    assert [each["title"] for each in portal.get(at_sheets).json()["items"]] == ["Foot"]
    assert wire.get(f"{at_sheet}followed/").json()["kept"][0]["days_done"] == 1
    assert api(rita).get(at_sheets).status_code == 403
    assert wire.client.delete(at_sheet).status_code == 204
    assert wire.client.delete(f"/api/patients/exercises/{made['id']}/").status_code == 204
