"""Have all texts of a tenant sealed with its newest key: those from before it had one, or had it renewed."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q

from privacy.backfill import any_sealed_otherwise, seal_room
from privacy.keys import names_in
from tenancy import TenantRef, use_platform
from tenants.keys import KNOWN_AFTER, drop_older_keys, give_key, promote_keys, seal_anew
from tenants.models import Tenant, TenantKey, TenantQuerySet

logger = logging.getLogger(__name__)


def seal_rooms(*, at: datetime) -> int:
    """Seal what is plain or sealed with an older key, room by room. Return how many rooms are done now that were not.

    A room whose tables are busy is left for the next time, and so is one whose key has just been renewed: somebody
    may still be writing with the older one.
    """
    promote_keys(at=at)
    with use_platform():
        for tenant_id in Tenant.objects.visited().filter(key=None).values_list("pk", flat=True):
            give_key(tenant_id=tenant_id, at=at, is_new=False)
        settled = Q(key__sealing_since=None) | Q(key__sealing_since__lte=at - KNOWN_AFTER)
        rooms = [tenant.ref() for tenant in _rooms().filter(settled, key__all_sealed_at=None)]
    return sum(_seal(room, at=at) for room in rooms)


def retire_keys() -> dict[str, bool]:
    """Drop older keys that no text needs. Return the schemas that had any, and whether they are gone.

    A room that was put aside when a backup was put back needs its tenant's older keys as long as it is kept.
    """
    with use_platform():
        rooms = [tenant.ref() for tenant in _rooms().filter(key__next_since=None)]
        kept = set(Tenant.objects.exclude(restoration=None).values_list("pk", flat=True))
        sealed = set(TenantKey.objects.exclude(all_sealed_at=None).values_list("pk", flat=True))
    older = [room for room in rooms if len(names_in(room.sealed_key)) > 1]
    return {room.schema_name: room.id in sealed - kept and _retire(room) for room in older}


def _rooms() -> TenantQuerySet:
    return Tenant.objects.visited().with_rooms()


def _seal(room: TenantRef, *, at: datetime) -> bool:
    try:
        seal_room(room)
    except DatabaseError as error:
        logger.warning("The texts of %s could not be sealed yet: %s", room.schema_name, type(error).__name__)
        return False
    _note_done(room.id, at=at)
    return True


def _retire(room: TenantRef) -> bool:
    if any_sealed_otherwise(room):
        with use_platform():
            seal_anew(tenant_id=room.id)
        return False
    drop_older_keys(tenant_id=room.id)
    return True


def _note_done(tenant_id: UUID, *, at: datetime) -> None:
    with use_platform(), transaction.atomic():
        TenantKey.objects.filter(pk=tenant_id).update(all_sealed_at=at)
