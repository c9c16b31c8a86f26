"""What has to fit a room that came back from a backup: its people, its files, its jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from access.events import MemberJoined, MemberLeft
from access.models import Member
from audit import recording as audit
from filestore.storage import discard, writing
from identity.models import User
from jobs.models import OutboxMessage
from kernel.events import publish
from kernel.modules import installed_modules
from tenancy import TenantRef, everywhere, use, use_cell, use_owner, use_platform
from tenants import levels
from tenants.life.archive import ArchiveReader, copy_chunks
from tenants.life.backing_up import FORMAT, VERSION, fingerprints_of, jobs_of
from tenants.life.carrying_on import Carried, Person, carry_on
from tenants.life.loading import DoesNotFit, FromNewerRelease
from tenants.life.manifest import NotReadable
from tenants.life.swapping import has_schema
from tenants.models import Membership, Tenant

# Jobs that speak of rows in the room; the platform's others (ending sessions, making exports) go on whatever it holds.
OF_THE_ROOM = ("jobs.handling.handle", "notify.tasks.deliver")


def check_backup(manifest: dict[str, Any], tenant: TenantRef) -> None:
    """Raise what says why a file is no backup of this tenant that this release can put back."""
    if manifest.get("format") != FORMAT or manifest.get("version") != VERSION:
        raise NotReadable(_("This file is not a backup of a workspace that this release reads."))
    if UUID(manifest["tenant"]["id"]) != tenant.id or manifest["tenant"]["schema_name"] != tenant.schema_name:
        raise DoesNotFit(_("This is the backup of another workspace."))
    needed = manifest.get("keys") or [manifest["key"]]  # one, as it was written while tenants had one
    if not set(needed) <= set(fingerprints_of(tenant)):
        raise DoesNotFit(_("Its notes are sealed with a key that this workspace no longer has."))
    strange = sorted(f"{app}.{name}" for app, name in manifest["migrations"] if app in levels.labels())
    strange = [name for name in strange if name not in levels.on_disk()]
    if strange:
        raise FromNewerRelease(
            _("The backup was made by another release; this one lacks: %(what)s.") % {"what": ", ".join(strange)}
        )


def bring_people(tenant: TenantRef, *, kept: str, with_log: bool, at: datetime) -> dict[str, Any]:
    """Have the people in a room who are there today, and what else lasts. Return who that changed, by their ids.

    `kept` is the room that it replaces; if there is none, the platform knows who of the staff is still there.
    """
    carried = Carried()
    if kept:
        with use_owner(tenant.schema_name), transaction.atomic(), connection.cursor() as cursor:
            carried = carry_on(cursor, tenant.schema_name, today=kept, with_log=with_log)
    carried.left += _end_those_who_are_gone(tenant, knows_all=bool(kept), at=at)
    tell_of_people(tenant, carried)
    return {
        "left_since": _ids(carried.left),
        "joined_since": _ids(carried.joined),
        "other_role_since": _ids(carried.other_role),
    }


def tell_of_people(tenant: TenantRef, carried: Carried) -> None:
    """Tell the modules again who left and who joined: their tables are from before."""
    with use(tenant), transaction.atomic():
        for person in carried.left:
            if person.user_id is not None:
                publish(MemberLeft(member_id=person.member_id, user_id=person.user_id))
        for person in carried.joined:
            if person.user_id is not None:
                publish(MemberJoined(member_id=person.member_id, user_id=person.user_id, role=person.role))


def tell_modules(tenant: TenantRef, *, at: datetime) -> None:
    """Have each module do again in the room what a backup does not undo."""
    with use(tenant), transaction.atomic():
        for module in installed_modules():
            if module.on_restored:
                module.load(module.on_restored)(at=at)


def bring_files(archive: ArchiveReader, tenant: TenantRef) -> dict[str, Any]:
    """Put back the files that are no longer there. Return what was put back, and what is missing for good."""
    put_back, missing = 0, list[str]()
    with use(tenant):
        for file in archive.manifest["files"]:
            key = file["key"]
            if default_storage.exists(key) and default_storage.size(key) == file["size"]:
                continue
            if not file["is_in"]:
                missing.append(key)
                continue
            with writing(key) as out:
                copy_chunks(archive.chunks(f"files/{key}"), out)
            put_back += 1
    return {"files_put_back": put_back, "files_missing": missing}


def files_only_in(schema_name: str, *, than: str) -> list[str]:
    """Return the keys of the files that one room of a tenant knows and another does not."""
    statement = sql.SQL("SELECT key FROM {} EXCEPT SELECT key FROM {}").format(
        sql.Identifier(schema_name, "filestore_storedfile"), sql.Identifier(than, "filestore_storedfile")
    )
    with use_owner(schema_name), connection.cursor() as cursor:
        if not (has_schema(cursor, schema_name) and has_schema(cursor, than)):  # gone already: somebody was at it
            return []
        cursor.execute(statement)
        return [key for (key,) in cursor.fetchall()]


def discard_files(tenant: TenantRef, keys: Iterable[str]) -> None:
    with use(tenant):
        for key in keys:
            discard(key)


def waiting_jobs(tenant_id: UUID) -> dict[str, Any]:
    """Return a tenant's waiting jobs as plain values, to be kept."""
    plain: dict[str, Any] = json.loads(json.dumps(jobs_of(tenant_id), default=str))
    return plain


