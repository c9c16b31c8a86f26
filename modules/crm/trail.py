"""What the audit log says of people and their records."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.words import Named, Trail
from modules.crm.models import (
    Client,
    Consent,
    ConsentKind,
    ConsentText,
    Document,
    DocumentKind,
    EpisodeOfCare,
    Involvement,
    Note,
    NoteAmendment,
    NoteTemplate,
    Patient,
    Phrase,
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
    "crm.patient.death_taken_back": _("%(who)s took the death of %(what)s back"),
    "crm.patient.client_changed": _("%(who)s changed who is written to about %(what)s"),
    "crm.involvement.begun": _("%(who)s noted who answers for %(what)s"),
    "crm.involvement.changed": _("%(who)s changed who answers for %(what)s"),
    "crm.client.listed": _("%(who)s saw a list of clients"),
    "crm.weight.noted": _("%(who)s noted what %(what)s weighs"),
    "crm.weight.struck": _("%(who)s struck a weight of %(what)s"),
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
    "crm.note.drafted": _("%(who)s wrote a note about %(what)s"),
    "crm.note.signed": _("%(who)s signed a note about %(what)s"),
}


def names_of(kind: str, ids: Collection[str], *, seen_by: Any) -> dict[str, Named]:
    if kind == "crm.patient":
        patients = Patient.objects.visible_to(seen_by).filter(pk__in=ids)
        return {str(patient.pk): _of_patient(patient) for patient in patients}
    if kind == "crm.client":
        seen = Patient.objects.visible_to(seen_by).values("client_id")
        return {str(client.pk): Named(client.name) for client in Client.objects.filter(pk__in=ids).filter(pk__in=seen)}
    if kind in {"crm.consentkind", "crm.consenttext"}:
        rows = (ConsentKind if kind == "crm.consentkind" else ConsentText).objects.filter(pk__in=ids)
        return {str(row.pk): Named(str(row)) for row in rows}
    if kind == "crm.documentkind":
        return {str(row.pk): Named(row.name) for row in DocumentKind.objects.filter(pk__in=ids)}
    if kind == "crm.document":
        documents = Document.objects.visible_to(seen_by).filter(pk__in=ids).select_related("patient")
        return {str(each.pk): _of_patient(each.patient) for each in documents}
    if kind == "crm.episodeofcare":
        episodes = EpisodeOfCare.objects.visible_to(seen_by).filter(pk__in=ids).select_related("patient")
        return {str(each.pk): _of_patient(each.patient) for each in episodes}
    if kind == "crm.involvement":
        roles = Involvement.objects.visible_to(seen_by).filter(pk__in=ids).select_related("patient")
        return {str(each.pk): _of_patient(each.patient) for each in roles}
    if kind == "crm.weight":
        weights = Weight.objects.of_patients_seen_by(seen_by).filter(pk__in=ids).select_related("patient")
        return {str(each.pk): _of_patient(each.patient) for each in weights}
    if kind == "crm.consent":
        signed = Consent.objects.visible_to(seen_by).filter(pk__in=ids).select_related("patient")
        return {str(each.pk): _of_patient(each.patient) for each in signed}
    if kind == "crm.notetemplate":
        return {str(row.pk): Named(row.name) for row in NoteTemplate.objects.filter(pk__in=ids)}
    if kind == "crm.phrase":
        return {str(row.pk): Named(row.word) for row in Phrase.objects.of(seen_by).filter(pk__in=ids)}
    if kind == "crm.noteamendment":
        readable = Note.objects.visible_to(seen_by)
        amended = NoteAmendment.objects.filter(pk__in=ids, note__in=readable).select_related("note__patient")
        return {str(each.pk): _of_patient(each.note.patient) for each in amended}
    notes = Note.objects.visible_to(seen_by).filter(pk__in=ids).select_related("patient")
    return {str(note.pk): _of_patient(note.patient) for note in notes}


def _of_patient(patient: Patient) -> Named:
    return Named(patient.name, reverse("crm:patient", args=[patient.pk]))


TRAIL = Trail(_("People and records"), DEEDS, names_of)
