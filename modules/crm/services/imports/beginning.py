"""Begin an import, and end one that goes nowhere. What takes long is done by a job, in one transaction each time: what
was begun is whole or not there at all, whatever happens to the worker."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.checking import FileRefused
from filestore.models import StoredFile
from filestore.storage import discard, store_file
from kernel.errors import Conflict, Invalid
from kernel.events import publish
from kernel.locking import lock_row
from modules.crm.events import ImportWaits
from modules.crm.models import UNDER_WAY, ImportedRow, ImportState, Outcome, PeopleImport
from modules.crm.services.imports.progress import forget_progress
from tenancy import current_tenant

FILES = "imports"  # the folder
ROWS_KEPT = timedelta(days=30)
BATCH = 500
LONGEST_NAME = 100


class ImportRefused(Invalid):
    """What was asked for does not make an import; `fields` says where."""

    code = "import-invalid"


class NotNow(Conflict):
    """An import is at another step than the one that was asked for."""

    code = "import-not-now"


@transaction.atomic
def start_import(*, name: str, content: bytes, by: Any, at: datetime) -> PeopleImport:
    """Keep a file and have it read. Raises `FileRefused`."""
    if len(content) > settings.MOST_FILE_BYTES:
        at_most = filesizeformat(settings.MOST_FILE_BYTES)
        raise FileRefused(_("This file is larger than %(size)s.") % {"size": at_most})
    if not content.strip():
        raise FileRefused(_("This file is empty."))
    stored = store_file(name="import", content=content, media_type="application/octet-stream", kind=FILES)
    imported = PeopleImport.objects.create(
        name=_shown(name),
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        file=stored,
        by_id=by.pk,
        asked_by_id=by.pk,
        by_name=str(by),
        created_at=at,
        rows_until=at + ROWS_KEPT,
    )
    audit.record(action="crm.peopleimport.begun", of=imported, by=by, changes={"digest": (None, imported.digest)})
    do_later(imported)
    return imported


@transaction.atomic
def read_again(*, imported: PeopleImport, encoding: str, by: Any) -> PeopleImport:
    """Read a text file as of another encoding: names look wrong in the wrong one. Raises `NotNow`."""
    locked = at_step(imported, ImportState.MAPPING)
    locked.encoding, locked.state = encoding, ImportState.READING
    locked.save(update_fields=["encoding", "state"])
    do_later(locked)
    return locked


@transaction.atomic
def discard_import(*, imported: PeopleImport, by: Any) -> PeopleImport:
    """Throw away what was not imported. Raises `NotNow`."""
    locked = at_step(imported, ImportState.MAPPING, ImportState.CHECKED, ImportState.UNREADABLE)
    forget_file(locked)
    ImportedRow.objects.filter(imported=locked).delete()
    locked.state = ImportState.DISCARDED
    locked.save(update_fields=["state"])
    audit.record(action="crm.peopleimport.discarded", of=locked, by=by)
    return locked


@transaction.atomic
def forget_rows(*, at: datetime) -> int:
    """Forget what the rows of old imports said, and the files of those that nobody went on with. Return how many."""
    old = list(PeopleImport.objects.filter(rows_until__lte=at).exclude(state__in=UNDER_WAY).select_related("file"))
    for imported in old:
        ImportedRow.objects.filter(imported=imported).delete()
        forget_file(imported)
    never = [each.pk for each in old if each.state in (ImportState.MAPPING, ImportState.CHECKED)]
    PeopleImport.objects.filter(pk__in=never).update(state=ImportState.DISCARDED)
    return len(old)


@transaction.atomic
def forget_copies(*, patients: Collection[UUID], clients: Collection[UUID]) -> int:
    """Forget the rows that say the same as these people's, and of the files that they came with those that could not
    be imported: nobody knows whose these are. Their own rows are theirs, and go with them. Return how many."""
    theirs = Q(patient_id__in=patients) | Q(matched_id__in=patients) | Q(client_id__in=clients)
    own = ImportedRow.objects.filter(theirs)
    here = own.filter(imported=OuterRef("imported"))
    copies = Exists(here.filter(number=OuterRef("twin"))) | Exists(here.filter(twin=OuterRef("number")))
    unread = Exists(here) & Q(outcome=Outcome.ERROR)
    rows = ImportedRow.objects.filter(copies | unread, patient_id=None, matched_id=None)
    return rows.delete()[0]


def earlier_import_of(imported: PeopleImport) -> PeopleImport | None:
    """Return an import of the very same file that is still in force."""
    same = PeopleImport.objects.filter(digest=imported.digest, state=ImportState.DONE).exclude(pk=imported.pk)
    return same.order_by("-imported_at").first()


def at_step(imported: PeopleImport, *states: ImportState) -> PeopleImport:
    """Lock an import that is at one of these steps. Raises `NotNow`."""
    locked: PeopleImport = lock_row(PeopleImport.objects.select_related("file"), imported.pk)
    if locked.state not in states:
        raise NotNow(_("This import is at another step by now: look at it anew."))
    return locked


def do_later(imported: PeopleImport) -> None:
    """Have a job do the step that an import is at."""
    forget_progress(imported)
    publish(ImportWaits(import_id=imported.pk, state=imported.state))


def forget_file(imported: PeopleImport) -> None:
    """Remove the file once this transaction has committed."""
    if stored := imported.file:
        imported.file = None
        imported.save(update_fields=["file"])
        StoredFile.objects.filter(pk=stored.pk).delete()
        transaction.on_commit(lambda: discard(stored.key), robust=True)


def one_at_a_time() -> None:
    """Have a second import of this workspace wait for the end of this transaction, and then find whom this one made."""
    with connection.cursor() as cursor:
        key = f"{current_tenant().schema_name}:people-import"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _shown(name: str) -> str:
    plain = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in plain if sign.isprintable())[:LONGEST_NAME] or "import"