def exchange_jobs(tenant: TenantRef, wanted: dict[str, Any]) -> dict[str, Any]:
    """Have those jobs wait for a tenant, of all that speak of its room, that waited when it was like this.

    What was done since is done again, for its effect is gone; a mail is not, for the room knows what was sent.
    """
    actors = _actors_of_rooms()
    removed = 0
    for enter in everywhere():
        with enter(), transaction.atomic():
            waiting = OutboxMessage.objects.filter(tenant_id=tenant.id, done_at=None, dead_at=None)
            stale = [row.pk for row in waiting.exclude(pk__in=list(wanted)) if row.actor.startswith(actors)]
            removed += OutboxMessage.objects.filter(pk__in=stale).delete()[0]
    rows = [
        OutboxMessage(**job | {"tenant_id": tenant.id, "room": tenant.schema_name})
        for job in wanted.values()
        if job["actor"].startswith(actors)
    ]
    again = ["done_at", "dead_at", "lease_until", "attempts", "available_at", "error"]
    with use_cell(), transaction.atomic():
        OutboxMessage.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=again)
    return {"jobs_removed": removed, "jobs_waiting_again": len(rows)}


def _actors_of_rooms() -> tuple[str, ...]:
    return (*OF_THE_ROOM, *(f"{module.name}." for module in installed_modules()))


def _end_those_who_are_gone(tenant: TenantRef, *, knows_all: bool, at: datetime) -> list[Person]:
    """End the memberships of accounts that are no more, and, where no room knew better, of staff on nobody's list."""
    with use(tenant):
        members = list(Member.objects.current().exclude(user_id=None))
        staff = {member.pk for member in Member.objects.current().staff()}
    with use_platform():
        known = set(User.objects.filter(pk__in=[each.user_id for each in members]).values_list("pk", flat=True))
        working = set(Membership.objects.filter(tenant_id=tenant.id).values_list("user_id", flat=True))
        working.add(Tenant.objects.values_list("owner_id", flat=True).get(pk=tenant.id))
    gone = [
        member
        for member in members
        if member.user_id not in known or (not knows_all and member.pk in staff and member.user_id not in working)
    ]
    with use(tenant), transaction.atomic():
        for member in gone:
            member.ended_at = at
            member.save(update_fields=["ended_at"])
            audit.record(action="access.member.ended", of=member, by=None, changes={"ended_at": (None, at)})
    return [Person(member.pk, member.user_id, member.role) for member in gone]


def _ids(people: list[Person]) -> list[str]:
    return [str(person.member_id) for person in people]
