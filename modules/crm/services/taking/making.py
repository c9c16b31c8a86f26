"""Make a file that is taken along, once, whatever becomes of the workers; and remove it when its days are over."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime
from typing import IO, Any, TypeVar
from uuid import UUID

from django.db import transaction

from audit import recording as audit
from filestore.models import StoredFile
from filestore.storage import discard, new_key, writing
from kernel.errors import Conflict
from modules.crm.models import KEPT_FOR, Extract, OwnCopy, TakenState

ATTEMPTS = 5
CHUNK = 256 * 1024
IN_MEMORY = 4 * 1024 * 1024
FILES = "taken"  # the folder in the storage
ZIP = "application/zip"
Taken = TypeVar("Taken", OwnCopy, Extract)


class NotThere(Conflict):
    """The file is not made yet, could not be made, or its days are over."""

    code = "file-not-there"


class NoLongerWanted(RuntimeError):
    """It was made by another worker meanwhile, or whom it is about was erased."""


def make(
    *,
    model: type[Taken],
    pk: UUID,
    name: str,
    write: Callable[[Taken, IO[bytes]], dict[str, Any]],
    settle: Callable[[Taken, dict[str, Any]], None],
    at: datetime,
) -> None:
    """Write a file and offer it. Call outside of a transaction; one that is made is not made again.

    A worker that dies leaves a file that nobody knows, which is swept away, and the job begins anew. What goes wrong is
    raised until it was tried too often.
    """
    taken = _begin(model, pk, at=at)
    if taken is None:
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        try:
            with transaction.atomic():
                told = write(taken, file)
            key, size, digest = _store(file)
        except NoLongerWanted:
            _give_up(model, pk, "no-longer-wanted")
            return
        except Exception as error:
            if taken.attempts < ATTEMPTS:
                raise
            _give_up(model, pk, type(error).__name__)
            return
    stored = StoredFile(key=key, name=name, media_type=ZIP, size=size, digest=digest)
    try:
        _offer(model, pk, stored, told, settle, at=at)
    except NoLongerWanted:
        discard(key)


def forget_old(*, at: datetime) -> int:
    """Remove the files whose days are over. Return how many. Call outside of a transaction."""
    keys: list[str] = []
    for model in (OwnCopy, Extract):
        rows: Any = model.objects
        for pk in rows.filter(state=TakenState.READY, expires_at__lte=at).values_list("pk", flat=True):
            keys += _expire(model, pk)
    for key in keys:
        discard(key)
    return len(keys)


@transaction.atomic
def _expire(model: Any, pk: UUID) -> list[str]:
    """Have a file be there no more. Return its key, to be discarded once that is certain."""
    taken = model.objects.select_for_update().filter(pk=pk, state=TakenState.READY).first()
    if taken is None:
        return []
    stored, taken.file, taken.state = taken.file, None, TakenState.EXPIRED
    taken.save(update_fields=["file", "state"])
    audit.record(action=f"{model._meta.label_lower}.removed", of=taken, by=None)
    if stored is None:
        return []
    stored.delete()
    return [stored.key]


@transaction.atomic
def _begin(model: Any, pk: UUID, *, at: datetime) -> Any:
    taken = model.objects.under_way().select_for_update().filter(pk=pk).first()
    if taken is None:
        return None
    if taken.attempts >= ATTEMPTS:  # and not one of them lived to say why
        taken.state, taken.problem = TakenState.FAILED, "Interrupted"
        taken.save(update_fields=["state", "problem"])
        audit.record(action=f"{model._meta.label_lower}.failed", of=taken, by=None)
        return None
    taken.attempts += 1
    taken.as_of = at
    taken.save(update_fields=["attempts", "as_of"])
    return taken


def _store(file: IO[bytes]) -> tuple[str, int, str]:
    key, size, digest = new_key(FILES), 0, hashlib.sha256()
    file.seek(0)
    with writing(key) as out:
        while content := file.read(CHUNK):
            out.write(content)
            digest.update(content)
            size += len(content)
    return key, size, digest.hexdigest()


@transaction.atomic
def _offer(
    model: Any, pk: UUID, stored: StoredFile, told: dict[str, Any], settle: Callable[[Any, Any], None], *, at: datetime
) -> None:
    taken = model.objects.under_way().select_for_update().filter(pk=pk).first()
    if taken is None:
        raise NoLongerWanted
    stored.save(force_insert=True)
    taken.file, taken.state = stored, TakenState.READY
    taken.ready_at, taken.expires_at = at, at + KEPT_FOR
    settle(taken, told)
    taken.save()


@transaction.atomic
def _give_up(model: Any, pk: UUID, problem: str) -> None:
    taken = model.objects.under_way().select_for_update().filter(pk=pk).first()
    if taken is not None:
        taken.state, taken.problem = TakenState.FAILED, problem
        taken.save(update_fields=["state", "problem"])
        audit.record(action=f"{model._meta.label_lower}.failed", of=taken, by=None)
