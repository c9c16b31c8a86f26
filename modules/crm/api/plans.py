"""Treatment plans: what is aimed at, how far it is, and what the patient said to it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.matching import IfMatch, tag, version_in
from modules.crm import selectors
from modules.crm.api.patients import visible_patient
from modules.crm.models import Goal, TreatmentPlan
from modules.crm.schemas.plans import AgreementIn, PlanIn, PlanOut, PlansOut, PlanStateIn, ProgressIn
from modules.crm.services import plans
from tenancy.requests import Request

router = Router()


@router.get("/{uuid:patient_id}/plans/", response=PlansOut, summary="The treatment plans of a patient")
@endpoint("crm.view_plan")
def list_plans(request: Request, patient_id: UUID) -> PlansOut:
    """Those that go on first. On the portal, those that were shared."""
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_plans")
    return PlansOut(items=[PlanOut.of(plan) for plan in selectors.plans_of(patient, seen_by=request.user)])


@router.post("/{uuid:patient_id}/plans/", response={201: PlanOut}, summary="Write a treatment plan")
@endpoint("crm.write_plan")
def write_plan(request: Request, patient_id: UUID, body: PlanIn) -> Status[PlanOut]:
    patient = visible_patient(request, patient_id)
    written = plans.write_plan(patient=patient, details=body.details(), by=request.user, at=timezone.now())
    return Status(201, PlanOut.of(_plan(request, patient_id, written.pk)))


@router.get("/{uuid:patient_id}/plans/{uuid:plan_id}/", response=PlanOut, summary="One plan")
@endpoint("crm.view_plan")
def read_plan(request: Request, patient_id: UUID, plan_id: UUID, response: HttpResponse) -> PlanOut:
    found = _plan(request, patient_id, plan_id)
    audit.viewed(of=found, by=request.user)
    tag(response, found.version)
    return PlanOut.of(found)


@router.put("/{uuid:patient_id}/plans/{uuid:plan_id}/", response=PlanOut, summary="Set a plan right")
@endpoint("crm.write_plan")
def change_plan(
    request: Request, patient_id: UUID, plan_id: UUID, body: PlanIn, response: HttpResponse, if_match: IfMatch = ""
) -> PlanOut:
    """With `If-Match`, a change that somebody else made meanwhile answers 409. It is a new version, not agreed to."""
    found, seen = _plan(request, patient_id, plan_id), version_in(if_match)
    plans.change_plan(plan=found, details=body.details(), seen=seen, by=request.user, at=timezone.now())
    changed = _plan(request, patient_id, plan_id)
    tag(response, changed.version)
    return PlanOut.of(changed)


@router.put("/{uuid:patient_id}/plans/{uuid:plan_id}/state/", response=PlanOut, summary="Complete, stop, go on")
@endpoint("crm.write_plan")
def set_state(request: Request, patient_id: UUID, plan_id: UUID, body: PlanStateIn) -> PlanOut:
    found = _plan(request, patient_id, plan_id)
    return PlanOut.of(plans.set_plan_state(plan=found, state=body.state, by=request.user, at=timezone.now()))


@router.post(
    "/{uuid:patient_id}/plans/{uuid:plan_id}/goals/{uuid:goal_id}/notes/",
    response={201: PlanOut},
    summary="Note how far a goal is",
)
@endpoint("crm.write_plan")
def note_progress(
    request: Request, patient_id: UUID, plan_id: UUID, goal_id: UUID, body: ProgressIn
) -> Status[PlanOut]:
    found = _plan(request, patient_id, plan_id)
    goal = get_object_or_404(Goal.objects.select_related("plan__patient__client"), pk=goal_id, plan=found)
    plans.note_progress(goal=goal, state=body.state, text=body.text, by=request.user, at=timezone.now())
    return Status(201, PlanOut.of(_plan(request, patient_id, plan_id)))


@router.post("/{uuid:patient_id}/plans/{uuid:plan_id}/agreement/", response=PlanOut, summary="Agree to a plan")
@endpoint("access.use_portal")
def agree(request: Request, patient_id: UUID, plan_id: UUID, body: AgreementIn) -> PlanOut:
    """On the portal, by whom it is for: to the version that was read, and to no later one."""
    found = _plan(request, patient_id, plan_id)
    return PlanOut.of(plans.agree_to_plan(plan=found, seen=body.version, by=request.user, at=timezone.now()))


def _plan(request: Request, patient_id: UUID, plan_id: UUID) -> TreatmentPlan:
    rows = TreatmentPlan.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, pk=plan_id)
