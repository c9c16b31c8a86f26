"""Forms: write them, ask people for them, fill them in, review what was answered."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm import selectors, services
from modules.crm.api.patients import visible_patient
from modules.crm.domain.questionnaires.answers import schema_of
from modules.crm.models import AskedForm, FilledForm, Patient, Questionnaire, QuestionnaireVersion, patients_of
from modules.crm.schemas.questionnaires import (
    AskedFormOut,
    AskIn,
    CurveOut,
    CurvesOut,
    FilledFormOut,
    FormDraftIn,
    FormPublicationIn,
    FormVersionOut,
    HandedOverOut,
    InWorkIn,
    InWorkOut,
    QuestionnaireIn,
    QuestionnaireOut,
    SavedOut,
    SubmissionIn,
    TakingIn,
)
from modules.crm.selectors.questionnaires import Listed
from tenancy.requests import Request

router = Router()
ALL, ONE = "/questionnaires/", "/questionnaires/{uuid:questionnaire_id}/"
OF_PATIENT = "/{uuid:patient_id}/forms/"
ASKED = OF_PATIENT + "{uuid:asked_id}/"


@router.get(ALL, response=list[QuestionnaireOut], summary="The forms that people are asked for")
@endpoint("crm.manage_forms")
def list_questionnaires(request: Request) -> list[QuestionnaireOut]:
    return [QuestionnaireOut.of(each) for each in selectors.questionnaires_in_use()]


@router.post(ALL, response={201: QuestionnaireOut}, summary="Add a form")
@endpoint("crm.manage_forms")
def add_questionnaire(request: Request, body: QuestionnaireIn) -> Status[QuestionnaireOut]:
    return Status(201, _shown(services.add_questionnaire(details=body.details(), by=request.user)))


@router.put(ONE, response=QuestionnaireOut, summary="Change what a form is called and when it is asked for")
@endpoint("crm.manage_forms")
def change_questionnaire(request: Request, questionnaire_id: UUID, body: QuestionnaireIn) -> QuestionnaireOut:
    form = _questionnaire(questionnaire_id)
    return _shown(services.change_questionnaire(questionnaire=form, details=body.details(), by=request.user))


@router.delete(ONE, response={204: None}, summary="Ask nobody for a form any more")
@endpoint("crm.manage_forms")
def end_questionnaire(request: Request, questionnaire_id: UUID) -> Status[None]:
    """Who was asked can still fill it in; what was answered stays."""
    form = get_object_or_404(Questionnaire, pk=questionnaire_id)
    services.end_questionnaire(questionnaire=form, by=request.user, at=timezone.now())
    return Status(204, None)


@router.put(ONE + "draft/", response=QuestionnaireOut, summary="Write what the next version of a form asks")
@endpoint("crm.manage_forms")
def write_form(request: Request, questionnaire_id: UUID, body: FormDraftIn) -> QuestionnaireOut:
    """Answers 409 if somebody else changed the draft since the state that is sent along."""
    form = _questionnaire(questionnaire_id)
    written = services.write_form(questionnaire=form, content=body.content, number=body.draft_number, by=request.user)
    return _shown(written)


@router.post(ONE + "publication/", response={201: FormVersionOut}, summary="Publish the draft of a form")
@endpoint("crm.manage_forms")
def publish_form(request: Request, questionnaire_id: UUID, body: FormPublicationIn) -> Status[FormVersionOut]:
    """Who has an earlier version before them finishes that."""
    form = _questionnaire(questionnaire_id)
    version = services.publish_form(questionnaire=form, number=body.draft_number, by=request.user, at=timezone.now())
    return Status(201, _version(version))


@router.get("/form-versions/{uuid:form_version_id}/", response=FormVersionOut, summary="One version of a form")
@endpoint("crm.view_form")
def get_version(request: Request, form_version_id: UUID) -> FormVersionOut:
    """With the JSON Schema of its answers."""
    rows = QuestionnaireVersion.objects.select_related("questionnaire")
    return _version(get_object_or_404(rows, pk=form_version_id))


@router.get("/forms-to-review/", response=Page[FilledFormOut], summary="What was answered and not reviewed yet")
@endpoint("crm.review_form")
def list_unreviewed(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    """The earliest first."""

    def seen(forms: list[FilledForm]) -> None:
        audit.listed(what=Patient, subjects=[each.patient_id for each in forms], by=request.user, how="listed_forms")

    rows = selectors.waiting_for_review(seen_by=request.user)
    return page_of(rows, page, lambda row: FilledFormOut.of(row, seen_by=request.user), seen=seen)


@router.get(OF_PATIENT, response=Page[AskedFormOut], summary="Which forms a patient was asked for")
@endpoint("crm.view_form")
def list_forms(request: Request, patient_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_forms")
    return page_of(selectors.forms_of(patient, seen_by=request.user), page, AskedFormOut.of)


@router.post(OF_PATIENT, response={201: AskedFormOut}, summary="Ask a patient to fill a form in")
@endpoint("crm.ask_form")
def ask_for_form(request: Request, patient_id: UUID, body: AskIn) -> Status[AskedFormOut]:
    """One that waits to be filled in already is returned instead."""
    patient, form = visible_patient(request, patient_id), _questionnaire(body.questionnaire_id)
    asked = services.ask_for_form(
        patient=patient, questionnaire=form, due_on=body.due_on, by=request.user, at=timezone.now()
    )
    return Status(201, AskedFormOut.of(asked))


@router.delete(ASKED, response=AskedFormOut, summary="Take a form back")
@endpoint("crm.ask_form")
def withdraw_form(request: Request, patient_id: UUID, asked_id: UUID) -> AskedFormOut:
    asked = _asked(request, patient_id, asked_id)
    return AskedFormOut.of(services.withdraw_form(asked=asked, by=request.user, at=timezone.now()))


@router.post(ASKED + "hand-over/", response=HandedOverOut, summary="Hand a device over with a form")
@endpoint("crm.ask_form")
def hand_over_form(request: Request, patient_id: UUID, asked_id: UUID) -> HandedOverOut:
    """The address opens this one form to whoever has it, until it is sent or runs out."""
    asked = _asked(request, patient_id, asked_id)
    address = services.hand_over_form(asked=asked, by=request.user, at=timezone.now())
    return HandedOverOut(address=request.build_absolute_uri(address))


@router.get(ASKED + "answers/", response=FilledFormOut, summary="What was answered")
@endpoint("crm.read_answers")
def get_answers(request: Request, patient_id: UUID, asked_id: UUID) -> FilledFormOut:
    filled = _filled(request, patient_id, asked_id)
    audit.viewed(of=filled, by=request.user)
    return FilledFormOut.of(filled, seen_by=request.user)


@router.post(ASKED + "taking-over/", response=FilledFormOut, summary="Take answers over into the record")
@endpoint("crm.review_form")
def take_over(request: Request, patient_id: UUID, asked_id: UUID, body: TakingIn) -> FilledFormOut:
    """Answers 409 if the record was changed since the state that is sent along."""
    filled = _filled(request, patient_id, asked_id)
    services.take_over(filled=filled, keys=body.keys, seen=body.seen, by=request.user, at=timezone.now())
    return FilledFormOut.of(_filled(request, patient_id, asked_id), seen_by=request.user)


@router.post(ASKED + "review/", response=FilledFormOut, summary="Note that the answers were reviewed")
@endpoint("crm.review_form")
def review_form(request: Request, patient_id: UUID, asked_id: UUID) -> FilledFormOut:
    filled = _filled(request, patient_id, asked_id)
    services.review_form(filled=filled, by=request.user, at=timezone.now())
    return FilledFormOut.of(_filled(request, patient_id, asked_id), seen_by=request.user)


@router.get("/{uuid:patient_id}/scores/", response=CurvesOut, summary="How the scores of a patient went")
@endpoint("crm.read_answers")
def list_scores(request: Request, patient_id: UUID) -> CurvesOut:
    patient = visible_patient(request, patient_id)
    audit.viewed(of=patient, by=request.user, how="viewed_forms")
    return CurvesOut(items=[CurveOut.of(each) for each in selectors.curves_of(patient, seen_by=request.user)])


@router.get("/own-forms/", response=Page[AskedFormOut], summary="The forms that one is asked for oneself")
@endpoint("access.use_portal")
def list_own(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    rows = AskedForm.objects.visible_to(request.user).for_display().order_by("-asked_at", "-pk")
    return page_of(rows, page, AskedFormOut.of)


@router.get("/own-forms/{uuid:asked_id}/", response=InWorkOut, summary="A form that one is asked for, to fill in")
@endpoint("access.use_portal")
def get_own(request: Request, asked_id: UUID) -> InWorkOut:
    asked = _own(request, asked_id)
    audit.viewed(of=asked, by=request.user)
    return InWorkOut.of(asked)


@router.put("/own-forms/{uuid:asked_id}/draft/", response=SavedOut, summary="Keep what one has typed so far")
@endpoint("access.use_portal")
def save_own(request: Request, asked_id: UUID, body: InWorkIn) -> SavedOut:
    """Answers 409, with the other answers, if another device saved some since."""
    saved = services.save_answers(
        asked=_own(request, asked_id),
        answers=body.answers,
        of=list(body.answers),
        before=body.before(),
        by=request.user,
        at=timezone.now(),
    )
    return SavedOut(seen=str(saved.revision))


@router.post("/own-forms/{uuid:asked_id}/submission/", response={201: FilledFormOut}, summary="Send a form")
@endpoint("access.use_portal")
def submit_own(request: Request, asked_id: UUID, body: SubmissionIn) -> Status[FilledFormOut]:
    """Sending the same once more returns what was sent first."""
    drawing = json.dumps(body.drawing) if body.drawing is not None else ""
    sending = body.sending(drawing=drawing, ip=request.ip, user_agent=request.headers.get("User-Agent", ""))
    asked = _own(request, asked_id)
    services.submit_form(asked=asked, answers=body.answers, sending=sending, by=request.user, at=timezone.now())
    filled = FilledForm.objects.visible_to(request.user).for_display().get(asked=asked)
    return Status(201, FilledFormOut.of(filled, seen_by=request.user))


def _own(request: Request, asked_id: UUID) -> AskedForm:
    """Return a form of one whom an account answers for: staff fill in nobody's."""
    rows = AskedForm.objects.filter(patient__in=patients_of(request.user.pk)).exclude(state="WITHDRAWN")
    return get_object_or_404(rows.for_display(), pk=asked_id)


def _asked(request: Request, patient_id: UUID, asked_id: UUID) -> AskedForm:
    rows = AskedForm.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, pk=asked_id)


def _filled(request: Request, patient_id: UUID, asked_id: UUID) -> FilledForm:
    rows = FilledForm.objects.visible_to(request.user).filter(patient=patient_id).for_display()
    return get_object_or_404(rows, asked=asked_id)


def _questionnaire(questionnaire_id: UUID) -> Questionnaire:
    return get_object_or_404(Questionnaire, pk=questionnaire_id, ended_at=None)


def _shown(form: Questionnaire) -> QuestionnaireOut:
    return QuestionnaireOut.of(Listed(form, form.versions.order_by("-number").first()))


def _version(version: QuestionnaireVersion) -> FormVersionOut:
    return FormVersionOut.of(version, schema=schema_of(version.content))
