"""Seal the rooms of tenants from before their sensitive texts were sealed."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction

from privacy.backfill import seal_room
from tenancy import use_platform
from tenants.keys import give_key
from tenants.models import Tenant, TenantKey

logger = logging.getLogger(__name__)


def seal_rooms(*, at: datetime) -> int:
    """Seal what is still plain, room by room. Return how many rooms are done now that were not.

    A room whose tables are busy is left for the next time.
    """
    with use_platform():
        for tenant_id in Tenant.objects.visited().filter(key=None).values_list("pk", flat=True):
            give_key(tenant_id=tenant_id, at=at, is_new=False)
        rooms = [tenant.ref() for tenant in Tenant.objects.visited().filter(key__all_sealed_at=None).with_rooms()]
    done = 0
    for room in rooms:
        try:
            seal_room(room)
        except DatabaseError as error:
            logger.warning("The texts of %s could not be sealed yet: %s", room.schema_name, type(error).__name__)
        else:
            _note_done(room.id, at=at)
            done += 1
    return done


def _note_done(tenant_id: UUID, *, at: datetime) -> None:
    with use_platform(), transaction.atomic():
        TenantKey.objects.filter(pk=tenant_id).update(all_sealed_at=at)
