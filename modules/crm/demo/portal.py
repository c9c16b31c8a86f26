"""What the patient of the portal does at home, reads there, and asks to have put right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from modules.crm.domain.deidentified import LOWEST
from modules.crm.domain.exercises import Dose
from modules.crm.models import Exercise, ExerciseSheet, Patient, TreatmentPlan
from modules.crm.services import claim_records, save_note, sign_note
from modules.crm.services.corrections import Wish, ask_correction
from modules.crm.services.exercises import Done, ItemDetails, SheetDetails, change_sheet, compose_sheet, note_day
from modules.crm.services.taking import Period, ask_copy, ask_extract, say_about_statistics

if TYPE_CHECKING:
    from tenants.demo import Stage

# Names of the library, days of five on which they are done, own words.
GIVEN = (
    ("Table slide", 4, "As far as it goes without pain; the towel does the work."),
    ("Turning the arm out with a band", 3, "The red band. Ten is enough for now."),
    ("Wall push-up", 2, ""),
)
DAYS = 24


def seed_portal(stage: Stage, patient: Patient) -> None:
    """Have their account find its record; then exercises, a note to read, and a correction that waits."""
    account = stage.people["patient"]
    claim_records(user=account, verified_emails=[account.email], at=stage.now - timedelta(days=DAYS))
    _share_note(stage, patient)
    _ask_correction(stage, patient)
    stage.afterwards.append(lambda: _take_along(stage, patient))
    _seed_exercises(stage, patient)


def stay_out_of_statistics(stage: Stage, people: list[Patient]) -> None:
    """Have some say at the desk that they are not to be counted."""
    for shy in people:
        at = stage.now - timedelta(days=DAYS)
        say_about_statistics(patient=shy, allowed=False, by=stage.people["reception"], at=at)


def _take_along(stage: Stage, patient: Patient) -> None:
    """Have a copy of their data be made, and figures without names of everybody: once there are visits and bills."""
    ask_copy(patient=patient, by=stage.people["patient"], at=stage.now - timedelta(hours=2))
    months = Period.months((stage.now - timedelta(days=60)).date(), stage.now.date())
    ask_extract(period=months, k=LOWEST, by=stage.people["owner"], at=stage.now - timedelta(hours=1))


def _ask_correction(stage: Stage, patient: Patient) -> None:
    """Have them ask for another street, which waits for the desk."""
    own = Patient.objects.select_related("client").get(pk=patient.pk)
    wish = Wish(field="client.street", right="9 Foundry Row", words="We moved in October.")
    ask_correction(patient=own, wish=wish, by=stage.people["patient"], at=stage.now - timedelta(hours=20))


def _seed_exercises(stage: Stage, patient: Patient) -> None:
    """Give a sheet, make it harder after a week, and have most days ticked, with less pain as time goes by."""
    treats, began = stage.people["practitioner"], stage.now - timedelta(days=DAYS)
    plan = TreatmentPlan.objects.filter(patient=patient).first()
    ids = {exercise.name: exercise.pk for exercise in Exercise.objects.all()}
    if not {name for name, _days, _words in GIVEN} <= set(ids):
        return  # the library is in another language
    items = [ItemDetails(exercise_id=ids[name], words=words) for name, _days, words in GIVEN]
    details = SheetDetails(
        title="Shoulder, the first weeks",
        words="Twice a day if you can. A little pulling is fine, a sharp pain is not.",
        since=began.date(),
        until=stage.now.date() + timedelta(weeks=3),
        plan_id=plan.pk if plan else None,
        shared=True,
        items=items[:2],
    )
    sheet = compose_sheet(patient=patient, details=details, by=treats, at=began)
    for day in range(DAYS):
        if day == 7:
            harder = [ItemDetails(exercise_id=each.exercise_id, words=each.words) for each in items[:2]]
            last = ItemDetails(exercise_id=items[2].exercise_id, dose=Dose(sets=2, repetitions=8))
            more = replace(details, items=[*harder, last])
            sheet = change_sheet(sheet=sheet, details=more, seen=None, by=treats, at=began + timedelta(days=7))
        _tick(stage, sheet, ids, day)


def _share_note(stage: Stage, patient: Patient) -> None:
    """Have the patient read on the portal what was written of the last call."""
    treats, at = stage.people["practitioner"], stage.now - timedelta(days=4)
    text = {"subjective": "Sleeps through again.", "plan": "Heavier band from next week. Go on with the table slide."}
    note = save_note(patient=patient, appointment_id=None, sections=text, shared=True, by=treats, at=at)
    sign_note(note=note, by=treats, at=at)


def _tick(stage: Stage, sheet: ExerciseSheet, ids: dict[str, UUID], day: int) -> None:
    at = stage.now - timedelta(days=DAYS - day)
    for name, often, _words in GIVEN[: 2 if day < 7 else 3]:
        if stage.chance.randint(1, 5) > often:
            continue
        pain = max(0, 6 - day // 4 + stage.chance.randint(-1, 1))
        words = "Easier than last week." if day == 15 and often == 4 else ""
        exercise = Exercise.objects.get(pk=ids[name])
        done = Done(pain=pain, words=words)
        note_day(sheet=sheet, exercise=exercise, day=at.date(), done=done, by=stage.people["patient"], at=at)
