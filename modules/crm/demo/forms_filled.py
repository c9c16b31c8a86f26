"""Forms that people were asked for: one half filled in, one to be reviewed, and how somebody got better."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from modules.crm.models import FilledForm, FormPurpose, Patient, Questionnaire
from modules.crm.services import Before, Sending, Signer, ask_for_form, review_form, save_answers, submit_form

if TYPE_CHECKING:
    from tenants.demo import Stage


def ask_for_forms(stage: Stage, patients: list[Patient]) -> None:
    """Leave a form half filled in by whoever signs in as the patient, one that waits to be reviewed, and a few that
    nobody has begun: they are missing when these people come.

    The second patient says every week how it goes.
    """
    form = Questionnaire.objects.order_by("name").filter(purpose=FormPurpose.INTAKE).first()
    if form is None or "practitioner2" not in stage.people:
        return
    began, treats = stage.now - timedelta(days=3), stage.people["practitioner"]
    asked = ask_for_form(patient=patients[0], questionnaire=form, by=stage.people["reception"], at=began)
    begun = {"why": "My shoulder, since I painted the ceiling."}
    save_answers(asked=asked, answers=begun, of=list(begun), before=Before(seen=""), by=None, at=began)
    for somebody in patients[2:20:3]:
        ask_for_form(patient=somebody, questionnaire=form, by=stage.people["reception"], at=began)
    patient = patients[1]
    told = {"why": "Stairs hurt in the knee, going down more than up.", "since": "weeks", "pain": 6}
    told |= {"medicines": True, "which": "Ibuprofen, now and then.", "allergies": True, "allergic_to": "Latex"}
    if stage.tenant.vertical == "clinic":
        _answer(patient, form, told | {"phone": "+44 20 7946 0099"}, by=treats, at=began)
    for outcome in Questionnaire.objects.filter(purpose=FormPurpose.OUTCOME):
        for weeks, trouble in enumerate((8, 7, 7, 5, 4)):
            at = stage.now - timedelta(weeks=5 - weeks)
            answers = dict.fromkeys(("pain", "everyday", "work", "sleep"), trouble) | {"worry": trouble - 2}
            review_form(filled=_answer(patient, outcome, answers, by=treats, at=at), by=treats, at=at)


def _answer(patient: Patient, form: Questionnaire, answers: dict[str, Any], *, by: Any, at: datetime) -> FilledForm:
    asked = ask_for_form(patient=patient, questionnaire=form, by=by, at=at)
    signer = Signer(name=patient.client.person_name)
    sending = Sending(signer=signer, agreed=True, by_link=True, ip="203.0.113.7")
    return submit_form(asked=asked, answers=answers, sending=sending, by=None, at=at + timedelta(hours=2))
