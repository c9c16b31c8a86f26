"""What was written about somebody and shared with them, and what they filled in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from modules.crm.copies.reasons import ACCOUNTS, INSIDE, TO_THE_PRACTICE, WHOSE
from modules.crm.domain.copies import Copied, Copies, LeftOut
from modules.crm.models import Document

SHARED_NOTE = {"shared_with_patient": True, "signed_at__isnull": False, "level": "ALL"}


def _file(document: Document) -> Any:
    latest = document.latest
    return latest.file if latest.can_be_opened else None


RECORD: Copies = (
    Copied(
        model="crm.Note",
        name="Composition",
        label=_("Notes that were shared"),
        patient="patient_id",
        permissions=("crm.view_note",),
        only=SHARED_NOTE,
        names=WHOSE
        | {
            "id": "id",
            "appointment_id": "encounter.reference:Appointment",
            "author_name": "author.0.display",
            "sections_told": "section",
            "chart_told": "bodyChart",
            "signed_at": "date",
        },
        fixed={"status": "final"},
        without=dict.fromkeys(("subjective", "objective", "assessment", "plan", "further"), "It stands in `section`.")
        | {"chart": "It stands in `bodyChart`."}
        | dict.fromkeys(("template_version_id", "version", "written_by_name", "written_at"), INSIDE)
        | dict.fromkeys(("shared_with_patient", "level", "discipline_id"), "Those here are shared with everybody.")
        | {"author_id": ACCOUNTS},
        title="author_name",
        day="signed_at",
    ),
    Copied(
        model="crm.NoteAmendment",
        name="CompositionAmendment",
        label=_("What was added to these notes"),
        patient="note__patient_id",
        permissions=("crm.view_note",),
        only={f"note__{name}": value for name, value in SHARED_NOTE.items()},
        names={
            "id": "id",
            "note_id": "relatesTo.0.targetReference:Composition",
            "text": "text",
            "reason": "reason",
            "author_name": "author.0.display",
            "signed_at": "date",
        },
        without={"author_id": ACCOUNTS},
        title="author_name",
        day="signed_at",
    ),
    Copied(
        model="crm.Document",
        name="DocumentReference",
        label=_("Documents"),
        patient="patient_id",
        permissions=("crm.view_document",),
        only={"visibility": "SHARED", "ended_at": None},
        names=WHOSE
        | {
            "id": "id",
            "kind_label": "type.text",
            "title": "description",
            "dated": "date",
            "appointment_id": "context.related.reference:Appointment",
            "from_portal": "sentOnThePortal",
            "by_name": "author.0.display",
            "created_at": "recorded",
        },
        without=dict.fromkeys(("kind", "own_kind_id"), "It stands in `type`.")
        | dict.fromkeys(("ended_at", "ended_by_id", "ended_by_name", "end_reason"), "Those here are not ended.")
        | {"visibility": "Those here are shared.", "episode_id": TO_THE_PRACTICE, "by_id": ACCOUNTS},
        title="title",
        day="dated",
        file=_file,
    ),
    LeftOut("crm.DocumentVersion", "The latest file of each document lies in the folder of files."),
    Copied(
        model="crm.AskedForm",
        name="Task",
        label=_("Forms asked for"),
        patient="patient_id",
        permissions=("crm.view_form",),
        names=WHOSE
        | {
            "id": "id",
            "name": "description",
            "state": "status",
            "appointment_id": "encounter.reference:Appointment",
            "due_on": "restriction.period.end",
            "asked_at": "authoredOn",
            "asked_by_name": "requester.display",
        },
        without=dict.fromkeys(("version_id", "cause", "until", "next_reminder_at", "reminders"), INSIDE)
        | {"digest": "The digest of a secret.", "asked_by_id": ACCOUNTS},
        title="name",
        day="asked_at",
    ),
    Copied(
        model="crm.FilledForm",
        name="QuestionnaireResponse",
        label=_("Forms filled in"),
        patient="patient_id",
        permissions=("crm.view_form", "crm.read_answers", "crm.read_clinical_answers"),
        names=WHOSE
        | {
            "id": "id",
            "asked_id": "basedOn.0.reference:Task",
            "name": "questionnaire",
            "answers": "item",
            "score": "score",
            "at": "authored",
            "by_link": "byLink",
            "signer_name": "author.display",
            "relation": "author.relationship",
            "drawing": "signature.strokes",
            "text_digest": "sha256",
            "ip": "signature.ip",
            "user_agent": "signature.userAgent",
        },
        without={"text": "It stands in `item`.", "version_id": INSIDE},
        title="name",
        day="at",
    ),
    LeftOut("crm.FormDraft", "What is typed and not sent; it is on the portal still."),
    LeftOut("crm.FormReview", "When the practice had read a form."),
)
