"""Treatment plans: goals, versions, what the patient agreed to, and reviews that nobody forgets."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from modules.crm.domain.plans import GoalState, reached
from modules.crm.models import Goal, GoalNote, Patient, TreatmentPlan
from modules.crm.services import ContactDetails, PatientDetails, claim_records, register_patient, take_into_care
from modules.crm.services.plans import (
    GoalDetails,
    NotTheirsToAgree,
    NotTheirsToPlan,
    PlanChanged,
    PlanDetails,
    PlanInvalid,
    UnknownGoal,
    agree_to_plan,
    change_plan,
    note_progress,
    remind_of_reviews,
    set_plan_state,
    write_plan,
)
from tenancy import TenantRef
from tests.doors import Api, Pages

WALK, LIFT = GoalDetails(text="Walk the dog again"), GoalDetails(text="Lift the child", target="15 kg")


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, rita: User, pia: User) -> Patient:
    """Whom Bo treats, and whom Pia's account is."""
    at = timezone.now()
    contact = ContactDetails(first_name="Paul", email=pia.email)
    patient = register_patient(patient=PatientDetails(first_name="Paul"), contact=contact, by=rita, at=at)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=at)
    claim_records(user=pia, verified_emails=[pia.email], at=at)
    return patient


def details(**changed: Any) -> PlanDetails:
    usual: dict[str, Any] = {"title": "Back", "starts_on": date(2026, 3, 2), "shared": True, "goals": [WALK, LIFT]}
    return PlanDetails(**usual | changed)


@pytest.fixture
def plan(paul: Patient, bo: User) -> TreatmentPlan:
    return write_plan(patient=paul, details=details(), by=bo, at=timezone.now())


def goals_of(plan: TreatmentPlan) -> list[tuple[str, str]]:
    rows = Goal.objects.filter(plan=plan).order_by("position", "pk")
    return [(goal.text, goal.state) for goal in rows]


@given(st.lists(st.sampled_from([state.value for state in GoalState])))
def test_what_was_given_up_does_not_count_against_a_plan(states: list[str]) -> None:
    done, of = reached(states)

    assert 0 <= done <= of <= len(states)
    assert reached([state for state in states if state != "abandoned"]) == (done, of)


def test_a_goal_that_is_left_out_is_given_up_and_not_forgotten(plan: TreatmentPlan, bo: User) -> None:
    walk, _lift = Goal.objects.filter(plan=plan).order_by("position")
    kept = GoalDetails(id=walk.pk, text="Walk 5 km")

    change_plan(plan=plan, details=details(goals=[kept, GoalDetails(text="Sleep")]), seen=1, by=bo, at=timezone.now())

    assert sorted(goals_of(plan)) == [
        ("Lift the child", "abandoned"),
        ("Sleep", "active"),
        ("Walk 5 km", "active"),
    ]
    other = write_plan(patient=plan.patient, details=details(), by=bo, at=timezone.now())
    with pytest.raises(UnknownGoal):
        change_plan(plan=other, details=details(goals=[kept]), seen=None, by=bo, at=timezone.now())


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(plan: TreatmentPlan, bo: User) -> None:
    at = timezone.now()
    change_plan(plan=plan, details=details(title="Neck"), seen=1, by=bo, at=at)

    with pytest.raises(PlanChanged) as refused:
        change_plan(plan=plan, details=details(title="Knee"), seen=1, by=bo, at=at)
    assert refused.value.extra() == {"current": {"version": 2}}
    assert TreatmentPlan.objects.get().title == "Neck"


def test_a_change_of_nothing_is_no_version(plan: TreatmentPlan, bo: User) -> None:
    same = [GoalDetails(id=goal.pk, text=goal.text, target=goal.target) for goal in plan.goals.order_by("position")]

    change_plan(plan=plan, details=details(goals=same), seen=1, by=bo, at=timezone.now())

    assert TreatmentPlan.objects.get().version == 1


def test_who_agreed_did_so_to_one_version_and_not_to_the_next(plan: TreatmentPlan, bo: User, pia: User) -> None:
    at = timezone.now()
    with pytest.raises(NotTheirsToAgree):
        agree_to_plan(plan=plan, seen=1, by=bo, at=at)

    agreed = agree_to_plan(plan=plan, seen=1, by=pia, at=at)
    again = agree_to_plan(plan=plan, seen=1, by=pia, at=at + timedelta(days=1))
    assert (agreed.is_agreed, again.agreed_at) == (True, at)

    changed = change_plan(plan=plan, details=details(title="Neck"), seen=1, by=bo, at=at)
    assert (changed.is_agreed, changed.was_agreed) == (False, True)
    with pytest.raises(PlanChanged):
        agree_to_plan(plan=plan, seen=1, by=pia, at=at)


def test_progress_is_noted_and_stays_noted(plan: TreatmentPlan, bo: User) -> None:
    goal, at = plan.goals.order_by("position")[0], timezone.now()
    with pytest.raises(PlanInvalid):
        note_progress(goal=goal, state=goal.state, text=" ", by=bo, at=at)

    note_progress(goal=goal, state="achieved", text="5 km on Sunday", by=bo, at=at)

    assert goals_of(plan)[0] == ("Walk the dog again", "achieved")
    assert TreatmentPlan.objects.get().version == 1  # what was agreed to is as it was
    for attempt in (GoalNote.objects.all().delete, lambda: GoalNote.objects.update(state="active")):
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            attempt()


