"""Records that may be one: looked for every night, and whenever one is registered or changed; and people's answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from jobs.relay import prolong_lease
from kernel.errors import Conflict, NotFound
from kernel.locking import lock_row
from modules.crm.domain.duplicates import SEALED, Reason, known_with
from modules.crm.models import CAN_BE_UNDONE_FOR, DuplicatePair, Patient
from modules.crm.selectors.duplicates import sees_sealed
from modules.crm.selectors.pairs import (
    AT_ONCE,
    Compared,
    Pair,
    compared,
    pairs_to_compare,
    pairs_to_compare_with,
)

FOUND = ("score", "open_score", "reasons", "against", "checked_at")


class PairGone(NotFound):
    code = "duplicate-pair-unknown"


class PairChanged(Conflict):
    """More speaks for the two being one than whoever answers has seen."""

    code = "duplicate-pair-changed"


def find_pairs(*, at: datetime) -> None:
    """Look for all pairs there are, some at a time, and forget those that are none any more."""
    for some in _in_batches(pairs_to_compare()):
        keep_pairs(found=list(compared(some)), at=at)
        prolong_lease()
    forget_pairs(at=at)


def check_pairs_of(*, patient_id: UUID, at: datetime) -> None:
    """Look for those that one record may be, now that it is new or has changed."""
    pairs = pairs_to_compare_with(patient_id)
    found = list(compared(pairs))
    with transaction.atomic():
        keep_pairs(found=found, at=at)
        _forget(DuplicatePair.objects.of(patient_id).filter(checked_at__lt=at))


@transaction.atomic
def keep_pairs(*, found: Collection[Compared], at: datetime) -> None:
    """Write pairs down; what somebody answered stays. One that was looked at since is left as it is."""
    ones = {each.pair.one for each in found}
    known = {Pair(row.one_id, row.other_id): row for row in DuplicatePair.objects.filter(one__in=ones)}
    rows = [_row(each, at) for each in found if each.pair not in known or known[each.pair].checked_at <= at]
    DuplicatePair.objects.bulk_create(
        sorted(rows, key=lambda row: (row.one_id, row.other_id)),
        update_conflicts=True,
        unique_fields=["one", "other"],
        update_fields=FOUND,
    )


@transaction.atomic
def forget_pairs(*, at: datetime) -> None:
    """Forget those that the search of this moment did not find, and those of records merged for good."""
    _forget(DuplicatePair.objects.filter(checked_at__lt=at))
    merged = Patient.with_merged.filter(merged_at__lte=at - CAN_BE_UNDONE_FOR).values("pk")
    DuplicatePair.objects.filter(one__in=merged).delete()
    DuplicatePair.objects.filter(other__in=merged).delete()


def _forget(rows: Any) -> None:
    """An answer is remembered without its pair; a merge that may be undone takes nothing away."""
    standing = rows.filter(one__merged_into=None, other__merged_into=None)
    standing.filter(answered_at=None).delete()
    standing.exclude(answered_at=None).update(score=0, open_score=0, reasons=[], against=[])


@transaction.atomic
def tell_apart(*, pair: DuplicatePair, seen: Sequence[str], by: Any, at: datetime) -> DuplicatePair:
    """Remember that two records are two people. `seen` are the reasons that somebody knew.

    Raises `PairChanged` if there are more by now, and `PairGone`.
    """
    row = _locked(pair)
    reasons = [each for each in row.reasons if each not in SEALED or sees_sealed(by)]
    if not set(reasons) <= set(seen):
        raise PairChanged(_("Something changed since you looked: more speaks for it by now. Look again."))
    if row.answered_at and set(reasons) <= set(row.answered_reasons):
        return row
    row.answered_at, row.answered_by_id, row.answered_by_name = at, by.pk, str(by)
    row.answered_reasons = sorted({*row.answered_reasons, *known_with(map(Reason, reasons))})
    row.save(update_fields=["answered_at", "answered_by_id", "answered_by_name", "answered_reasons"])
    _record("told_apart", row, by=by)
    return row


@transaction.atomic
def ask_again(*, pair: DuplicatePair, by: Any) -> DuplicatePair:
    """Take it back that two records are two people. Raises `PairGone`."""
    row = _locked(pair)
    if row.answered_at:
        row.answered_at, row.answered_by_id, row.answered_by_name, row.answered_reasons = None, None, "", []
        row.save(update_fields=["answered_at", "answered_by_id", "answered_by_name", "answered_reasons"])
        _record("asked_again", row, by=by)
    return row


def _locked(pair: DuplicatePair) -> DuplicatePair:
    try:
        row = lock_row(DuplicatePair.objects.select_related("one", "other"), pair.pk)
    except DuplicatePair.DoesNotExist:
        raise _gone() from None
    if row.one.merged_into_id or row.other.merged_into_id:
        raise _gone()
    return row


def _gone() -> PairGone:
    return PairGone(_("One of these records is not there any more: somebody may have merged it."))


def _record(deed: str, row: DuplicatePair, *, by: Any) -> None:
    with audit.together():
        for each, other in ((row.one, row.other_id), (row.other, row.one_id)):
            audit.record(action=f"crm.patient.{deed}", of=each, by=by, changes={"other": (None, other)})


def _row(found: Compared, at: datetime) -> DuplicatePair:
    return DuplicatePair(
        one_id=found.pair.one,
        other_id=found.pair.other,
        score=found.score,
        open_score=found.open_score,
        reasons=found.speaks_for_it,
        against=found.speaks_against_it,
        found_at=at,
        checked_at=at,
    )


def _in_batches(pairs: Sequence[Pair]) -> Iterable[Sequence[Pair]]:
    return (pairs[start : start + AT_ONCE] for start in range(0, len(pairs), AT_ONCE))
