"""Who somebody is, what they said and were told, and who looked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from audit.reading import looks_at
from modules.crm.copies.reasons import ACCOUNTS, INSIDE, MERGED, SEALED, WHOSE
from modules.crm.domain.copies import Copied, Copies
from modules.crm.domain.profiles import Right

NOBODY = UUID(int=0)


def _looks(whose: Any) -> Any:
    """Who else looked, as the portal tells it."""
    return looks_at(whose.subjects, by_others_than=whose.account or NOBODY)


PEOPLE: Copies = (
    Copied(
        model="crm.Patient",
        name="Patient",
        label=_("The record itself"),
        patient="pk",
        permissions=("crm.view_patient",),
        names={
            "id": "id",
            "first_name": "name.0.given.0",
            "last_name": "name.0.family",
            "preferred_name": "name.1.text",
            "birth_date": "birthDate",
            "gender": "gender",
            "species": "animal.species",
            "breed": "animal.breed",
            "neutered": "animal.genderStatus",
            "microchip": "identifier.0.value",
            "colour": "animal.colour",
            "created_at": "recorded",
            "ended_at": "ended",
            "died_on": "deceasedDateTime",
        },
        without={
            "client_id": "Whoever asks finds their own details beside it; another’s are not theirs.",
            "tax_code": SEALED,
            "tax_code_digest": INSIDE,
            "alert": "Nobody reads it any more.",
            "merged_into_id": MERGED,
            "merged_at": MERGED,
            "erased_at": INSIDE,
        },
        title="name",
        day="created_at",
    ),
    Copied(
        model="crm.Client",
        name="RelatedPerson",
        right=None,
        label=_("Contact details"),
        client="pk",
        permissions=("access.use_portal",),
        names={
            "id": "id",
            "organisation": "organization.display",
            "first_name": "name.0.given.0",
            "last_name": "name.0.family",
            "phone": "telecom.0.value",
            "email": "telecom.1.value",
            "street": "address.0.line.0",
            "postal_code": "address.0.postalCode",
            "city": "address.0.city",
            "district": "address.0.district",
            "region": "address.0.state",
            "country": "address.0.country",
            "created_at": "recorded",
            "claimed_at": "onThePortalSince",
        },
        fixed={"telecom.0.system": "phone", "telecom.1.system": "email"},
        without={
            "user_id": ACCOUNTS,
            "tax_code": SEALED,
            "tax_code_digest": INSIDE,
            "merged_into_id": MERGED,
            "merged_at": MERGED,
            "erased_at": INSIDE,
        },
        title="name",
        day="created_at",
    ),
    Copied(
        model="crm.ContactPoint",
        name="ContactPoint",
        right=None,
        label=_("Further phones and e-mails"),
        client="client_id",
        permissions=("access.use_portal",),
        names={"id": "id", "system": "system", "value": "value", "use": "use", "label": "label", "rank": "rank"},
        without={"client_id": "It is of whoever asks.", "note": "A remark of the practice to itself."},
        title="value",
    ),
    Copied(
        model="access.Member",
        name="Account",
        right=None,
        label=_("The account here"),
        account="user_id",
        permissions=("access.use_portal",),
        names={
            "id": "id",
            "name": "name",
            "email": "owner.telecom",
            "role": "type.text",
            "invited_at": "invited",
            "joined_at": "servicePeriod.start",
            "ended_at": "servicePeriod.end",
            "created_at": "recorded",
        },
        without={
            "user_id": ACCOUNTS,
            "invitation_digest": "The digest of a secret.",
            "invitation_expires_at": INSIDE,
            "invited_by_id": ACCOUNTS,
        },
        title="email",
        day="joined_at",
    ),
    Copied(
        model="crm.Consent",
        name="Consent",
        label=_("Agreements"),
        patient="patient_id",
        right=Right.SIGN,
        permissions=("crm.view_consent",),
        names=WHOSE
        | {
            "id": "id",
            "text__kind__name": "category.0.text",
            "text__title": "policyText.title",
            "text__body": "policyText.body",
            "text__language": "policyText.language",
            "text_digest": "policyText.sha256",
            "decision": "status",
            "way": "way",
            "at": "dateTime",
            "signed_on": "signedOn",
            "signer_name": "performer.0.display",
            "relation": "performer.0.relationship",
            "drawing": "signature.strokes",
            "ip": "signature.ip",
            "user_agent": "signature.userAgent",
            "witness": "verification.0.verifiedWith.display",
            "reason": "reason",
        },
        without={"text_id": "The text itself is here.", "by_id": ACCOUNTS, "by_name": ACCOUNTS},
        title="text__title",
        day="at",
    ),
    Copied(
        model="crm.StatisticsChoice",
        name="StatisticsChoice",
        label=_("Answers about statistics"),
        patient="patient_id",
        right=Right.SIGN,
        permissions=("crm.view_consent",),
        names=WHOSE | {"id": "id", "allowed": "allowed", "way": "way", "at": "dateTime"},
        without={"by_id": ACCOUNTS, "by_name": ACCOUNTS},
        title="get_way_display",
        day="at",
    ),
    Copied(
        model="crm.Correction",
        name="Correction",
        label=_("Corrections asked for"),
        patient="patient_id",
        permissions=("crm.view_correction", "crm.view_clinical_correction"),
        names=WHOSE
        | {
            "id": "id",
            "field": "field",
            "note_id": "focus.note:Composition",
            "document_id": "focus.document:DocumentReference",
            "stands": "stands",
            "right": "right",
            "words": "text",
            "state": "status",
            "is_beside": "keptBeside",
            "asked_at": "authoredOn",
            "asked_by_name": "requester.display",
            "answer": "answer",
            "answered_at": "answered",
            "answered_by_name": "answeredBy.display",
        },
        without=dict.fromkeys(("asked_by_id", "answered_by_id"), ACCOUNTS),
        title="get_state_display",
        day="asked_at",
    ),
    Copied(
        model="notify.Message",
        name="Communication",
        label=_("Mails sent"),
        patient="person_id",
        client="person_id",
        addressed="recipient",
        permissions=("access.use_portal",),
        only={"state": "sent"},
        names={"id": "id", "recipient": "recipient.0", "subject": "topic.text", "sent_at": "sent"},
        without=dict.fromkeys(("cause", "composer", "about", "state", "due_at", "created_at"), INSIDE)
        | {"person_id": "It is of whom this is about."},
        title="subject",
        day="sent_at",
    ),
    Copied(
        model="audit.AuditEntry",
        name="AuditEvent",
        label=_("Who looked at it"),
        rows=_looks,
        permissions=("access.use_portal",),
        names={
            "id": "id",
            "at": "recorded",
            "user_label": "agent.0.who.display",
            "role": "agent.0.role.0.text",
            "action": "type.code",
        },
        without=dict.fromkeys(("object_type", "object_id", "subject_id", "changes", "origin"), INSIDE)
        | {"user_id": ACCOUNTS, "listed": "Who else was in a list."},
        title="user_label",
        day="at",
    ),
)
