"""A copy of what is kept about somebody, for them (GDPR, articles 15 and 20): what they see, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from filestore.serving import answer_with
from kernel.errors import Conflict, NotAllowed
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.events import CopyWaits
from modules.crm.models import Client, OwnCopy, Patient
from modules.crm.selectors.copies import who_may_have_one, whose_copy
from modules.crm.services.taking import making
from modules.crm.services.taking.writing import write_copy
from notify.sending import send

EVERY = timedelta(days=1)
FILE_NAME = "my-data.zip"


class AskedLately(Conflict):
    """One a day for each patient: the next would say the same."""

    code = "copy-asked-lately"


class NotForThem(NotAllowed):
    """They are nothing to the patient that lets them see anything of theirs."""

    code = "copy-not-for-them"


def ask_copy(*, patient: Patient, client: Client | None = None, by: Any, at: datetime) -> OwnCopy:
    """Have a copy of what a client sees of a patient be made: on the portal their own, at the desk for whom it is.

    Asked again while it is being made, that one is returned. Raises `AskedLately` or `NotForThem`.
    """
    whom = _asking(patient, client, by=by)
    with transaction.atomic():
        lock_row(Patient.objects.all(), patient.pk)
        rows = OwnCopy.objects.filter(patient=patient, client=whom)
        if made := rows.under_way().first() or _at_once(rows, patient, whom, by=by, at=at):
            return made
    raise AskedLately(_("A copy was made within the last day. The next one can be asked for tomorrow."))


def make_copy(*, copy_id: UUID, at: datetime) -> None:
    """Make the file of a copy, and tell whom it is for. Call outside of a transaction."""

    def write(copy: OwnCopy, out: IO[bytes]) -> dict[str, Any]:
        patient = Patient.objects.select_related("client").filter(pk=copy.patient_id).first()
        client = Client.objects.filter(pk=copy.client_id).first()
        whose = whose_copy(patient, client) if patient and client else None
        if whose is None or not whose.rights:
            raise making.NoLongerWanted
        return write_copy(whose=whose, to=out, at=at)

    def settle(copy: OwnCopy, told: dict[str, Any]) -> None:
        audit.record(action="crm.owncopy.made", of=copy, by=None, changes={"rows": (None, told["rows"])})
        send(
            cause=f"crm.owncopy:{copy.pk}",
            composer="modules.crm.messages.compose_copy_ready",
            about={"copy_id": str(copy.pk)},
            at=at,
        )

    making.make(model=OwnCopy, pk=copy_id, name=FILE_NAME, write=write, settle=settle, at=at)


def fetch_copy(*, copy: OwnCopy, by: Any, at: datetime, wanted: str = "") -> HttpResponseBase:
    """Return the answer that brings the file, and note who took it. Raises `NotThere` or `NotForThem`."""
    if not by.has_perm("crm.view_copy", copy):
        raise NotForThem(_("This copy is for somebody else."))
    if not copy.is_there(at) or copy.file is None:
        raise making.NotThere(_("This copy is not there any more. Ask for a new one."))
    audit.record(action="crm.owncopy.fetched", of=copy, by=by)
    return answer_with(copy.file, inline=False, wanted=wanted)


def _asking(patient: Patient, client: Client | None, *, by: Any) -> Client:
    """Return for whom it is: whoever asks on the portal, or whom the desk says."""
    if not by.has_perm("crm.ask_copy", patient):
        raise NotForThem(_("Your role does not allow this for this record."))
    candidates = who_may_have_one(patient)
    if reach_of(by, "crm.ask_copy") is Reach.SELF:
        theirs = [each for each in candidates if each.user_id == by.pk]
    else:
        theirs = [each for each in candidates if each.pk == (client.pk if client else patient.client_id)]
    if not theirs:
        raise NotForThem(_("They are nothing to this record that lets them see it."))
    return theirs[0]


def _at_once(rows: Any, patient: Patient, whom: Client, *, by: Any, at: datetime) -> OwnCopy | None:
    """Begin a new one, unless there was one within a day that did not fail."""
    if rows.exclude(state="failed").filter(asked_at__gt=at - EVERY).exists():
        return None
    try:
        with transaction.atomic():
            asked = {"asked_at": at, "asked_by_id": by.pk, "asked_by_name": str(by)}
            copy: OwnCopy = OwnCopy.objects.create(patient=patient, client=whom, **asked)
    except IntegrityError:
        found: OwnCopy | None = rows.under_way().first()
        return found
    audit.record(action="crm.owncopy.asked", of=copy, by=by, changes={"for": (None, str(whom.pk))})
    publish(CopyWaits(copy_id=copy.pk))
    return copy
