"""The flags that a workspace raises often."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.locking import lock_row
from modules.crm.models import FlagCategory, FlagKind, FlagReach, FlagSeverity, usual_reach
from modules.crm.services.flags.raising import FlagInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagKindDetails:
    """A flag to choose. Without `reach`, who usually sees one of its category."""

    name: str
    category: str
    severity: str
    reach: str = ""


@transaction.atomic
def add_flag_kind(*, details: FlagKindDetails, by: Any) -> FlagKind:
    """Offer a flag to choose. Raises `FlagInvalid` if one of that name is offered already."""
    values = _checked(details)
    try:
        with transaction.atomic():
            kind = FlagKind.objects.create(**values)
    except IntegrityError:
        raise _wrong("name", _("There is one of that name already.")) from None
    audit.record(action="crm.flagkind.added", of=kind, by=by, changes=audit.created(kind, list(values)))
    return kind


@transaction.atomic
def end_flag_kind(*, kind: FlagKind, by: Any, at: datetime) -> FlagKind:
    """Offer it no more. Flags that were raised by it stay as they are."""
    kind = lock_row(FlagKind.objects.all(), kind.pk)
    if kind.ended_at is None:
        kind.ended_at = at
        kind.save(update_fields=["ended_at"])
        audit.record(action="crm.flagkind.ended", of=kind, by=by, changes={"ended_at": (None, at)})
    return kind


def _checked(details: FlagKindDetails) -> dict[str, Any]:
    values = asdict(details) | {"name": " ".join(details.name.split())}
    values["reach"] = details.reach or usual_reach(details.category).value
    if not values["name"]:
        raise _wrong("name", _("A name is needed."))
    for name, offered in (("category", FlagCategory), ("severity", FlagSeverity), ("reach", FlagReach)):
        if values[name] not in offered.values:
            raise _wrong(name, _("Choose one of those that there are."))
    return values


def _wrong(name: str, sentence: str) -> FlagInvalid:
    return FlagInvalid(sentence, fields={name: [sentence]})
