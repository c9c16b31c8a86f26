"""Rights to single objects, kept by django-guardian: "this patient is in her care".

A module that hands out such rights keeps them in a table of its own, next to what they are about:

    class PatientGrant(ObjectGrant):
        content_object = models.ForeignKey("crm.Patient", models.CASCADE, related_name="grants")
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Model, QuerySet
from guardian.core import ObjectPermissionChecker
from guardian.models import UserObjectPermissionBase
from guardian.shortcuts import get_objects_for_user

from identity.models import User

M = TypeVar("M", bound=Model)


class ObjectGrant(UserObjectPermissionBase):
    """A guardian permission that says why, since when and by whom; without foreign keys into `public`."""

    user = models.ForeignKey("identity.User", models.DO_NOTHING, db_constraint=False, related_name="+")
    permission = models.ForeignKey(Permission, models.DO_NOTHING, db_constraint=False)
    reason = models.CharField(max_length=200)
    granted_at = models.DateTimeField()
    granted_by_id = models.UUIDField(null=True)

    class Meta:
        abstract = True


def grant(
    grants: type[ObjectGrant], *, permission: str, to: UUID, on: Model, reason: str, by: UUID | None, at: datetime
) -> bool:
    """Give the user `to` a right to one object. Return False if they had it."""
    content_type = ContentType.objects.get_for_model(on)
    right = Permission.objects.get(content_type=content_type, codename=permission)
    which: dict[str, Any] = {"user_id": to, "permission": right, "content_object": on}
    _, given = grants._default_manager.get_or_create(
        **which,
        defaults={"reason": reason, "granted_at": at, "granted_by_id": by},
    )
    return given


def granted(model: type[M], *, permission: str, to: User) -> QuerySet[M]:
    """Return the objects that the user has this right to. Groups and superusers do not exist here."""
    rows: QuerySet[M] = get_objects_for_user(
        to, permission, model, use_groups=False, with_superuser=False, accept_global_perms=False
    )
    return rows


def is_granted(*, permission: str, to: Any, on: Model) -> bool:
    return permission in ObjectPermissionChecker(to).get_user_perms(on)
