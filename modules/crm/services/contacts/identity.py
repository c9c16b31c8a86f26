"""Keep the papers that say who somebody is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.domain.contacts.countries import is_country
from modules.crm.domain.tax_codes import as_written
from modules.crm.events import PatientChanged
from modules.crm.models import IdentityDocument, IdentityKind, Patient
from modules.crm.services.contacts.rights import check_seen, locked_record
from privacy.fields import digests_in

KEPT = ("kind", "country", "number", "issued_by", "valid_until")
RIGHT = "crm.change_identity"


class IdentityInvalid(Invalid):
    code = "identity-document-invalid"


class IdentityKnown(Conflict):
    """The same paper is kept of the same person."""

    code = "identity-document-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDetails:
    """A paper as it is read off. `country` is of issue (ISO 3166-1), `valid_until` its last day."""

    kind: str
    number: str
    country: str = ""
    issued_by: str = ""
    valid_until: date | None = None


@transaction.atomic
def add_identity_document(*, patient: Patient, of_client: bool, details: IdentityDetails, by: Any) -> IdentityDocument:
    """Keep a paper of a patient, or of whoever is written to about them.

    Raises `IdentityInvalid`, `IdentityKnown` or `NotTheirsToKeep`.
    """
    record = locked_record(patient=patient, right=RIGHT, by=by)
    if record.is_animal and not of_client:
        raise _refused("of_client", _("An animal has no such papers; its owner has."))
    holder = {"client": record.client} if of_client else {"patient": record}
    document = IdentityDocument(**holder, **asdict(_read(details)))
    _save(document)
    audit.record(action="crm.identitydocument.added", of=document, by=by, changes=audit.created(document, KEPT))
    publish(PatientChanged(patient_id=record.pk))
    return document


@transaction.atomic
def change_identity_document(
    *, document: IdentityDocument, patient: Patient, details: IdentityDetails, seen: int | None, by: Any
) -> IdentityDocument:
    """Set a paper right, or write what the new one says. Raises what `add_identity_document` does, and
    `ChangedMeanwhile`."""
    locked_record(patient=patient, right=RIGHT, by=by)
    row = lock_row(IdentityDocument.objects.select_related("patient", "client"), document.pk)
    check_seen(row=row, seen=seen)
    before = audit.snapshot(row, KEPT)
    for name, value in asdict(_read(details)).items():
        setattr(row, name, value)
    if changes := audit.difference(before, row):
        row.version += 1
        _save(row)
        audit.record(action="crm.identitydocument.changed", of=row, by=by, changes=changes)
        publish(PatientChanged(patient_id=patient.pk))
    return row


@transaction.atomic
def remove_identity_document(*, document: IdentityDocument, patient: Patient, by: Any) -> None:
    """Keep a paper no longer: it was mistyped, or there is no reason to. Raises `NotTheirsToKeep`."""
    locked_record(patient=patient, right=RIGHT, by=by)
    row = lock_row(IdentityDocument.objects.all(), document.pk)
    audit.record(action="crm.identitydocument.removed", of=row, by=by, changes={"number": (row.number, None)})
    row.delete()
    publish(PatientChanged(patient_id=patient.pk))


def _read(details: IdentityDetails) -> IdentityDetails:
    if details.kind not in IdentityKind.values:
        raise _refused("kind", _("Choose what kind of paper it is."))
    number = as_written(details.number)
    if not number:
        raise _refused("number", _("Write the number as it stands on the paper."))
    country = details.country.strip().upper()
    if country and not is_country(country):
        raise _refused("country", _("There is no such country. They have two letters, such as DE."))
    return replace(details, number=number, country=country, issued_by=details.issued_by.strip())


def _save(row: IdentityDocument) -> None:
    """Save, unless the same person has the same paper: also where its number was sealed with the key before."""
    digests = digests_in(IdentityDocument, "number", row.number)
    same = IdentityDocument.objects.filter(patient=row.patient_id, client=row.client_id, number_digest__in=digests)
    if same.filter(kind=row.kind, country=row.country).exclude(pk=row.pk).exists():
        raise _known()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "identity_once_of" not in str(error):
            raise
        raise _known() from None


def _known() -> IdentityKnown:
    sentence = _("This paper is kept of them already.")
    return IdentityKnown(sentence, fields={"number": [sentence]})


def _refused(field: str, sentence: str) -> IdentityInvalid:
    return IdentityInvalid(sentence, fields={field: [sentence]})
