"""The tills of a practice: add, rename and switch them off; and the rules about cash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from kernel.money import is_currency
from modules.billing.models import LONGEST_TILL_NAME, Till, TillRules
from modules.scheduling import public as scheduling

KEPT = ["name", "location_id", "currency", "is_active"]
RULES = ["needs_open_till", "blind_count"]


class TillInvalid(Invalid):
    """No name, or a location or a currency that there is not."""

    code = "till-invalid"


class TillNameTaken(Conflict):
    code = "till-name-taken"


class TillBusy(Conflict):
    """It has an open session."""

    code = "till-busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillDetails:
    """What a drawer is called, where it is, and which currency is in it."""

    name: str
    location_id: UUID | None
    currency: str


@transaction.atomic
def set_till_rules(*, needs_open_till: bool, blind_count: bool, by: Any) -> TillRules:
    """Say whether cash needs an open till, and whether it is counted before what is expected is shown."""
    rules = TillRules.here()
    before = audit.snapshot(rules, RULES)
    rules.needs_open_till, rules.blind_count = needs_open_till, blind_count
    rules.save()
    audit.record(action="billing.tillrules.set", of=rules, by=by, changes=audit.difference(before, rules))
    return rules


@transaction.atomic
def add_till(*, details: TillDetails, by: Any) -> Till:
    """Add a drawer. Raises `TillInvalid` or `TillNameTaken`."""
    places: set[UUID | None] = {place.id for place in scheduling.locations()}
    if details.location_id not in (places or {None}):
        raise _refused("location", _("There is no such location."))
    if not is_currency(details.currency):
        raise _refused("currency", _("There is no such currency."))
    till = Till(name=_named(details.name), location_id=details.location_id, currency=details.currency)
    _save(till)
    audit.record(action="billing.till.added", of=till, by=by, changes=audit.created(till, KEPT))
    return till


@transaction.atomic
def change_till(*, till: Till, name: str, is_active: bool, by: Any) -> Till:
    """Rename a drawer, switch it off or on. Raises `TillInvalid`, `TillNameTaken`, or `TillBusy` while it is open."""
    locked = lock_row(Till.objects.select_related("location"), till.pk, no_key=True)
    before = audit.snapshot(locked, KEPT)
    if locked.is_active and not is_active and locked.sessions.filter(closed_at=None).exists():
        raise TillBusy(_("Count and close %(till)s first: it is open.") % {"till": locked.name})
    locked.name, locked.is_active = _named(name), is_active
    if changes := audit.difference(before, locked):
        _save(locked)
        audit.record(action="billing.till.changed", of=locked, by=by, changes=changes)
    return locked


def _save(till: Till) -> None:
    try:
        with transaction.atomic():
            till.save()
    except IntegrityError:
        sentence = _("There is a till of this name at this location.")
        raise TillNameTaken(sentence, fields={"name": [sentence]}) from None


def _named(name: str) -> str:
    named = " ".join(name.split())
    if not 0 < len(named) <= LONGEST_TILL_NAME:
        raise _refused("name", _("Give it a name of at most %(most)d characters.") % {"most": LONGEST_TILL_NAME})
    return named


def _refused(field: str, sentence: str) -> TillInvalid:
    return TillInvalid(sentence, fields={field: [sentence]})