def test_only_whoever_has_the_patient_in_their_care_plans(
    paul: Patient, plan: TreatmentPlan, ana: User, bea: User
) -> None:
    for stranger in (ana, bea):
        for deed in (
            lambda by: write_plan(patient=paul, details=details(), by=by, at=timezone.now()),
            lambda by: change_plan(plan=plan, details=details(), seen=None, by=by, at=timezone.now()),
            lambda by: set_plan_state(plan=plan, state="completed", by=by, at=timezone.now()),
            lambda by: note_progress(goal=plan.goals.all()[0], state="achieved", text="", by=by, at=timezone.now()),
        ):
            with pytest.raises(NotTheirsToPlan):
                deed(stranger)


def test_a_plan_is_sealed_in_the_database_and_not_in_the_log(plan: TreatmentPlan, bo: User) -> None:
    change_plan(plan=plan, details=details(title="Knee"), seen=1, by=bo, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kept::text FROM crm_treatmentplan kept UNION ALL SELECT kept::text FROM crm_goal kept"
            " UNION ALL SELECT kept::text FROM crm_treatmentplan_history kept"
        )
        told = " ".join(row[0] for row in cursor.fetchall())
    assert not any(word in told for word in ("Back", "Knee", "Walk"))
    assert "Knee" not in str([entry.changes for entry in AuditEntry.objects.all()])


def test_each_review_is_reminded_of_once(paul: Patient, bo: User, mailoutbox: Any, run_jobs: Any) -> None:
    """Also when it was missed, and again when it is put off; never of a plan that is over."""
    now, review = timezone.now(), timezone.localdate()
    due = write_plan(patient=paul, details=details(review_on=review), by=bo, at=now)
    over = write_plan(patient=paul, details=details(review_on=review), by=bo, at=now)
    set_plan_state(plan=over, state="completed", by=bo, at=now)

    assert [remind_of_reviews(at=now + timedelta(days=days)) for days in (-1, 0, 0, 3)] == [0, 1, 0, 0]
    run_jobs()
    assert [mail.to[0] for mail in mailoutbox if "plan" in mail.subject] == [bo.email]
    assert not any("Paul" in mail.body for mail in mailoutbox if "plan" in mail.subject)

    put_off = details(review_on=review + timedelta(days=9))
    change_plan(plan=due, details=put_off, seen=None, by=bo, at=now)
    assert [remind_of_reviews(at=now + timedelta(days=days)) for days in (8, 9, 10)] == [0, 1, 0]


def test_a_plan_is_written_followed_and_agreed_to_on_its_pages(paul: Patient, pages: Any, bo: User, pia: User) -> None:
    desk: Pages = pages(bo)
    fields = {"title": "Knee", "starts_on": "2026-03-02", "shared": "on", "sessions": "8"}
    refused = desk.post(f"/patients/{paul.pk}/plans/new/", fields | {"review_on": "2026-01-01", "goal-0": "Run"})
    assert refused.status_code == 422
    assert 'value="Run"' in refused.content.decode()
    at_plan = desk.post(f"/patients/{paul.pk}/plans/new/", fields | {"goal-0": "Run", "state-0": "active"})["Location"]
    assert "Run" in desk.get(at_plan).content.decode()
    assert "Knee" in desk.get(f"/patients/{paul.pk}/").content.decode()

    plan = TreatmentPlan.objects.get()
    goal = plan.goals.get()
    nothing = desk.post(f"{at_plan}goals/{goal.pk}/", {"state": "active", "text": ""})
    assert nothing.status_code == 422
    assert desk.post(f"{at_plan}goals/{goal.pk}/", {"state": "active", "text": "2 km"})["Location"] == at_plan

    portal: Pages = pages(pia)
    shown = portal.get("/my/plans/").content.decode()
    assert "Knee" in shown
    assert "2 km" in shown
    assert "waits for your word" in portal.get("/my/").content.decode()
    portal.post(f"/my/plans/{plan.pk}/agreement/", {"version": "1"})
    assert "agreed to it as it reads now" in desk.get(at_plan).content.decode()

    stale = fields | {"version": "7", "title": "Hip", "goal-0": "Run", "state-0": "active"}
    assert desk.post(f"{at_plan}edit/", stale).status_code == 409
    edited = desk.post(f"{at_plan}edit/", stale | {"version": "1"})
    assert edited["Location"] == at_plan
    assert "It was changed since" in desk.get(at_plan).content.decode()


def test_what_a_page_does_with_plans_the_api_does_too(paul: Patient, api: Any, bo: User, pia: User, rita: User) -> None:
    wire: Api = api(bo)
    at_plans = f"/api/patients/{paul.pk}/plans/"
    body = {"title": "Knee", "starts_on": "2026-03-02", "shared": True, "goals": [{"text": "Run"}]}
    made = wire.post(at_plans, body)
    assert made.status_code == 201
    at_plan, goal = f"{at_plans}{made.json()['id']}/", made.json()["goals"][0]["id"]

    assert wire.post(f"{at_plan}goals/{goal}/notes/", {"state": "achieved"}).json()["goals"][0]["state"] == "achieved"
    assert api(pia).post(f"{at_plan}agreement/", {"version": 1}).json()["agreed_version"] == 1
    put = wire.put(at_plan, body | {"title": "Hip", "goals": [{"id": goal, "text": "Run"}]})
    assert (put.json()["version"], put["ETag"]) == (2, '"2"')
    assert wire.put(f"{at_plan}state/", {"state": "completed"}).json()["state"] == "completed"
    assert [each["title"] for each in api(pia).get(at_plans).json()["items"]] == ["Hip"]
    assert api(rita).get(at_plans).status_code == 403
