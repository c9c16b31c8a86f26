"""The line of a record: what the modules tell, narrowed to what the reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.membership import reach_of
from access.presets import Reach
from kernel.modules import enabled_modules
from modules.crm.domain.episodes import EpisodeStatus
from modules.crm.domain.timeline import (
    Asked,
    Badge,
    EntryText,
    Place,
    TimelineEntry,
    TimelineKind,
    TimelineKinds,
    newest,
)
from modules.crm.models import (
    EPISODE_LABELS,
    Consent,
    Diagnosis,
    Document,
    EpisodeOfCare,
    FilledForm,
    Level,
    Note,
    Patient,
    Verification,
    Visibility,
)
from modules.crm.selectors.body import chart_words, strongest_told
from notify.models import Message, MessageState

PER_PAGE = 20


class Stretch(NamedTuple):
    """A page of the line, and where the next one begins."""

    entries: list[TimelineEntry]
    next: Place | None


def read_timeline(
    patient: Patient,
    *,
    seen_by: Any,
    at: datetime,
    kind: str = "",
    before: Place | None = None,
    limit: int = PER_PAGE,
) -> Stretch:
    """Return a page of what has happened with a patient: everything that somebody may see, or one kind of it."""
    asked = Asked(patient_id=patient.pk, seen_by=seen_by, at=at, before=before, limit=limit + 1)
    told = [each.entries(asked) for name, each in timeline_kinds(seen_by).items() if kind in ("", name)]
    entries = newest(told, limit + 1)
    return Stretch(entries[:limit], entries[limit - 1].place if len(entries) > limit else None)


def timeline_kinds(user: Any) -> dict[str, TimelineKind]:
    """Return what there may be on a line for somebody, in the order of the modules."""
    kinds: dict[str, TimelineKind] = dict(OWN)
    for module in enabled_modules():
        if module.timeline:
            kinds |= module.load(module.timeline)
    return {name: kind for name, kind in kinds.items() if user.has_perm(kind.permission)}


def stretch_of(rows: QuerySet[Any, Any], when: str, asked: Asked) -> QuerySet[Any, Any]:
    """Return the rows of one stretch, the newest first; `when` is the column that says at what moment each was."""
    if asked.before:
        at, key = asked.before
        rows = rows.filter(Q(**{f"{when}__lt": at}) | Q(**{when: at, "pk__lt": key}))
    return rows.order_by(f"-{when}", "-pk")[: asked.limit]


def _notes(asked: Asked) -> Iterator[TimelineEntry]:
    rows = Note.objects.visible_to(asked.seen_by).filter(patient=asked.patient_id).for_display()
    for note in stretch_of(rows, "written_at", asked):
        yield TimelineEntry(
            kind="note",
            at=note.written_at,
            key=note.pk,
            title=note.template_version.template.name if note.template_version else _("Note"),
            icon="file-pen-line",
            who=note.author_name,
            texts=list(_texts(note)),
            badges=list(_badges(note)),
            url=reverse("crm:note", args=[note.patient_id, note.pk]),
        )


def _consents(asked: Asked) -> Iterator[TimelineEntry]:
    rows = Consent.objects.visible_to(asked.seen_by).filter(patient=asked.patient_id).select_related("text")
    for consent in stretch_of(rows, "at", asked):
        yield TimelineEntry(
            kind="consent",
            at=consent.at,
            key=consent.pk,
            title=consent.text.title,
            icon="signature",
            who=consent.signer_name,
            badges=[Badge(consent.get_decision_display(), "good" if consent.is_given else "warn")],
            url=reverse("crm:consent", args=[asked.patient_id, consent.pk]),
        )


def _forms(asked: Asked) -> Iterator[TimelineEntry]:
    rows = FilledForm.objects.visible_to(asked.seen_by).filter(patient=asked.patient_id).for_display()
    for filled in stretch_of(rows, "at", asked):
        reviewed = Badge(_("Reviewed"), "good", "check") if filled.is_reviewed else Badge(_("To be reviewed"), "info")
        yield TimelineEntry(
            kind="form",
            at=filled.at,
            key=filled.pk,
            title=filled.name,
            icon="clipboard-list",
            who=filled.signer_name,
            badges=[reviewed],
            url=reverse("crm:asked_form", args=[asked.patient_id, filled.asked_id]),
        )


def _episodes(asked: Asked) -> Iterator[TimelineEntry]:
    rows = EpisodeOfCare.objects.visible_to(asked.seen_by).filter(patient=asked.patient_id)
    for episode in stretch_of(rows, "opened_at", asked):
        yield TimelineEntry(
            kind="episode",
            at=episode.opened_at,
            key=episode.pk,
            title=_("Episode of care began"),
            icon="route",
            who=episode.care_manager_name,
            detail=episode.title,
            badges=[Badge(EPISODE_LABELS[EpisodeStatus(episode.status)], "info" if episode.is_open else "")],
            url=reverse("crm:episode", args=[asked.patient_id, episode.pk]),
        )


def _diagnoses(asked: Asked) -> Iterator[TimelineEntry]:
    rows = Diagnosis.objects.visible_to(asked.seen_by).filter(patient=asked.patient_id)
    for diagnosis in stretch_of(rows.exclude(verification=Verification.ERROR), "recorded_at", asked):
        yield TimelineEntry(
            kind="diagnosis",
            at=diagnosis.recorded_at,
            key=diagnosis.pk,
            title=_("Diagnosis"),
            icon="stethoscope",
            who=diagnosis.recorded_by_name,
            detail=" · ".join(part for part in (diagnosis.display, diagnosis.code) if part),
            badges=[Badge(diagnosis.get_verification_display(), diagnosis.tone)],
            url=reverse("crm:diagnosis", args=[asked.patient_id, diagnosis.pk]),
        )


def _documents(asked: Asked) -> Iterator[TimelineEntry]:
    rows = Document.objects.visible_to(asked.seen_by).current().filter(patient=asked.patient_id)
    for document in stretch_of(rows.select_related("own_kind"), "created_at", asked):
        badges = [Badge(_("Sent by the patient"), "info")] if document.from_portal else []
        if document.visibility == Visibility.CLINICIANS:
            badges.append(Badge(document.get_visibility_display(), "info", "eye-off"))
        yield TimelineEntry(
            kind="document",
            at=document.created_at,
            key=document.pk,
            title=document.kind_label,
            icon="files",
            who=document.by_name,
            detail=document.title,
            badges=badges,
            url=reverse("crm:document", args=[document.pk]),
        )


def _messages(asked: Asked) -> Iterator[TimelineEntry]:
    """What was written to them, for whoever sees all that it may be about: a subject tells of a visit or a bill."""
    modules = [each for each in enabled_modules() if each.letters]
    open_to_them = [each.name for each in modules if reach_of(asked.seen_by, each.letters) is Reach.ALL]
    told = reduce(or_, (Q(composer__startswith=f"{name}.") for name in open_to_them), Q(pk__in=[]))
    rows = Message.objects.filter(told, person_id=asked.patient_id, state=MessageState.SENT)
    for message in stretch_of(rows, "sent_at", asked):
        yield TimelineEntry(
            kind="message",
            at=message.sent_at,
            key=message.pk,
            title=_("E-mail"),
            icon="mail",
            detail=message.subject,
            badges=[Badge(message.recipient)],
        )


def _texts(note: Note) -> Iterator[EntryText]:
    """Return what it says, and below what was added later, with why."""
    for heading, text in [*note.sections, *chart_words(note.body_chart)]:
        yield EntryText(heading, text)
    for each in note.amendments.all():
        yield EntryText(_("Amendment"), f"{each.text}\n{each.reason}", each.author_name, each.signed_at)


def _badges(note: Note) -> Iterator[Badge]:
    yield Badge(_("Signed"), "", "lock") if note.is_signed else Badge(_("Draft"), "warn", "pencil")
    if (pain := strongest_told(note.body_chart.pain)) is not None:
        yield Badge(gettext("Pain %(pain)s/10") % {"pain": pain}, "", "activity")
    if note.level == Level.MINE:
        yield Badge(_("Only you"), "info", "eye-off")
    elif note.level == Level.DISCIPLINE:
        yield Badge(str(note.discipline), "info", "users")
    if note.shared_with_patient and note.is_signed:
        yield Badge(_("Shown to the patient"), "info", "eye")


OWN: TimelineKinds = {
    "note": TimelineKind(_("Notes"), "crm.view_note", _notes),
    "consent": TimelineKind(_("Agreements"), "crm.view_consent", _consents),
    "form": TimelineKind(_("Forms"), "crm.read_answers", _forms),
    "episode": TimelineKind(_("Episodes"), "crm.view_episode", _episodes),
    "diagnosis": TimelineKind(_("Diagnoses"), "crm.view_episode", _diagnoses),
    "document": TimelineKind(_("Documents"), "crm.view_document", _documents),
    "message": TimelineKind(_("Messages"), "crm.view_patient", _messages),
}
