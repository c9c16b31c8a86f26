"""What the audit log says of people and their records."""

from __future__ import annotations

from collections.abc import Callable, Collection
from operator import attrgetter
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.words import Named, Trail
from modules.crm.models import (
    AskedForm,
    Client,
    CodeList,
    CodeSystem,
    Consent,
    ConsentKind,
    ConsentText,
    ContactPoint,
    Correction,
    Coverage,
    Diagnosis,
    Document,
    DocumentKind,
    EpisodeOfCare,
    Exercise,
    ExerciseDay,
    ExerciseSheet,
    FilledForm,
    Flag,
    FlagKind,
    Goal,
    GoalNote,
    IdentityDocument,
    Involvement,
    MeasureKind,
    Measurement,
    Note,
    NoteAmendment,
    NoteTemplate,
    OwnCopy,
    Patient,
    Phrase,
    Questionnaire,
    RegionList,
    SavedSearch,
    StatisticsChoice,
    TreatmentPlan,
    Weight,
)

DEEDS = {
    "crm.patient.registered": _("%(who)s registered %(what)s"),
    "crm.patient.changed": _("%(who)s changed the record of %(what)s"),
    "crm.patient.taken_into_care": _("%(what)s came into somebody's care, by %(who)s"),
    "crm.patient.shared": _("%(who)s shared the record of %(what)s"),
    "crm.patient.access_ended": _("%(who)s ended somebody's access to %(what)s"),
    "crm.patient.opened_in_emergency": _("%(who)s opened the record of %(what)s in an emergency"),
    "crm.patient.viewed": _("%(who)s looked at the record of %(what)s"),
    "crm.patient.viewed_with_notes": _("%(who)s looked at the record of %(what)s and its notes"),
    "crm.patient.viewed_notes": _("%(who)s read the notes about %(what)s"),
    "crm.patient.viewed_care": _("%(who)s looked at who can see %(what)s"),
    "crm.patient.viewed_log": _("%(who)s looked at who has seen %(what)s"),
    "crm.patient.listed": _("%(who)s saw a list of records: %(what)s"),
    "crm.patient.died": _("%(who)s noted the death of %(what)s"),
    "crm.patient.ended": _("%(who)s closed the record of %(what)s for booking"),
    "crm.patient.taken_up_again": _("%(who)s opened the record of %(what)s for booking again"),
    "crm.patient.death_taken_back": _("%(who)s took the death of %(what)s back"),
    "crm.patient.client_changed": _("%(who)s changed who is written to about %(what)s"),
    "crm.patient.erased": _("%(who)s erased %(what)s"),
    "crm.client.erased": _("%(who)s erased %(what)s"),
    "crm.erasure.begun": _("%(who)s erased somebody"),
    "crm.erasure.carried_out": _("What may be erased of somebody was erased"),
    "crm.erasure.viewed": _("%(who)s looked at what was erased of somebody"),
    "crm.retention.set": _("%(who)s said for how long what is kept"),
    "crm.patient.merged": _("%(who)s merged other records into that of %(what)s"),
    "crm.patient.merged_away": _("%(who)s merged the record of %(what)s into another"),
    "crm.patient.merge_undone": _("%(who)s undid a merge into the record of %(what)s"),
    "crm.patient.told_apart": _("%(who)s said that %(what)s and another record are two people"),
    "crm.patient.asked_again": _("%(who)s asked again whether %(what)s and another record are one"),
    "crm.client.merged": _("%(who)s merged other clients into %(what)s"),
    "crm.client.merged_away": _("%(who)s merged %(what)s into another client"),
    "crm.client.merge_undone": _("%(who)s undid a merge into %(what)s"),
    "crm.involvement.begun": _("%(who)s noted who answers for %(what)s"),
    "crm.involvement.changed": _("%(who)s changed who answers for %(what)s"),
    "crm.patient.viewed_identity": _("%(who)s looked at the identity documents of %(what)s"),
    "crm.identitydocument.added": _("%(who)s noted an identity document of %(what)s"),
    "crm.identitydocument.changed": _("%(who)s changed an identity document of %(what)s"),
    "crm.identitydocument.removed": _("%(who)s removed an identity document of %(what)s"),
    "crm.contactpoint.added": _("%(who)s noted a further phone or e-mail of %(what)s"),
    "crm.contactpoint.changed": _("%(who)s changed a further phone or e-mail of %(what)s"),
    "crm.contactpoint.removed": _("%(who)s removed a further phone or e-mail of %(what)s"),
    "crm.coverage.added": _("%(who)s noted who insures %(what)s"),
    "crm.coverage.changed": _("%(who)s changed who insures %(what)s"),
    "crm.coverage.removed": _("%(who)s took back who insures %(what)s"),
    "crm.client.listed": _("%(who)s saw a list of clients"),
    "crm.flag.raised": _("%(who)s raised a flag about %(what)s"),
    "crm.flag.changed": _("%(who)s changed a flag about %(what)s"),
    "crm.flag.ended": _("%(who)s ended a flag about %(what)s"),
    "crm.flagkind.added": _("%(who)s added a flag to choose: %(what)s"),
    "crm.flagkind.ended": _("%(who)s stopped offering a flag: %(what)s"),
    "crm.weight.noted": _("%(who)s noted what %(what)s weighs"),
    "crm.weight.struck": _("%(who)s struck a weight of %(what)s"),
    "crm.patient.exported": _("%(who)s took a list of people along as a file: %(what)s"),
    "crm.patient.imported": _("%(who)s imported records: %(what)s"),
    "crm.peopleimport.begun": _("%(who)s sent a file of people to be imported"),
    "crm.peopleimport.discarded": _("%(who)s threw a file of people away"),
    "crm.peopleimport.errors_taken": _("%(who)s took rows along that were not imported"),
    "crm.peopleimport.done": _("%(who)s imported a file of people"),
    "crm.peopleimport.undone": _("%(who)s undid an import of people"),
    "crm.client.registered": _("%(who)s registered %(what)s as a client"),
    "crm.client.changed": _("%(who)s changed the contact of %(what)s"),
    "crm.record.claimed": _("%(who)s claimed the record of %(what)s"),
    "crm.record.released": _("The record of %(what)s is no longer seen in the portal"),
    "crm.emergency.nobody_fits": _("%(who)s tried to open a record in an emergency; nobody fitted"),
    "crm.patient.viewed_consents": _("%(who)s looked at what %(what)s agreed to"),
    "crm.consent.signed": _("%(who)s noted an agreement of %(what)s"),
    "crm.consent.withdrawn": _("%(who)s noted that %(what)s withdrew an agreement"),
    "crm.consent.viewed": _("%(who)s looked at a signature for %(what)s"),
    "crm.consentkind.added": _("%(who)s added an agreement that people are asked for: %(what)s"),
    "crm.consentkind.changed": _("%(who)s changed an agreement that people are asked for: %(what)s"),
    "crm.consentkind.ended": _("%(who)s stopped asking for an agreement: %(what)s"),
    "crm.consenttext.written": _("%(who)s wrote the draft of an agreement: %(what)s"),
    "crm.consenttext.published": _("%(who)s published an agreement: %(what)s"),
    "crm.patient.viewed_episodes": _("%(who)s looked at what %(what)s is treated for"),
    "crm.episodeofcare.opened": _("An episode of care of %(what)s began, with %(who)s"),
    "crm.episodeofcare.described": _("%(who)s wrote into an episode of care of %(what)s"),
    "crm.episodeofcare.viewed": _("%(who)s looked at an episode of care of %(what)s"),
    "crm.episodeofcare.active": _("%(who)s went on with an episode of care of %(what)s"),
    "crm.episodeofcare.onhold": _("%(who)s put an episode of care of %(what)s on hold"),
    "crm.episodeofcare.finished": _("%(who)s closed an episode of care of %(what)s"),
    "crm.episodeofcare.cancelled": _("%(who)s cancelled an episode of care of %(what)s"),
    "crm.diagnosis.recorded": _("%(who)s recorded a diagnosis of %(what)s"),
    "crm.diagnosis.changed": _("%(who)s changed what holds of a diagnosis of %(what)s"),
    "crm.diagnosis.viewed": _("%(who)s looked at a diagnosis of %(what)s"),
    "crm.regionlist.loaded": _("%(who)s loaded the regions of %(what)s"),
    "crm.regionlist.dropped": _("%(who)s went back to the usual regions of %(what)s"),
    "crm.codesystem.added": _("%(who)s added a list of codes: %(what)s"),
    "crm.codesystem.ended": _("%(who)s stopped offering the codes of %(what)s"),
    "crm.codelist.sent": _("%(who)s sent a version of a list of codes: %(what)s"),
    "crm.codelist.chosen": _("%(who)s chose a version of a list of codes: %(what)s"),
    "crm.codelist.loaded": _("A list of codes is in use: %(what)s"),
    "crm.codelist.failed": _("A list of codes could not be checked or loaded: %(what)s"),
    "crm.codelist.replaced": _("%(who)s replaced the codes of %(what)s by those of another version"),
    "crm.codelist.discarded": _("%(who)s threw a version of a list of codes away: %(what)s"),
    "crm.patient.viewed_measures": _("%(who)s looked at what was measured of %(what)s"),
    "crm.measurement.noted": _("%(who)s noted a measure of %(what)s"),
    "crm.measurement.corrected": _("%(who)s set a measure of %(what)s right"),
    "crm.measurement.struck": _("%(who)s marked a measure of %(what)s as a mistake"),
    "crm.measurekind.added": _("%(who)s added a measure: %(what)s"),
    "crm.measurekind.changed": _("%(who)s changed a measure: %(what)s"),
    "crm.measurekind.ended": _("%(who)s stopped offering a measure: %(what)s"),
    "crm.questionnaire.added": _("%(who)s added a form that people are asked to fill in: %(what)s"),
    "crm.questionnaire.changed": _("%(who)s changed a form that people are asked to fill in: %(what)s"),
    "crm.questionnaire.written": _("%(who)s wrote the draft of a form: %(what)s"),
    "crm.questionnaire.published": _("%(who)s published a form: %(what)s"),
    "crm.questionnaire.ended": _("%(who)s stopped asking for a form: %(what)s"),
    "crm.askedform.asked": _("%(who)s asked %(what)s to fill a form in"),
    "crm.askedform.begun": _("A form about %(what)s was begun, by %(who)s"),
    "crm.askedform.submitted": _("A form about %(what)s was sent, by %(who)s"),
    "crm.askedform.withdrawn": _("%(who)s took a form back that %(what)s was asked for"),
    "crm.askedform.handed_over": _("%(who)s handed a device over with a form for %(what)s"),
    "crm.askedform.reminded": _("%(what)s was reminded of a form"),
    "crm.askedform.moved": _("A form of %(what)s is wanted by the day of their visit"),
    "crm.askedform.given_up": _("%(what)s is reminded of a form no more"),
    "crm.askedform.viewed": _("%(who)s looked at a form that %(what)s was asked for"),
    "crm.askedform.viewed_by_link": _("Somebody opened the form of %(what)s by its link"),
    "crm.patient.viewed_forms": _("%(who)s looked at which forms %(what)s was asked for"),
    "crm.patient.listed_forms": _("%(who)s saw a list of forms of: %(what)s"),
    "crm.filledform.sent": _("%(who)s answered a form about %(what)s"),
    "crm.filledform.viewed": _("%(who)s read what was answered in a form about %(what)s"),
    "crm.filledform.taken_over": _("%(who)s took answers of %(what)s over into the record"),
    "crm.filledform.reviewed": _("%(who)s reviewed what was answered in a form about %(what)s"),
    "crm.patient.viewed_plans": _("%(who)s looked at the treatment plans of %(what)s"),
    "crm.treatmentplan.written": _("%(who)s wrote a treatment plan for %(what)s"),
    "crm.treatmentplan.changed": _("%(who)s changed a treatment plan of %(what)s"),
    "crm.treatmentplan.state_set": _("%(who)s completed, stopped or went on with a treatment plan of %(what)s"),
    "crm.treatmentplan.agreed": _("%(who)s agreed to a treatment plan of %(what)s"),
    "crm.treatmentplan.reminded": _("A treatment plan of %(what)s was due for its review"),
    "crm.treatmentplan.viewed": _("%(who)s looked at a treatment plan of %(what)s"),
    "crm.goal.added": _("%(who)s added a goal to a treatment plan of %(what)s"),
    "crm.goal.changed": _("%(who)s changed a goal in a treatment plan of %(what)s"),
    "crm.goalnote.written": _("%(who)s noted how far a goal of %(what)s is"),
    "crm.patient.viewed_corrections": _("%(who)s looked at the corrections asked for by %(what)s"),
    "crm.patient.listed_corrections": _("%(who)s saw a list of corrections asked for by: %(what)s"),
    "crm.correction.asked": _("%(who)s asked to have something about %(what)s put right"),
    "crm.correction.accepted": _("%(who)s put right what was asked for about %(what)s"),
    "crm.correction.refused": _("%(who)s did not change what was asked for about %(what)s"),
    "crm.correction.viewed": _("%(who)s looked at a correction asked for about %(what)s"),
    "crm.exercise.added": _("%(who)s added an exercise: %(what)s"),
    "crm.exercise.changed": _("%(who)s changed an exercise: %(what)s"),
    "crm.exercise.ended": _("%(who)s took an exercise off the library: %(what)s"),
    "crm.patient.viewed_exercises": _("%(who)s looked at the exercises of %(what)s"),
    "crm.exercisesheet.composed": _("%(who)s gave %(what)s exercises"),
    "crm.exercisesheet.changed": _("%(who)s changed the exercises of %(what)s"),
    "crm.exercisesheet.ended": _("%(who)s ended exercises of %(what)s"),
    "crm.exercisesheet.viewed": _("%(who)s looked at exercises of %(what)s"),
    "crm.exercisesheet.printed": _("%(who)s printed exercises of %(what)s"),
    "crm.exerciseday.noted": _("%(who)s noted an exercise of %(what)s that day"),
    "crm.exerciseday.changed": _("%(who)s changed what was noted of an exercise of %(what)s that day"),
    "crm.note.begun": _("%(who)s began a note about %(what)s"),
    "crm.note.kept": _("%(who)s kept a version of a note about %(what)s"),
    "crm.note.discarded": _("%(who)s threw the draft of a note away"),
    "crm.note.viewed": _("%(who)s read a note about %(what)s"),
    "crm.note.viewed_versions": _("%(who)s read the versions of a note about %(what)s"),
    "crm.noteamendment.signed": _("%(who)s amended a note about %(what)s"),
    "crm.notetemplate.added": _("%(who)s added a form for notes: %(what)s"),
    "crm.notetemplate.changed": _("%(who)s changed a form for notes: %(what)s"),
    "crm.notetemplate.ended": _("%(who)s has no more notes begun in a form: %(what)s"),
    "crm.phrase.saved": _("%(who)s wrote a phrase for notes"),
    "crm.phrase.removed": _("%(who)s removed a phrase for notes"),
    "crm.savedsearch.saved": _("%(who)s kept a search for people: %(what)s"),
    "crm.savedsearch.removed": _("%(who)s removed a search for people"),
    "crm.discipline.set": _("%(who)s said what %(what)s is trained in"),
    "crm.patient.viewed_documents": _("%(who)s looked at the documents of %(what)s"),
    "crm.patient.listed_documents": _("%(who)s saw a list of documents of: %(what)s"),
    "crm.document.added": _("%(who)s filed a document of %(what)s"),
    "crm.document.changed": _("%(who)s changed what a document of %(what)s is, or who sees it"),
    "crm.document.replaced": _("%(who)s put a newer file into a document of %(what)s"),
    "crm.document.ended": _("%(who)s ended a document of %(what)s"),
    "crm.document.viewed": _("%(who)s looked at what a document of %(what)s is"),
    "crm.document.opened": _("%(who)s opened a document of %(what)s"),
    "crm.document.scanned": _("A document of %(what)s was looked into"),
    "crm.document.infected": _("A virus was found in a document of %(what)s"),
    "crm.documentkind.added": _("%(who)s added a type of documents: %(what)s"),
    "crm.documentkind.ended": _("%(who)s stopped offering a type of documents: %(what)s"),
    "crm.owncopy.asked": _("%(who)s asked for a copy of what is kept about %(what)s"),
    "crm.owncopy.made": _("A copy of what is kept about %(what)s was made"),
    "crm.owncopy.fetched": _("%(who)s took a copy of what is kept about %(what)s"),
    "crm.owncopy.removed": _("The days of a copy about %(what)s were over"),
    "crm.owncopy.failed": _("A copy about %(what)s could not be made"),
    "crm.patient.viewed_copies": _("%(who)s looked at which copies were made about %(what)s"),
    "crm.statisticschoice.refused": _("%(what)s is in no statistics any more, as %(who)s said"),
    "crm.statisticschoice.allowed": _("%(what)s may be in statistics again, as %(who)s said"),
    "crm.extract.asked": _("%(who)s asked for figures without names"),
    "crm.extract.made": _("Figures without names were put into a file"),
    "crm.extract.fetched": _("%(who)s took figures without names along"),
    "crm.extract.removed": _("The days of a file of figures without names were over"),
    "crm.extract.failed": _("Figures without names could not be put into a file"),
    "crm.note.drafted": _("%(who)s wrote a note about %(what)s"),
    "crm.note.signed": _("%(who)s signed a note about %(what)s"),
}


