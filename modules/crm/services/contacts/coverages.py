"""Keep who insures a patient: begin it, set it right, end it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from access.fields import check_changes
from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from modules.crm.domain.tax_codes import as_written
from modules.crm.models import Client, Coverage, CoverageKind, Patient
from modules.crm.services.clients import known_client
from modules.crm.services.contacts.rights import check_seen, locked_record

KEPT = ("insurer", "payer_id", "kind", "number", "valid_from", "valid_until", "copayment", "rank")
RIGHT = "crm.change_coverage"


class CoverageInvalid(Invalid):
    code = "coverage-invalid"


class CoverageClash(Conflict):
    """Something equal, or of the same rank, holds at that time."""

    code = "coverage-clash"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageDetails:
    """An insurance as it stands on the card. `payer_id` is an organisation that is a client here and is billed.

    `number` is None to leave it as it is. Both days are days on which it holds. `rank` 1 is used first.
    """

    kind: str
    insurer: str = ""
    payer_id: UUID | None = None
    number: str | None = ""
    valid_from: date | None = None
    valid_until: date | None = None
    copayment: str = ""
    rank: int = 1


@transaction.atomic
def add_coverage(*, patient: Patient, details: CoverageDetails, by: Any) -> Coverage:
    """Note that somebody insures a patient.

    Raises `CoverageInvalid`, `CoverageClash`, `UnknownClient`, `FieldNotAllowed` or `NotTheirsToKeep`.
    """
    row = Coverage(patient=locked_record(patient=patient, right=RIGHT, by=by))
    _write(row, details, by=by)
    _save(row)
    audit.record(action="crm.coverage.added", of=row, by=by, changes=audit.created(row, KEPT))
    return row


@transaction.atomic
def change_coverage(*, coverage: Coverage, details: CoverageDetails, seen: int | None, by: Any) -> Coverage:
    """Set an insurance right, or end it. Raises what `add_coverage` does, and `ChangedMeanwhile`."""
    locked_record(patient=coverage.patient, right=RIGHT, by=by)
    row = lock_row(Coverage.objects.select_related("patient__client", "payer"), coverage.pk)
    check_seen(row=row, seen=seen)
    before = audit.snapshot(row, KEPT)
    _write(row, details, by=by)
    if changes := audit.difference(before, row):
        row.version += 1
        _save(row)
        audit.record(action="crm.coverage.changed", of=row, by=by, changes=changes)
    return row


@transaction.atomic
def remove_coverage(*, coverage: Coverage, by: Any) -> None:
    """Take back one that was never so. One that is over is ended instead. Raises `NotTheirsToKeep`."""
    locked_record(patient=coverage.patient, right=RIGHT, by=by)
    row = lock_row(Coverage.objects.all(), coverage.pk)
    audit.record(action="crm.coverage.removed", of=row, by=by, changes={"insurer": (row.insurer, None)})
    row.delete()


def _write(row: Coverage, details: CoverageDetails, *, by: Any) -> None:
    if details.kind not in CoverageKind.values:
        raise _refused("kind", _("Choose what kind of insurance it is."))
    if details.valid_from and details.valid_until and details.valid_until < details.valid_from:
        raise _refused("valid_until", _("It ends after it begins."))
    if details.rank < 1:
        raise _refused("rank", _("The one that is used first is number 1."))
    payer = _payer(details.payer_id, row, by=by)
    insurer = details.insurer.strip() or (payer.organisation if payer else "")
    if not insurer:
        raise _refused("insurer", _("Who insures them?"))
    number = row.number if details.number is None else as_written(details.number)
    check_changes(by, Coverage, ["number"] if number != row.number else [])
    row.kind, row.insurer, row.payer, row.number, row.rank = details.kind, insurer, payer, number, details.rank
    row.valid_from, row.valid_until, row.copayment = details.valid_from, details.valid_until, details.copayment.strip()


def _payer(payer_id: UUID | None, row: Coverage, *, by: Any) -> Client | None:
    if payer_id is None or payer_id == row.payer_id:
        return row.payer if payer_id else None
    payer = known_client(payer_id, by=by)
    if not payer.is_organisation:
        raise _refused("payer_id", _("Who pays for an insurance is an organisation."))
    return payer


def _save(row: Coverage) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "coverage_once_at_a_time" in str(error):
            raise CoverageClash(_("This insurance is kept for that time already.")) from None
        if "coverage_one_of_a_rank" not in str(error):
            raise
        raise _rank_taken(row) from None


def _rank_taken(row: Coverage) -> CoverageClash:
    """Name the other one: whoever reads it ends that, or says another order."""
    begun = Q(valid_from=None) | Q(valid_from__lte=row.valid_until) if row.valid_until else Q()
    goes_on = Q(valid_until=None) | Q(valid_until__gte=row.valid_from) if row.valid_from else Q()
    others = Coverage.objects.filter(begun, goes_on, patient=row.patient_id, rank=row.rank).exclude(pk=row.pk)
    words = {"insurer": ", ".join(each.insurer for each in others), "rank": row.rank}
    sentence = _("%(insurer)s is number %(rank)s at that time. End it first, or choose another order.") % words
    return CoverageClash(sentence, fields={"rank": [sentence]})


def _refused(field: str, sentence: str) -> CoverageInvalid:
    return CoverageInvalid(sentence, fields={field: [sentence]})
