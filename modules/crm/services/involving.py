"""Who answers for a patient: begin it, change it, end it, hand it to somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.crm.domain.shares import WHOLE, Share, most_at_once
from modules.crm.models import Client, Involvement, InvolvementRole, Patient
from modules.crm.services.clients import find_or_add_client
from modules.crm.services.registering import ContactDetails

KEPT = ("client_id", "role", "share", "since", "until")
CHANGED = ("share", "since", "until")


class InvolvementInvalid(Invalid):
    code = "involvement-invalid"


class InvolvedAlready(Conflict):
    """The same client has this role at that time."""

    code = "involved-already"


class InvolvementChanged(Conflict):
    """Somebody else changed it since it was looked at."""

    code = "changed-meanwhile"

    def __init__(self, detail: str, *, current: Involvement) -> None:
        super().__init__(detail)
        self.current = current

    def extra(self) -> dict[str, object]:
        return {"current": {"id": str(self.current.pk), "version": self.current.version}}


class NotTheirsToInvolve(NotAllowed):
    code = "involvement-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A role, and from when until when. `until` is the first day on which it is no longer."""

    role: str
    since: date | None = None
    until: date | None = None
    share: Decimal | None = None


@transaction.atomic
def involve(
    *, patient: Patient, client_id: UUID | None, contact: ContactDetails | None, part: Part, by: Any, at: datetime
) -> Involvement:
    """Give a client who is known, or a new one, a role towards a patient.

    Who becomes the one that is written to takes the place of the one who was. Raises `InvolvementInvalid`,
    `InvolvedAlready`, `UnknownClient`, `NotRegistrable` or `NotTheirsToInvolve`.
    """
    locked = _locked(patient, by=by)
    client = find_or_add_client(client_id=client_id, contact=contact, by=by)
    if part.role == InvolvementRole.CLIENT:
        return _write_to(locked, client, part, by=by, at=at)
    row = Involvement(
        patient=locked,
        client=client,
        role=part.role,
        share=part.share,
        since=part.since or at.date(),
        until=part.until,
    )
    _check(row)
    _save(row)
    audit.record(action="crm.involvement.begun", of=row, by=by, changes=audit.created(row, KEPT))
    return row


@transaction.atomic
def change_involvement(*, involvement: Involvement, part: Part, seen: int | None, by: Any) -> Involvement:
    """Set share and days right; whose and what it is stays. Raises what `involve` does, and `InvolvementChanged`."""
    _locked(involvement.patient, by=by)
    row = lock_row(Involvement.objects.select_related("client", "patient"), involvement.pk)
    if seen is not None and seen != row.version:
        raise InvolvementChanged(_("Somebody changed this meanwhile. Look at it again."), current=row)
    if row.role == InvolvementRole.CLIENT:
        raise _refused("role", _("Who is written to ends when somebody else is written to."))
    before = audit.snapshot(row, CHANGED)
    row.share, row.since, row.until = part.share, part.since or row.since, part.until
    if changes := audit.difference(before, row):
        _check(row)
        row.version += 1
        _save(row)
        audit.record(action="crm.involvement.changed", of=row, by=by, changes=changes)
    return row


@transaction.atomic
def hand_over(
    *,
    involvement: Involvement,
    client_id: UUID | None,
    contact: ContactDetails | None,
    on: date,
    seen: int | None,
    by: Any,
    at: datetime,
) -> Involvement:
    """End a role on a day and give it, with its share, to somebody else: the horse is sold. What was stays known."""
    ended = Part(role=involvement.role, share=involvement.share, since=involvement.since, until=on)
    change_involvement(involvement=involvement, part=ended, seen=seen, by=by)
    begun = Part(role=involvement.role, share=involvement.share, since=on)
    return involve(patient=involvement.patient, client_id=client_id, contact=contact, part=begun, by=by, at=at)


def _write_to(patient: Patient, client: Client, part: Part, *, by: Any, at: datetime) -> Involvement:
    """Make somebody the one who is written to, from today. The database ends the role of who was, and begins theirs."""
    if part.until or part.share or (part.since and part.since != at.date()):
        raise _refused("role", _("Who is written to changes today, and until somebody else is."))
    before = patient.client_id
    patient.client = client
    patient.save(update_fields=["client"])
    row = Involvement.objects.get(patient=patient, role=InvolvementRole.CLIENT, until=None)
    if client.pk != before:
        audit.record(action="crm.patient.client_changed", of=patient, by=by, changes={"client_id": (before, client.pk)})
    return row


def _locked(patient: Patient, *, by: Any) -> Patient:
    """Lock the patient: who adds a share waits for whoever adds another."""
    if not by.has_perm("crm.change_patient", patient):
        raise NotTheirsToInvolve(_("Your role does not allow changing this record."))
    return lock_row(Patient.objects.select_related("client"), patient.pk)


def _check(row: Involvement) -> None:
    if row.until and row.until <= row.since:
        raise _refused("until", _("It ends after it begins."))
    if row.share is None:
        return
    if row.role != InvolvementRole.OWNER:
        raise _refused("share", _("Only owners have a share."))
    if not 0 < row.share <= WHOLE:
        raise _refused("share", _("A share is more than 0 and at most 100 percent."))
    others = Involvement.objects.filter(patient=row.patient, role=row.role).exclude(pk=row.pk)
    shares = [Share(each.share, each.since, each.until) for each in others if each.share is not None]
    if (total := most_at_once([*shares, Share(row.share, row.since, row.until)])) > WHOLE:
        words = {"total": f"{total.normalize():f}"}
        sentence = _("With this the owners would have %(total)s percent together.") % words
        raise _refused("share", sentence)


def _save(row: Involvement) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "involvement_once_at_a_time" not in str(error):
            raise
        raise InvolvedAlready(_("They have this role at that time already.")) from None


def _refused(field: str, sentence: str) -> InvolvementInvalid:
    return InvolvementInvalid(sentence, fields={field: [sentence]})
