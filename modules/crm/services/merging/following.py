"""What comes after merges: rows that were written at the same moment, and forgetting."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import recording as audit
from modules.crm.domain.holdings import Merged
from modules.crm.models import CAN_BE_UNDONE_FOR, Client, Merge, Move, Patient
from modules.crm.services.merging.joining import CannotMerge, move_along
from modules.crm.services.merging.planning import held_by

log = logging.getLogger(__name__)


def follow_merges(*, at: datetime) -> int:
    """Have rows go along that somebody wrote for a record while it was merged; return how many did.

    Whoever books waits for a merge of the same patient, and then writes what they had begun: it is not lost, and this
    puts it where it belongs, as part of the merge. What cannot go along stays, and is logged.
    """
    merges = Merge.objects.undoable(at).select_related("patient", "client").order_by("at", "pk")
    return sum(_follow(merge) for merge in merges)


@transaction.atomic
def _follow(merge: Merge) -> int:
    moved = 0
    for held in held_by(_merged_by(merge)):
        try:
            move_along(merge=merge, held=held)
        except CannotMerge:
            log.warning("rows of a merged record stay behind", extra={"model": held.holding.model})
        else:
            moved += held.number
    if moved:
        of: Any = merge.patient or merge.client
        audit.record(action=f"{of._meta.label_lower}.merged", of=of, by=None, changes={"rows": (None, moved)})
    return moved


def forget_old_merges(*, at: datetime) -> None:
    """Forget what can be undone no more: which rows went along, and what fields were before."""
    old = Merge.objects.filter(at__lte=at - CAN_BE_UNDONE_FOR)
    Move.objects.filter(merge__in=old).delete()
    old.update(changes="")


def _merged_by(merge: Merge) -> Merged:
    return Merged(_into(Patient, merge.patient_id, merge.at), _into(Client, merge.client_id, merge.at))


def _into(model: Any, stays: UUID | None, at: datetime) -> dict[UUID, UUID]:
    """Return who stands in a record by a merge or an earlier one: of whoever was merged twice, the last says where."""
    if stays is None:
        return {}
    rows = model.with_merged.filter(merged_into=stays, merged_at__lte=at)
    return dict.fromkeys(rows.values_list("pk", flat=True), stays)
