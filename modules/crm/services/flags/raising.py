"""Raise a flag, put it right, end it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid, NotAllowed
from kernel.locking import lock_row
from modules.crm.domain.subjects import Subject, subject_of
from modules.crm.models import HEALTH, Flag, FlagCategory, FlagKind, FlagReach, FlagSeverity, Patient, usual_reach
from modules.crm.models.flags import day_here
from tenancy import current_tenant

WORDS = ("text", "advice", "category", "severity", "reach", "since", "until")


class FlagInvalid(Invalid):
    code = "flag-invalid"


class FlagEnded(Conflict):
    """A flag that was ended stays as it was."""

    code = "flag-ended"


class NotYoursToFlag(NotAllowed):
    code = "flag-not-allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagDetails:
    """What there is to know. Without `reach`, who usually sees a flag of its category; without `since`, from today.

    `until` is the first day on which it is no longer. With `kind_id`, `text` may be left out: it is the kind's name.
    """

    text: str = ""
    category: str
    severity: str
    reach: str = ""
    advice: str = ""
    since: date | None = None
    until: date | None = None
    kind_id: UUID | None = None


def categories_for(*, user: Any, patient: Patient) -> list[FlagCategory]:
    """Return what somebody may raise flags about: health is for those who answer for it, and not a customer's."""
    found = [each for each in FlagCategory if user.has_perm(_asked_for(each), patient)]
    if subject_of(current_tenant().vertical) is Subject.CUSTOMER:
        return [each for each in found if each not in HEALTH]
    return found


def reaches_for(*, user: Any, patient: Patient) -> list[FlagReach]:
    """Return among whom somebody may keep a flag: not among those to whom they do not belong."""
    treats = user.has_perm("crm.view_clinical_flag", Flag(patient=patient))
    return [each for each in FlagReach if treats or each != FlagReach.TREATING]


@transaction.atomic
def raise_flag(*, patient: Patient, details: FlagDetails, by: Any, at: datetime) -> Flag:
    """Have everybody, or whoever treats, know something of a patient. Raises `FlagInvalid` or `NotYoursToFlag`."""
    today = day_here(at)
    kind = _kind(details.kind_id)
    values = _cleaned(details, kind=kind, since=today)
    _check(values, patient, by=by)
    flag = Flag.objects.create(patient=patient, kind=kind, **values, by_id=by.pk, by_name=str(by), created_at=at)
    audit.record(action="crm.flag.raised", of=flag, by=by, changes=audit.created(flag, WORDS))
    return flag


@transaction.atomic
def change_flag(*, flag: Flag, details: FlagDetails, by: Any) -> Flag:
    """Put a flag right. Raises `FlagInvalid`, `FlagEnded` or `NotYoursToFlag`."""
    flag = _locked(flag, by=by)
    if flag.ended_at is not None:
        raise FlagEnded(_("This flag was ended. It stays as it was."))
    before = audit.snapshot(flag, WORDS)
    values = _cleaned(details, kind=flag.kind, since=flag.since)
    _check(values, flag.patient, by=by)
    for name, value in values.items():
        setattr(flag, name, value)
    if changes := audit.difference(before, flag):
        flag.save(update_fields=list(changes))
        audit.record(action="crm.flag.changed", of=flag, by=by, changes=changes)
    return flag


@transaction.atomic
def end_flag(*, flag: Flag, reason: str, by: Any, at: datetime) -> Flag:
    """Show a flag no more, and say why; one that was ended already stays as it was. Raises `FlagInvalid`."""
    reason = " ".join(reason.split())
    if not reason:
        raise _refused(reason=_("Say why, in a few words."))
    flag = _locked(flag, by=by)
    if flag.ended_at is not None:
        return flag
    flag.ended_at, flag.ended_by_id, flag.ended_by_name, flag.end_reason = at, by.pk, str(by), reason
    flag.save(update_fields=["ended_at", "ended_by_id", "ended_by_name", "end_reason"])
    changes = {"ended_at": (None, at), "end_reason": (None, reason)}
    audit.record(action="crm.flag.ended", of=flag, by=by, changes=changes)
    return flag


def may_change_flag(flag: Flag, *, by: Any) -> bool:
    may: bool = flag.ended_at is None and by.has_perm(_asked_for(flag.category), flag.patient)
    return may


def _asked_for(category: str) -> str:
    return "crm.change_alert" if category in HEALTH else "crm.change_flag"


def _locked(flag: Flag, *, by: Any) -> Flag:
    locked: Flag = lock_row(Flag.objects.select_related("patient__client", "kind"), flag.pk, no_key=True)
    if not by.has_perm(_asked_for(locked.category), locked.patient):
        raise NotYoursToFlag(_("Your role does not change this flag."))
    return locked


def _kind(kind_id: UUID | None) -> FlagKind | None:
    if kind_id is None:
        return None
    kind = FlagKind.objects.filter(pk=kind_id, ended_at=None).first()
    if kind is None:
        raise _refused(kind_id=_("There is no such kind of flag."))
    return kind


def _cleaned(details: FlagDetails, *, kind: FlagKind | None, since: date) -> dict[str, Any]:
    text = " ".join(details.text.split())
    return {
        "text": text or (kind.name if kind else ""),
        "advice": details.advice.strip(),
        "category": details.category,
        "severity": details.severity,
        "reach": details.reach or usual_reach(details.category),
        "since": details.since or since,
        "until": details.until,
    }


def _check(values: dict[str, Any], patient: Patient, *, by: Any) -> None:
    problems: dict[str, str] = {}
    if not values["text"]:
        problems["text"] = _("Say in a few words what there is to know.")
    if values["category"] not in FlagCategory.values:
        problems["category"] = _("Choose what it is about.")
    elif values["category"] not in categories_for(user=by, patient=patient):
        raise NotYoursToFlag(_("Your role does not raise flags of this category for this record."))
    if values["severity"] not in FlagSeverity.values:
        problems["severity"] = _("Choose how grave it is.")
    if values["reach"] not in reaches_for(user=by, patient=patient):
        problems["reach"] = _("Only whoever treats them can keep it among those who treat.")
    if values["until"] and values["until"] <= values["since"]:
        problems["until"] = _("This day is not after the first one.")
    if problems:
        raise _refused(**problems)


def _refused(**problems: str) -> FlagInvalid:
    return FlagInvalid(" ".join(problems.values()), fields={name: [each] for name, each in problems.items()})
