"""Rights to single objects, kept by django-guardian: "this patient is in her care", "lent to him until Friday".

A module that hands out such rights keeps them in a table of its own, next to what they are about:

    class PatientGrant(ObjectGrant):
        content_object = models.ForeignKey("crm.Patient", models.CASCADE, related_name="grants")

        class Meta(ObjectGrant.Meta):
            constraints = [once("patient_grant_once")]

A right that has ended stays in the table as history. One with an end closes by itself: every question asks the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase
from guardian.shortcuts import get_objects_for_user

from identity.models import User

M = TypeVar("M", bound=Model)

NOT_OVER = Q(until=None) | Q(until__gt=Now())


class GrantsInForce(UserObjectPermissionManager):
    """What counts now. Guardian asks this manager, too."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(NOT_OVER, ended_at=None)


class ObjectGrant(UserObjectPermissionBase):
    """A guardian permission that says why, since when, until when and by whom; without foreign keys into `public`."""

    user = models.ForeignKey("identity.User", models.DO_NOTHING, db_constraint=False, related_name="+")
    permission = models.ForeignKey(Permission, models.DO_NOTHING, db_constraint=False)
    reason = models.CharField(max_length=200)
    granted_at = models.DateTimeField()
    granted_by_id = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.UUIDField(null=True)
    end_reason = models.CharField(max_length=200, db_default="")

    history = models.Manager()
    objects: ClassVar[Any] = GrantsInForce()

    class Meta:
        abstract = True
        default_manager_name = "history"
        base_manager_name = "history"

    @property
    def kind(self) -> str:
        """The permission's name; ask for rows with `select_related("permission")`."""
        return self.permission.codename


def once(name: str) -> models.UniqueConstraint:
    """Nobody holds one right to one object twice."""
    return models.UniqueConstraint(
        fields=["user", "permission", "content_object"], condition=Q(ended_at=None), name=name
    )


def grant(
    grants: type[ObjectGrant],
    *,
    permission: str,
    to: UUID,
    on: Model,
    reason: str,
    by: UUID | None,
    at: datetime,
    until: datetime | None = None,
) -> tuple[Any, bool]:
    """Give the user `to` a right to one object. Return it, and whether it is new: they may have it already."""
    which: dict[str, Any] = {"user_id": to, "permission": _permission(on, permission), "content_object": on}
    # What ran out by itself is closed now, to make room for the one in force.
    grants.history.filter(**which, ended_at=None, until__lte=at).update(ended_at=models.F("until"))
    return grants.history.get_or_create(
        **which,
        ended_at=None,
        defaults={"reason": reason, "granted_at": at, "granted_by_id": by, "until": until},
    )


def end_grants(rows: QuerySet[Any], *, reason: str, by: UUID | None, at: datetime) -> int:
    """End those of `rows` that have not ended. Return how many that were."""
    return rows.filter(ended_at=None).update(ended_at=at, ended_by_id=by, end_reason=reason)


def granted(model: type[M], *, any_of: Sequence[str], to: User) -> QuerySet[M]:
    """Return the objects that the user has one of these rights to. Groups and superusers do not exist here."""
    rights = [f"{model._meta.app_label}.{permission}" for permission in any_of]
    rows: QuerySet[M] = get_objects_for_user(
        to, rights, model, use_groups=False, any_perm=True, with_superuser=False, accept_global_perms=False
    )
    return rows


def grants_to(user: Any, *, any_of: Sequence[str], on: Any) -> list[ObjectGrant]:
    """Return these of the rights to `on` that the user holds now: by one query, or none after `know_grants`."""
    known = getattr(on, "_known_grants", None)
    rows = known if known is not None else on.grants(manager="objects").filter(user_id=user.pk)
    return [row for row in _with_kind(rows) if row.user_id == user.pk and row.kind in any_of]


def know_grants(thing: Any) -> None:
    """Look up everybody's rights to one object at once, for a page that asks about each person."""
    thing._known_grants = list(_with_kind(thing.grants(manager="objects").order_by("granted_at")))


def _with_kind(rows: Iterable[Any]) -> Iterable[Any]:
    return rows.select_related("permission") if isinstance(rows, QuerySet) else rows


def _permission(on: Model, codename: str) -> Permission:
    return Permission.objects.get(content_type=ContentType.objects.get_for_model(on), codename=codename)