def _all_of(model: Any) -> Callable[[Any], Any]:
    return lambda _user: model.objects.all()


def _patients(user: Any) -> Any:
    """Return those whom somebody sees, and what was merged into these: the log goes on calling it by its own name."""
    seen = Patient.objects.visible_to(user).values("pk")
    once = Patient.with_merged.filter(merged_into__in=seen, erased_at=None).values("pk")
    of_seen = Q(pk__in=seen) | Q(pk__in=once) | Q(merged_into__in=once)
    return Patient.with_merged.filter(of_seen, erased_at=None)


def _clients(user: Any) -> Any:
    return Client.objects.filter(pk__in=Patient.objects.visible_to(user).values("client_id"))


def _points(user: Any) -> Any:
    return ContactPoint.objects.filter(client__in=Client.objects.of_patients_seen_by(user)).select_related("client")


def _papers(user: Any) -> Any:
    return IdentityDocument.objects.of_people_seen_by(user).select_related("patient", "client")


def _weights(user: Any) -> Any:
    return Weight.objects.of_patients_seen_by(user)


def _code_lists(_user: Any) -> Any:
    return CodeList.objects.select_related("system")


def _goals(user: Any) -> Any:
    return Goal.objects.filter(plan__in=TreatmentPlan.objects.visible_to(user))


