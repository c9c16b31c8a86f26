"""What there is to know about people, for one or for two hundred of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from modules.crm.domain.flags import ShownFlag
from modules.crm.models import GRAVEST_FIRST, Flag, FlagKind, FlagSeverity, Patient
from modules.crm.models.flags import day_here


def flags_of(patient_ids: Collection[UUID], *, seen_by: Any, at: datetime) -> dict[UUID, list[ShownFlag]]:
    """Return for each of these patients the flags in force that somebody may see, the gravest first. One query.

    Of whom there is nothing to know is not among them.
    """
    found: dict[UUID, list[ShownFlag]] = defaultdict(list)
    rows = Flag.objects.visible_to(seen_by).in_force(day_here(at)).filter(patient__in=set(patient_ids))
    for flag in in_order(rows):
        found[flag.patient_id].append(shown_flag(flag))
    return dict(found)


def in_order(flags: Any) -> list[Flag]:
    """Return flags as they are shown: the gravest first, of these the older."""
    rank = {severity: number for number, severity in enumerate(GRAVEST_FIRST)}
    return sorted(flags, key=lambda flag: (rank[flag.severity], flag.since, flag.pk))


def shown_flag(flag: Flag) -> ShownFlag:
    return ShownFlag(
        id=flag.pk,
        text=flag.text,
        advice=flag.advice,
        category=flag.category,
        severity=flag.severity,
        label=str(FlagSeverity(flag.severity).label),
    )


def flags_over(patient: Patient, *, seen_by: Any, at: datetime) -> list[Flag]:
    """Return the flags that are not in force: over, ended, or to come; the latest first."""
    rows = Flag.objects.visible_to(seen_by).filter(patient=patient)
    in_force = rows.in_force(day_here(at)).values("pk")
    return list(rows.exclude(pk__in=in_force).order_by("-created_at", "-pk"))


def flag_kinds() -> list[FlagKind]:
    """Return the flags that are offered to choose, by name."""
    return list(FlagKind.objects.filter(ended_at=None).order_by("name", "pk"))
