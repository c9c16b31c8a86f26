"""Take out of the log what it says of somebody who was erased, and have its chain hold all the same.

An entry stays: that something was done, when, by which account, to which row. Its values, whence it came, and the name
of whoever was erased go. The digest of the entry as it was is kept beside it, for the links are over that; so is one of
what remains, and an entry of its own vouches for both (`of_batch`). What no such entry vouches for was tampered with.
See platform/decisions/0044.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from audit.chain import FORM, REDACTED, SUMS
from audit.models import AuditEntry
from kernel.ids import new_id

OF_THEM = """
SELECT e.id FROM audit_auditentry e
WHERE (e.subject_id = ANY(%(subjects)s) OR e.user_id = ANY(%(accounts)s)
       OR (e.object_type || ':' || e.object_id) = ANY(%(objects)s))
  AND e.object_type <> ALL(%(but)s)
  AND (e.changes <> '{}' OR (e.user_id = ANY(%(accounts)s) AND (e.origin IS NOT NULL OR e.user_label <> '')))
  AND NOT EXISTS (SELECT 1 FROM audit_auditredaction r WHERE r.entry_id = e.id)
"""
KEEP = f"""
INSERT INTO audit_auditredaction (entry_id, batch_id, digest, remains)
SELECT e.id, %(batch)s, sha256(convert_to({FORM}, 'UTF8')), ''::bytea FROM audit_auditentry e
WHERE e.id = ANY(%(ids)s) AND EXISTS (SELECT 1 FROM audit_auditlink l WHERE l.entry_id = e.id)
"""  # noqa: S608 - nothing but our own columns
EMPTY = """
UPDATE audit_auditentry SET changes = '{}', origin = NULL,
    user_label = CASE WHEN user_id = ANY(%(accounts)s) THEN '' ELSE user_label END
WHERE id = ANY(%(ids)s)
"""
REMAIN = f"""
UPDATE audit_auditredaction r SET remains = sha256(convert_to({FORM}, 'UTF8'))
FROM audit_auditentry e WHERE e.id = r.entry_id AND r.batch_id = %(batch)s
"""  # noqa: S608 - the same


def redact(
    *, subjects: Collection[UUID], objects: Mapping[str, Collection[str]], accounts: Collection[UUID], but: str
) -> UUID:
    """Empty the entries about some people and rows, and by some accounts. Return the batch, for `vouch_for`.

    Call as the owner, with the guards of the log aside. Entries about rows of the kind `but` stay as they are.
    """
    batch = new_id()
    named = [f"{kind}:{key}" for kind, keys in objects.items() for key in keys]
    values: dict[str, Any] = {
        "subjects": list(subjects),
        "accounts": list(accounts),
        "objects": named,
        "but": [but],
        "batch": batch,
    }
    with connection.cursor() as cursor:
        cursor.execute(OF_THEM, values)
        values["ids"] = [row[0] for row in cursor.fetchall()]
        for statement in (KEEP, EMPTY, REMAIN):
            cursor.execute(statement, values)
    return batch


def vouch_for(batch: UUID) -> None:
    """Write into the log what was emptied, so that the chain vouches for it. Call with the guards back in their place.

    Of what was in no link yet there is nothing to vouch for: its link will be over what remains.
    """
    with connection.cursor() as cursor:
        cursor.execute(SUMS)
        sums = {known: (number, total) for known, number, total in cursor.fetchall()}
    if batch in sums:
        number, total = sums[batch]
        AuditEntry.objects.create(
            action=REDACTED,
            object_type=AuditEntry._meta.label_lower,
            object_id=str(batch),
            changes={"entries": [None, number], "digest": [None, total]},
        )
