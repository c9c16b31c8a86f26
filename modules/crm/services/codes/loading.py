"""Use a version of a code list: all of its codes take the place of the version before, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import recording as audit
from kernel.locking import lock_row
from modules.crm.domain.codes.entries import Entry, key_of
from modules.crm.domain.folding import skeleton
from modules.crm.models import Code, CodeList, CodeListState, CodeSystem, CodeWord
from modules.crm.services.codes.files import entries_of
from modules.crm.services.codes.sending import forget_file

BATCH = 2_000


def load_codes(*, code_list_id: UUID, at: datetime) -> None:
    """Load a list that was chosen. Loaded once, it is not loaded again; until it is through, the one before serves."""
    code_list = CodeList.objects.select_related("file").get(pk=code_list_id)
    if code_list.state != CodeListState.LOADING:
        return
    read = entries_of(code_list)
    with transaction.atomic():
        lock_row(CodeSystem.objects.all(), code_list.system_id)
        locked: CodeList = lock_row(CodeList.objects.select_related("file", "system"), code_list.pk)
        if locked.state == CodeListState.LOADING:  # else another worker was quicker
            put_in_place(code_list=locked, entries=read.entries.values(), by=None, at=at)
            forget_file(locked)
            audit.record(action="crm.codelist.loaded", of=locked, by=None, changes={"codes": (None, len(read.entries))})


def put_in_place(*, code_list: CodeList, entries: Iterable[Entry], by: Any, at: datetime) -> None:
    """Write the codes of a list instead of those of the version before; whoever calls it has locked the system."""
    system = code_list.system
    for before in CodeList.objects.filter(system=system, state=CodeListState.ACTIVE):
        before.state = CodeListState.REPLACED
        before.save(update_fields=["state"])
        states = (CodeListState.ACTIVE, CodeListState.REPLACED)
        audit.record(action="crm.codelist.replaced", of=before, by=by, changes={"state": states})
    Code.objects.filter(system=system).delete()
    CodeWord.objects.filter(system=system).delete()
    words: set[str] = set()
    rows = []
    for entry in entries:
        words.update(entry.words)
        rows.append(_row(system, entry))
    Code.objects.bulk_create(rows, batch_size=BATCH)
    vocabulary = [CodeWord(system=system, word=word, bones=skeleton(word)) for word in sorted(words)]
    CodeWord.objects.bulk_create(vocabulary, batch_size=BATCH)
    code_list.state, code_list.loaded_at = CodeListState.ACTIVE, at
    code_list.save(update_fields=["state", "loaded_at"])
    if system.ended_at is not None:
        system.ended_at = None
        system.save(update_fields=["ended_at"])


def _row(system: CodeSystem, entry: Entry) -> Code:
    told: dict[str, Any] = {name: getattr(entry, name) for name in ("code", "display", "synonyms", "designations")}
    return Code(system=system, key=key_of(entry.code), words=entry.words, **told)
