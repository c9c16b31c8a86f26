"""Freeze a package for some time, and let it go on: its last day moves by the days in between."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from modules.billing.models import PackagePause, PackagePurchase
from modules.billing.services.packages.calling_off import PackageInUse
from modules.scheduling.public import UnitState
from tenancy import current_tenant

LONGEST_PAUSE = 730  # days


class NotFreezable(Conflict):
    """It is called off, expired by then, or frozen already."""

    code = "package-not-freezable"


class NotFrozen(Conflict):
    """There is no pause to end."""

    code = "package-not-frozen"


class PauseNotValid(Invalid):
    """The days of the pause make no sense; `fields` says which."""

    code = "package-pause-invalid"


@transaction.atomic
def freeze_package(*, purchase: PackagePurchase, first_day: date, reason: str, by: Any, at: datetime) -> PackagePause:
    """Let nothing be drawn from a package for visits from a day on, until it is resumed.

    Raises `PauseNotValid`, `NotFreezable`, or `PackageInUse` for visits that are booked from that day on.
    """
    if not reason.strip():
        raise _wrong("reason", _("Say why it is frozen."))
    locked = PackagePurchase.objects.select_for_update(no_key=True).get(pk=purchase.pk)
    _check_freezable(locked, first_day)
    pause = PackagePause.objects.create(
        purchase=locked,
        first_day=first_day,
        reason=reason.strip(),
        begun_at=at,
        begun_by_id=getattr(by, "pk", None),
        begun_by_name=str(by) if by is not None else "",
    )
    changes = audit.created(pause, ["first_day", "reason"])
    audit.record(action="billing.package.frozen", of=locked, by=by, changes=changes)
    return pause


@transaction.atomic
def resume_package(*, purchase: PackagePurchase, on: date, by: Any, at: datetime) -> PackagePause:
    """Let a package be drawn from again for visits from a day on. Its last day moves by the days it was frozen.

    Raises `NotFrozen` or `PauseNotValid`.
    """
    locked = PackagePurchase.objects.select_for_update(no_key=True).get(pk=purchase.pk)
    pause = locked.pauses.filter(resumed_on=None).first()
    if pause is None:
        raise NotFrozen(_("%(package)s is not frozen.") % {"package": locked.name})
    if not pause.first_day <= on <= pause.first_day + timedelta(days=LONGEST_PAUSE):
        words = {"first": date_format(pause.first_day, "D j M Y"), "most": LONGEST_PAUSE}
        sentence = _("It is frozen from %(first)s: resume it that day or later, within %(most)d days.")
        raise _wrong("on", sentence % words)
    before = locked.expires_on
    pause.resumed_on, pause.resumed_at = on, at
    pause.resumed_by_id, pause.resumed_by_name = getattr(by, "pk", None), str(by) if by is not None else ""
    pause.save(update_fields=["resumed_on", "resumed_at", "resumed_by_id", "resumed_by_name"])
    locked.refresh_from_db(fields=["expires_on"])  # a trigger has moved it
    changes = {"resumed_on": (None, on), "expires_on": (before, locked.expires_on)}
    audit.record(action="billing.package.resumed", of=locked, by=by, changes=changes)
    return pause


def _check_freezable(purchase: PackagePurchase, first_day: date) -> None:
    zone = ZoneInfo(current_tenant().time_zone)
    if first_day < purchase.sold_at.astimezone(zone).date():
        raise _wrong("first_day", _("It was sold after that day."))
    if purchase.ended_at is not None or first_day > purchase.expires_on:
        raise NotFreezable(_("%(package)s is over by then.") % {"package": purchase.name})
    if purchase.pauses.filter(Q(resumed_on=None) | Q(resumed_on__gt=first_day)).exists():
        raise NotFreezable(_("%(package)s is frozen then already.") % {"package": purchase.name})
    starts = datetime.combine(first_day, time.min, zone)
    drawn = Q(state=UnitState.RESERVED.value) | Q(appointment__status="COMPLETED")
    if purchase.units.filter(drawn, appointment__period__startswith__gte=starts).exists():
        words = {"package": purchase.name, "day": date_format(first_day, "D j M Y")}
        sentence = _("From %(day)s on there are visits that %(package)s pays for. Move or cancel them first.")
        raise PackageInUse(sentence % words)


def _wrong(field: str, sentence: str) -> PauseNotValid:
    return PauseNotValid(sentence, fields={field: [sentence]})