def _goal_notes(user: Any) -> Any:
    return GoalNote.objects.filter(goal__in=_goals(user))


def _exercise_days(user: Any) -> Any:
    return ExerciseDay.objects.filter(sheet__in=ExerciseSheet.objects.visible_to(user))


def _copies(user: Any) -> Any:
    return OwnCopy.objects.filter(patient__in=Patient.objects.visible_to(user))


def _choices(user: Any) -> Any:
    return StatisticsChoice.objects.filter(patient__in=Patient.objects.visible_to(user))


def _amendments(user: Any) -> Any:
    return NoteAmendment.objects.filter(note__in=Note.objects.visible_to(user))


# Which rows of a kind somebody sees, and by what they are called.
CALLED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "crm.client": (_clients, "name"),
    "crm.codelist": (_code_lists, "system.name"),
    "crm.codesystem": (_all_of(CodeSystem), "name"),
    "crm.regionlist": (_all_of(RegionList), "country"),
    "crm.consentkind": (_all_of(ConsentKind), "name"),
    "crm.consenttext": (_all_of(ConsentText), "title"),
    "crm.contactpoint": (_points, "client.name"),
    "crm.documentkind": (_all_of(DocumentKind), "name"),
    "crm.exercise": (_all_of(Exercise), "name"),
    "crm.flagkind": (_all_of(FlagKind), "name"),
    "crm.identitydocument": (_papers, "holder_name"),
    "crm.measurekind": (_all_of(MeasureKind), "name"),
    "crm.notetemplate": (_all_of(NoteTemplate), "name"),
    "crm.phrase": (Phrase.objects.of, "word"),
    "crm.questionnaire": (_all_of(Questionnaire), "name"),
    "crm.savedsearch": (SavedSearch.objects.of, "name"),
}
# Which rows of a kind somebody sees, and the way to the patient whom they are about.
ABOUT: dict[str, tuple[Callable[[Any], Any], str]] = {
    "crm.askedform": (AskedForm.objects.visible_to, "patient"),
    "crm.consent": (Consent.objects.visible_to, "patient"),
    "crm.correction": (Correction.objects.visible_to, "patient"),
    "crm.coverage": (Coverage.objects.visible_to, "patient"),
    "crm.diagnosis": (Diagnosis.objects.visible_to, "patient"),
    "crm.document": (Document.objects.visible_to, "patient"),
    "crm.episodeofcare": (EpisodeOfCare.objects.visible_to, "patient"),
    "crm.exerciseday": (_exercise_days, "sheet.patient"),
    "crm.exercisesheet": (ExerciseSheet.objects.visible_to, "patient"),
    "crm.filledform": (FilledForm.objects.visible_to, "patient"),
    "crm.flag": (Flag.objects.visible_to, "patient"),
    "crm.goal": (_goals, "plan.patient"),
    "crm.goalnote": (_goal_notes, "goal.plan.patient"),
    "crm.involvement": (Involvement.objects.visible_to, "patient"),
    "crm.measurement": (Measurement.objects.visible_to, "patient"),
    "crm.note": (Note.objects.visible_to, "patient"),
    "crm.noteamendment": (_amendments, "note.patient"),
    "crm.owncopy": (_copies, "patient"),
    "crm.statisticschoice": (_choices, "patient"),
    "crm.treatmentplan": (TreatmentPlan.objects.visible_to, "patient"),
    "crm.weight": (_weights, "patient"),
}


def names_of(kind: str, ids: Collection[str], *, seen_by: Any) -> dict[str, Named]:
    if kind == "crm.patient":
        return {str(each.pk): _of_patient(each) for each in _patients(seen_by).filter(pk__in=ids)}
    if kind in CALLED:
        rows, name = CALLED[kind]
        return {str(row.pk): Named(attrgetter(name)(row)) for row in rows(seen_by).filter(pk__in=ids)}
    if kind in ABOUT:
        rows, path = ABOUT[kind]
        found = rows(seen_by).filter(pk__in=ids).select_related(path.replace(".", "__"))
        return {str(row.pk): _of_patient(attrgetter(path)(row)) for row in found}
    return {}


def _of_patient(patient: Patient) -> Named:
    return Named(patient.name, reverse("crm:patient", args=[patient.pk]))


TRAIL = Trail(_("People and records"), DEEDS, names_of)
