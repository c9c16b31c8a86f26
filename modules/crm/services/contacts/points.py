"""More than one phone and e-mail of a client: keep them, and say which is tried first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.domain.phones import NotAPhoneNumber, to_e164
from modules.crm.events import PatientChanged
from modules.crm.models import Client, ContactPoint, System, Use
from modules.crm.selectors import country_here
from modules.crm.services.contacts.rights import NotTheirsToKeep
from modules.crm.services.search_keys import renew_keys_of_client

KEPT = ("system", "value", "use", "label", "note")
MOST = 10


class PointInvalid(Invalid):
    code = "contact-point-invalid"


class PointKnown(Conflict):
    """The client has this phone or e-mail already."""

    code = "contact-point-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDetails:
    """A phone or an e-mail as typed. Phones without a country code are read as of where the client lives."""

    system: str
    value: str
    use: str = ""
    label: str = ""
    note: str = ""


def read_point(*, details: PointDetails, country: str) -> PointDetails:
    """Return it as it is kept: a phone in E.164, an e-mail in small letters. Raises `PointInvalid`."""
    if details.system not in System.values:
        raise _refused("system", _("Choose a phone or an e-mail."))
    if details.use and details.use not in Use.values:
        raise _refused("use", _("Choose what it is used for."))
    words = {"label": details.label.strip(), "note": details.note.strip()}
    return replace(details, value=_read_value(details, country=country), **words)


@transaction.atomic
def set_contact_points(*, client: Client, points: Sequence[PointDetails], by: Any) -> None:
    """Keep these phones and e-mails of a client beside the first ones, in this order, and no others.

    Raises `PointInvalid` or `NotTheirsToKeep`.
    """
    locked = _locked(client, by=by)
    country = locked.country or country_here()
    said = {(point.system, point.value): point for point in (read_point(details=p, country=country) for p in points)}
    if len(said) > MOST:
        raise PointInvalid(_("At most %(most)d are kept.") % {"most": MOST})
    known = {(row.system, row.value): row for row in locked.contact_points.all()}
    for key, row in known.items():
        if key not in said:
            _drop(row, by=by)
    for rank, (key, point) in enumerate(said.items(), start=1):
        _put(known.get(key) or ContactPoint(client=locked), point, rank=rank, by=by)
    _fill_first(locked, by=by)
    _changed(locked)


@transaction.atomic
def add_contact_point(*, client: Client, details: PointDetails, by: Any) -> ContactPoint:
    """Keep one more, tried last. Raises `PointInvalid`, `PointKnown` or `NotTheirsToKeep`."""
    locked = _locked(client, by=by)
    point = read_point(details=details, country=locked.country or country_here())
    rows = list(locked.contact_points.order_by("rank"))
    if len(rows) >= MOST:
        raise PointInvalid(_("At most %(most)d are kept.") % {"most": MOST})
    row = _put(ContactPoint(client=locked), point, rank=rows[-1].rank + 1 if rows else 1, by=by)
    _fill_first(locked, by=by)
    _changed(locked)
    return row


@transaction.atomic
def change_contact_point(*, point: ContactPoint, details: PointDetails, by: Any) -> ContactPoint:
    """Set one right, or what is said of it. Raises what `add_contact_point` does."""
    locked = _locked(point.client, by=by)
    row = lock_row(ContactPoint.objects.select_related("client"), point.pk)
    read = read_point(details=details, country=locked.country or country_here())
    _put(row, read, rank=row.rank, by=by)
    _changed(locked)
    return row


@transaction.atomic
def remove_contact_point(*, point: ContactPoint, by: Any) -> None:
    """Keep one no longer. The first one stays first: it goes by changing the record. Raises `NotTheirsToKeep`."""
    locked = _locked(point.client, by=by)
    _drop(lock_row(ContactPoint.objects.all(), point.pk), by=by)
    _changed(locked)


@transaction.atomic
def make_first(*, point: ContactPoint, by: Any) -> Client:
    """Have a phone or e-mail be the one that is tried first; the one that was stays among the others.

    Raises `NotTheirsToKeep`.
    """
    locked = _locked(point.client, by=by)
    row = lock_row(ContactPoint.objects.all(), point.pk)
    before = getattr(locked, row.system)
    if before and not locked.contact_points.filter(system=row.system, value=before).exists():
        _put(ContactPoint(client=locked), PointDetails(system=row.system, value=before), rank=row.rank, by=by)
    _write_first(locked, row.system, row.value, by=by)
    _changed(locked)
    return locked


def _changed(client: Client) -> None:
    """Have their patients be found by these, and compared with who may be here already."""
    renew_keys_of_client(client)
    for patient_id in client.patients.values_list("pk", flat=True):
        publish(PatientChanged(patient_id=patient_id))


def _locked(client: Client, *, by: Any) -> Client:
    """Lock the client. They are changed by whoever may change the record of one of their patients."""
    locked = lock_row(Client.objects.all(), client.pk)
    if not any(by.has_perm("crm.change_patient", patient) for patient in locked.patients.select_related("client")):
        raise NotTheirsToKeep(_("Your role does not allow changing this."))
    return locked


def _put(row: ContactPoint, point: PointDetails, *, rank: int, by: Any) -> ContactPoint:
    is_new, before = row._state.adding, audit.snapshot(row, (*KEPT, "rank"))
    for name, value in asdict(point).items():
        setattr(row, name, value)
    row.rank = rank
    if not (changes := audit.difference(before, row)) and not is_new:
        return row
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "contact_point_once" not in str(error):
            raise
        sentence = _("This is kept of them already.")
        raise PointKnown(sentence, fields={"value": [sentence]}) from None
    audit.record(action=f"crm.contactpoint.{'added' if is_new else 'changed'}", of=row, by=by, changes=changes)
    return row


def _drop(row: ContactPoint, *, by: Any) -> None:
    audit.record(action="crm.contactpoint.removed", of=row, by=by, changes={"value": (row.value, None)})
    row.delete()


def _fill_first(client: Client, *, by: Any) -> None:
    """Whoever has a phone or an e-mail at all has a first one: other modules write to that."""
    for row in client.contact_points.order_by("rank", "pk"):
        if not getattr(client, row.system):
            _write_first(client, row.system, row.value, by=by)


def _write_first(client: Client, system: str, value: str, *, by: Any) -> None:
    before = getattr(client, system)
    if before == value:
        return
    setattr(client, system, value)
    client.save(update_fields=[system])
    audit.record(action="crm.client.changed", of=client, by=by, changes={system: (before, value)})


def _read_value(details: PointDetails, *, country: str) -> str:
    try:
        if details.system == System.PHONE:
            value = to_e164(details.value, country=country)
        else:
            value = details.value.strip().lower()
            validate_email(value)
    except NotAPhoneNumber:
        raise _refused("value", _("“%(phone)s” is not a phone number.") % {"phone": details.value}) from None
    except ValidationError:
        raise _refused("value", _("“%(email)s” is not an e-mail address.") % {"email": details.value}) from None
    if not value:
        raise _refused("value", _("Write the phone or e-mail."))
    return value


def _refused(field: str, sentence: str) -> PointInvalid:
    return PointInvalid(sentence, fields={field: [sentence]})
