"""Draw sessions from what was bought. The ledger's triggers are the judges; here is who has their turn, and why not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.billing.models import EntryKind, PackagePurchase, PackageUnit, UnitEntry
from modules.billing.services.ledger import enter_session
from modules.billing.services.packages.offering import rules_of_packages
from modules.crm import public as crm
from modules.scheduling.public import Lost, Need, PackageCard, PackageRefused, Pause, Session, UnitState


def of_patient(patient_id: UUID, *, on: date, seen_by: Any) -> list[PackageCard]:
    """Return what somebody can still draw from on that day, what runs out first to the front."""
    rows = PackagePurchase.objects.visible_to(seen_by).open(on).usable_by(patient_id)
    cards = [card_of(row, on=on) for row in rows.for_display().order_by("expires_on", "pk")]
    return [card for card in cards if card.left]


def find(package_id: UUID, *, on: date, seen_by: Any) -> PackageCard | None:
    """Return a package, if that user may see it."""
    row = PackagePurchase.objects.visible_to(seen_by).for_display().filter(pk=package_id).first()
    return card_of(row, on=on) if row else None


def paying_for(appointment_id: UUID) -> Session | None:
    """Return the session that a visit has."""
    unit = unit_paying_for(appointment_id)
    return session_of(unit) if unit else None


def check_day(package_id: UUID, *, day: date) -> None:
    """Raise `PackageRefused` for a visit on a day after its last, or on which it is frozen."""
    purchase = PackagePurchase.objects.filter(pk=package_id).first()
    if purchase is not None:
        _check_day(purchase, day)


@transaction.atomic
def reserve(package_id: UUID, *, need: Need, by: Any, at: datetime) -> Session:
    """Keep a session for a visit; the one that it had before, if that is still free. Raises `PackageRefused`.

    Whoever draws from the same purchase waits for its row: of twenty who want the last three, three have one.
    """
    purchase = PackagePurchase.objects.select_for_update(no_key=True).filter(pk=package_id).first()
    if purchase is None or not _may_draw(need.patient_id, purchase) or purchase.ended_at is not None:
        raise _refused(_("This package is not theirs, or it was called off."))
    _check_day(purchase, need.day)
    had = _unit_of(need.appointment_id)
    if had is not None and had.purchase_id == purchase.pk:
        if had.state == UnitState.RESERVED:
            return session_of(had)
        _enter(had, EntryKind.GIVEN_BACK, need.appointment_id, by=by, at=at)
    unit = _free_unit(purchase, need)
    _enter(unit, EntryKind.RESERVED, need.appointment_id, by=by, at=at)
    unit.state, unit.appointment_id = UnitState.RESERVED.value, need.appointment_id
    return session_of(unit)


@transaction.atomic
def use(appointment_id: UUID, *, by: Any, at: datetime) -> None:
    """Note that the visit took place. A visit without a session is none of its business."""
    unit = _unit_of(appointment_id)
    if unit is not None and unit.state == UnitState.RESERVED:
        _enter(unit, EntryKind.USED, appointment_id, by=by, at=at)


@transaction.atomic
def let_go(appointment_id: UUID, *, why: Lost, by: Any, at: datetime) -> bool:
    """Give back the session of a visit, or keep it as used: the tenant's rules say. True if it was given back."""
    unit = _unit_of(appointment_id)
    if unit is None:
        return False
    if unit.state == UnitState.RESERVED and _is_kept(why):
        _enter(unit, EntryKind.USED, appointment_id, by=by, at=at, why=why)
        return False
    _enter(unit, EntryKind.GIVEN_BACK, appointment_id, by=by, at=at, why=why)
    return True


def card_of(purchase: PackagePurchase, *, on: date) -> PackageCard:
    return PackageCard(
        id=purchase.pk,
        name=purchase.name,
        patient_id=purchase.patient_id,
        last_day=purchase.expires_on,
        sessions=tuple(session_of(unit) for unit in purchase.units.all()),
        is_open=purchase.ended_at is None and purchase.expires_on >= on,
        pauses=tuple(Pause(pause.first_day, pause.resumed_on) for pause in purchase.pauses.all()),
    )


def session_of(unit: PackageUnit) -> Session:
    return Session(
        package_id=unit.purchase_id,
        service_id=unit.service_id,
        number=unit.number,
        total=unit.total,
        state=UnitState(unit.state),
        appointment_id=unit.appointment_id,
    )


def unit_paying_for(appointment_id: UUID) -> PackageUnit | None:
    """Return the session that pays for a visit, with its purchase."""
    return PackageUnit.objects.select_related("purchase").filter(appointment_id=appointment_id).first()


def _may_draw(patient_id: UUID, purchase: PackagePurchase) -> bool:
    """Test whether it is their own, or one for all of their family."""
    is_family = purchase.for_family and purchase.client_id in crm.clients_of(patient_id)
    return is_family or patient_id == purchase.patient_id


def _is_kept(why: Lost) -> bool:
    rules = rules_of_packages()
    return (why is Lost.LATE and rules.keep_when_late) or (why is Lost.NO_SHOW and rules.keep_when_missed)


def _unit_of(appointment_id: UUID) -> PackageUnit | None:
    return PackageUnit.objects.select_for_update(no_key=True).filter(appointment_id=appointment_id).first()


def _free_unit(purchase: PackagePurchase, need: Need) -> PackageUnit:
    """Return the session to give: the visit's former one, else the lowest of the first service that has any left."""
    units = purchase.units.filter(service_id__in=need.service_ids)
    free = list(units.filter(state=UnitState.FREE.value).order_by("number"))
    if not free:
        if not units.exists():
            raise _refused(_("%(package)s does not cover this service.") % {"package": purchase.name})
        raise _refused(
            _("Nothing is left of %(package)s: every session is booked or used.") % {"package": purchase.name}
        )
    entries = UnitEntry.objects.filter(appointment_id=need.appointment_id, unit__in=free)
    former = entries.order_by("-at", "-pk").values_list("unit_id", flat=True).first()
    return min(free, key=lambda unit: (unit.pk != former, need.service_ids.index(unit.service_id), unit.number))


def _check_day(purchase: PackagePurchase, day: date) -> None:
    if day > purchase.expires_on:
        words = {"package": purchase.name, "day": date_format(purchase.expires_on, "D j M Y")}
        raise _refused(_("%(package)s is valid until %(day)s, and the visit would be later.") % words)
    pause = purchase.pauses.filter(Q(resumed_on=None) | Q(resumed_on__gt=day), first_day__lte=day).first()
    if pause is not None:
        words = {"package": purchase.name, "day": date_format(pause.first_day, "D j M Y")}
        raise _refused(_("%(package)s is frozen from %(day)s on, and the visit would be then.") % words)


def _enter(
    unit: PackageUnit, kind: EntryKind, appointment_id: UUID, *, by: Any, at: datetime, why: Lost | None = None
) -> None:
    entry = UnitEntry.objects.create(
        unit=unit,
        appointment_id=appointment_id,
        kind=kind.value,
        reason=why.value if why else "",
        at=at,
        by_id=getattr(by, "pk", None),
        by_name=str(by) if by is not None else "",
    )
    if kind is not EntryKind.RESERVED:
        enter_session(entry=entry)
    changes = {"session": (None, unit.number), "appointment_id": (None, appointment_id)}
    if why is not None:
        changes["reason"] = (None, why.value)
    audit.record(action=f"billing.session.{kind.lower()}", of=unit.purchase, by=by, changes=changes)


def _refused(sentence: str) -> PackageRefused:
    return PackageRefused(sentence, fields={"package_id": [sentence]})
