"""Who may see and change whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from rules.predicates import predicate

from access.fields import FieldRule
from access.grants import grants_to
from access.grounds import Ground, Grounds, grounded
from access.permissions import anything
from modules.crm.domain.profiles import Right
from modules.crm.models import (
    CARE,
    EMERGENCY,
    READING,
    SHARED,
    FlagReach,
    Level,
    StaffDiscipline,
    Visibility,
    roles_giving,
)

GRANT_LABELS = {CARE: _("In their care"), SHARED: _("Shared with them"), EMERGENCY: _("Opened in an emergency")}


@grounded
def in_their_care(user: Any, patient: Any) -> Grounds:
    return _grounds(user, patient, any_of=(CARE,))


@grounded
def in_their_care_or_lent(user: Any, patient: Any) -> Grounds:
    return _grounds(user, patient, any_of=READING)


@grounded
def themself(user: Any, patient: Any) -> Grounds:
    """Or whom they answer for."""
    return _answering(user, patient, Right.RECORD)


@grounded
def whom_they_sign_for(user: Any, patient: Any) -> Grounds:
    return _answering(user, patient, Right.SIGN)


@predicate
def opened_by_its_level(user: Any, note: Any) -> bool:
    """The sentence of `models.notes.open_to`."""
    if note.level == Level.ALL or note.author_id == user.pk:
        return True
    own = StaffDiscipline.objects.filter(user_id=user.pk)
    return note.level == Level.DISCIPLINE and own.filter(discipline=note.discipline_id).exists()


@grounded
def about_whom_they_treat(user: Any, note: Any) -> Grounds:
    return in_their_care_or_lent.find(user, note.patient) if opened_by_its_level.test(user, note) else []


@grounded
def shared_with_them(user: Any, note: Any) -> Grounds:
    is_theirs = note.shared_with_patient and note.is_signed and note.level == Level.ALL
    return themself.find(user, note.patient) if is_theirs else []


@grounded
def of_whom_they_treat(user: Any, consent: Any) -> Grounds:
    return in_their_care_or_lent.find(user, consent.patient)


@grounded
def planned_with_them(user: Any, plan: Any) -> Grounds:
    return themself.find(user, plan.patient) if plan.shared else []


@predicate
def of_whom_they_care(user: Any, episode: Any) -> bool:
    return bool(in_their_care.find(user, episode.patient))


@grounded
def of_whom_they_sign_for(user: Any, consent: Any) -> Grounds:
    return whom_they_sign_for.find(user, consent.patient)


@predicate
def open_to_them(user: Any, document: Any) -> bool:
    """Whatever is not for those who treat only; and that, if they do."""
    if document.visibility != Visibility.CLINICIANS:
        return True
    may: bool = user.has_perm("crm.view_clinical_document", document)
    return may


@predicate
def known_to_them(user: Any, flag: Any) -> bool:
    """Whatever is not for those who treat only; and that, if they do."""
    if flag.reach != FlagReach.TREATING:
        return True
    may: bool = user.has_perm("crm.view_clinical_flag", flag)
    return may


@grounded
def given_to_them(user: Any, document: Any) -> Grounds:
    is_theirs = document.visibility == Visibility.SHARED and document.ended_at is None
    return themself.find(user, document.patient) if is_theirs else []


@grounded
def about_whom_they_answer_for(user: Any, form: Any) -> Grounds:
    return themself.find(user, form.patient)


@predicate
def open_answers(user: Any, filled: Any) -> bool:
    """Whatever is not clinical; and that, for whoever treats."""
    if not filled.version.questionnaire.is_clinical:
        return True
    may: bool = user.has_perm("crm.read_clinical_answers", filled)
    return may


@predicate
def open_correction(user: Any, correction: Any) -> bool:
    """Whatever is not about a note; and that, for whoever treats."""
    if correction.note_id is None:
        return True
    may: bool = user.has_perm("crm.view_clinical_correction", correction)
    return may


@predicate
def wrote_it(user: Any, note: Any) -> bool:
    return note.author_id == user.pk


@grounded
def something_to_them(user: Any, patient: Any) -> Grounds:
    """Their own record, or one of whom they see anything on the portal."""
    return [ground for right in Right for ground in _answering(user, patient, right)]


@grounded
def made_for_them(user: Any, copy: Any) -> Grounds:
    is_theirs = copy.client.user_id is not None and copy.client.user_id == user.pk
    return something_to_them.find(user, copy.patient) if is_theirs else []


def _answering(user: Any, patient: Any, right: Right) -> Grounds:
    client = patient.client
    if client.user_id is not None and client.user_id == user.pk:
        return [Ground(what=_("It is their own record"), since=client.claimed_at)]
    rows = roles_giving(right, user_id=user.pk, patient_id=patient.pk)
    return [Ground(what=row.get_role_display(), since=row.began_at) for row in rows]


def _grounds(user: Any, patient: Any, *, any_of: Sequence[str]) -> Grounds:
    return [
        Ground(
            what=GRANT_LABELS[each.kind],
            why=each.reason,
            since=each.granted_at,
            until=each.until,
            by_id=each.granted_by_id,
        )
        for each in grants_to(user, any_of=any_of, on=patient)
    ]


NOTE = FieldRule(see="crm.view_note", change="crm.write_note")
CONSENT = FieldRule(see="crm.view_consent", change="crm.take_consent")
EPISODE = FieldRule(see="crm.view_episode", change="crm.manage_episode")
MEASURE = FieldRule(see="crm.view_measure", change="crm.write_measure")
PLAN = FieldRule(see="crm.view_plan", change="crm.write_plan")
DOCUMENT = FieldRule(see="crm.view_document", change="crm.change_document")
ANSWERS = FieldRule(see="crm.read_answers", change="crm.review_form")
IDENTITY = FieldRule(see="crm.view_identity", change="crm.change_identity")
CORRECTION = FieldRule(see="crm.view_correction", change="crm.answer_correction")
FLAG = FieldRule(see="crm.view_alert", change="crm.change_flag")
FIELDS = {
    "crm.flag": {"text": FLAG, "advice": FLAG, "end_reason": FLAG},
    "crm.document": {"title": DOCUMENT, "end_reason": DOCUMENT},
    "crm.patient": {"alert": FieldRule(see="crm.view_alert", change="crm.change_alert"), "tax_code": IDENTITY},
    "crm.client": {"tax_code": IDENTITY},
    "crm.identitydocument": dict.fromkeys(("kind", "country", "number", "issued_by", "valid_until"), IDENTITY),
    "crm.coverage": {"number": IDENTITY},
    "crm.filledform": {"text": ANSWERS, "score": ANSWERS, "drawing": ANSWERS, "text_digest": ANSWERS},
    "crm.correction": dict.fromkeys(("stands", "right", "words", "answer"), CORRECTION),
    "crm.consent": {"drawing": CONSENT, "reason": CONSENT},
    "crm.episodeofcare": {"title": EPISODE, "arrival_diagnosis": EPISODE, "final_diagnosis": EPISODE},
    "crm.diagnosis": {"code": EPISODE, "display": EPISODE},
    "crm.measurement": dict.fromkeys(("number", "method", "comment", "reason"), MEASURE),
    "crm.treatmentplan": {"title": PLAN, "text": PLAN, "frequency": PLAN},
    "crm.goal": {"text": PLAN, "target": PLAN},
    "crm.goalnote": {"text": PLAN},
    "crm.sheetversion": {"title": PLAN, "words": PLAN},
    "crm.sheetitem": {"words": PLAN},
    "crm.exerciseday": {"pain": PLAN, "words": PLAN},
    "crm.note": dict.fromkeys(("subjective", "objective", "assessment", "plan", "further", "chart"), NOTE),
    "crm.notedraft": {"text": NOTE, "chart": NOTE},
    "crm.noteamendment": {"text": NOTE, "reason": NOTE},
}

PERMISSIONS = {
    "crm.view_patient": {"all": anything, "care": in_their_care_or_lent, "self": themself},
    "crm.register_patient": {"all": anything},
    "crm.share_search": {"all": anything},
    "crm.import_people": {"all": anything},
    "crm.export_people": {"all": anything},
    "crm.merge_patients": {"all": anything},
    "crm.erase_people": {"all": anything},
    "crm.change_patient": {"all": anything, "care": in_their_care},
    "crm.view_alert": {"all": known_to_them},
    "crm.view_clinical_flag": {"all": anything, "care": of_whom_they_treat},
    "crm.change_alert": {"all": anything, "care": in_their_care},
    "crm.change_flag": {"all": anything, "care": in_their_care},
    "crm.manage_flag_kinds": {"all": anything},
    "crm.view_involvement": {"all": anything, "care": of_whom_they_treat},
    "crm.view_identity": {"all": anything},
    "crm.change_identity": {"all": anything},
    "crm.view_coverage": {"all": anything, "care": of_whom_they_treat},
    "crm.change_coverage": {"all": anything},
    "crm.view_note": {"all": opened_by_its_level, "care": about_whom_they_treat, "self": shared_with_them},
    "crm.write_note": {"care": in_their_care},
    "crm.sign_note": {"care": wrote_it},
    "crm.manage_note_setup": {"all": anything},
    "crm.view_episode": {"all": anything, "care": of_whom_they_treat},
    "crm.manage_episode": {"care": of_whom_they_care},
    "crm.manage_code_lists": {"all": anything},
    "crm.manage_regions": {"all": anything},
    "crm.view_measure": {"all": anything, "care": of_whom_they_treat},
    "crm.write_measure": {"care": in_their_care},
    "crm.manage_measures": {"all": anything},
    "crm.view_plan": {"all": anything, "care": of_whom_they_treat, "self": planned_with_them},
    "crm.write_plan": {"care": in_their_care},
    "crm.manage_exercises": {"all": anything},
    "crm.view_correction": {
        "all": open_correction,
        "care": of_whom_they_treat & open_correction,
        "self": about_whom_they_answer_for,
    },
    "crm.view_clinical_correction": {"care": of_whom_they_treat, "self": about_whom_they_answer_for},
    "crm.answer_correction": {"all": open_correction, "care": of_whom_they_care & open_correction},
    "crm.manage_consents": {"all": anything},
    "crm.view_consent": {"all": anything, "care": of_whom_they_treat, "self": of_whom_they_sign_for},
    "crm.take_consent": {"all": anything, "care": in_their_care, "self": whom_they_sign_for},
    "crm.view_document": {"all": open_to_them, "care": of_whom_they_treat & open_to_them, "self": given_to_them},
    "crm.view_clinical_document": {"all": anything, "care": of_whom_they_treat},
    "crm.add_document": {"all": anything, "care": in_their_care, "self": themself},
    "crm.change_document": {"all": open_to_them, "care": of_whom_they_care & open_to_them},
    "crm.manage_document_kinds": {"all": anything},
    "crm.ask_copy": {"all": anything, "care": in_their_care, "self": something_to_them},
    "crm.view_copy": {"all": anything, "care": of_whom_they_treat, "self": made_for_them},
    "crm.export_statistics": {"all": anything},
    "crm.manage_forms": {"all": anything},
    "crm.view_form": {"all": anything, "care": of_whom_they_treat, "self": about_whom_they_answer_for},
    "crm.ask_form": {"all": anything, "care": in_their_care},
    "crm.read_answers": {
        "all": open_answers,
        "care": of_whom_they_treat & open_answers,
        "self": about_whom_they_answer_for,
    },
    "crm.read_clinical_answers": {"care": of_whom_they_treat, "self": about_whom_they_answer_for},
    "crm.review_form": {"all": open_answers, "care": of_whom_they_care & open_answers},
    "crm.manage_care": {"all": anything, "care": in_their_care},
    "crm.open_in_emergency": {"all": anything},
    "crm.view_access": {"all": anything, "care": in_their_care},
}

WORDS = {
    "crm.view_patient": _("See records"),
    "crm.register_patient": _("Register people"),
    "crm.share_search": _("Keep searches of the list of people for everybody"),
    "crm.import_people": _("Take people over from files, and undo that"),
    "crm.export_people": _("Take lists of people along as a file"),
    "crm.change_patient": _("Change contact and registration details"),
    "crm.erase_people": _("Erase people, and say for how long what is kept"),
    "crm.merge_patients": _("Merge records of one person, and undo it"),
    "crm.view_alert": _("See flags: an allergy, a risk, a temper"),
    "crm.view_clinical_flag": _("See flags that are for those who treat only"),
    "crm.change_alert": _("Raise and end flags about health: allergies, risks, clinical ones"),
    "crm.change_flag": _("Raise and end flags about how somebody behaves, comes and pays"),
    "crm.manage_flag_kinds": _("Say which flags are offered to choose"),
    "crm.view_involvement": _("See who owns, pays, decides and is to be rung"),
    "crm.view_identity": _("See tax codes, identity documents, and numbers of insured people"),
    "crm.change_identity": _("Write tax codes, identity documents, and numbers of insured people"),
    "crm.view_coverage": _("See who insures people, and until when"),
    "crm.change_coverage": _("Write who insures people"),
    "crm.view_note": _("Read clinical notes"),
    "crm.write_note": _("Write clinical notes"),
    "crm.sign_note": _("Sign clinical notes"),
    "crm.manage_note_setup": _("Set up the forms for notes, everybody’s phrases, and what colleagues are trained in"),
    "crm.view_episode": _("See what people are treated for, and their diagnoses"),
    "crm.manage_episode": _("Write diagnoses, and close what somebody was treated for"),
    "crm.view_plan": _("See treatment plans, their goals, and exercises"),
    "crm.write_plan": _("Write treatment plans, note how far their goals are, and give exercises"),
    "crm.view_correction": _("See what people ask to have put right"),
    "crm.view_clinical_correction": _("See what people ask to have put right in notes"),
    "crm.answer_correction": _("Put right what people ask for, or refuse it"),
    "crm.manage_exercises": _("Write the exercises that people are given for at home"),
    "crm.manage_regions": _("Load the lists of regions and districts that addresses suggest"),
    "crm.manage_code_lists": _("Load the lists of codes that diagnoses are chosen from"),
    "crm.view_measure": _("See what was measured of people"),
    "crm.write_measure": _("Note what was measured, and set it right"),
    "crm.manage_measures": _("Say what is measured, and what is usual"),
    "crm.manage_consents": _("Write and publish what people are asked to agree to"),
    "crm.view_consent": _("See what people agreed to, and their signatures"),
    "crm.take_consent": _("Have people sign, note a paper signature, withdraw"),
    "crm.view_document": _("See documents: letters, reports, pictures"),
    "crm.view_clinical_document": _("See documents that are for those who treat only"),
    "crm.add_document": _("Upload documents"),
    "crm.change_document": _("Describe, replace and end documents, and say who sees them"),
    "crm.manage_document_kinds": _("Say what types of documents there are"),
    "crm.ask_copy": _("Have a copy made for whoever asks for their data"),
    "crm.view_copy": _("Open copies that were made for people, and hand them out"),
    "crm.export_statistics": _("Take figures without names along as a file"),
    "crm.manage_forms": _("Write and publish the forms that people are asked to fill in"),
    "crm.view_form": _("See which forms people were asked to fill in, and whether they did"),
    "crm.ask_form": _("Ask people to fill a form in, and take that back"),
    "crm.read_answers": _("Read what people answered in forms"),
    "crm.read_clinical_answers": _("Read what people answered in forms about their health"),
    "crm.review_form": _("Review answers, and take them over into the record"),
    "crm.manage_care": _("Put somebody in a colleague's care, share a record, end either"),
    "crm.open_in_emergency": _("Open a record in an emergency"),
    "crm.view_access": _("See who can see a record, and why"),
}
