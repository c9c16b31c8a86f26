"""The people of one tenant, as members."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from history import keeps_history
from kernel.ids import new_id
from kernel.lasting import Lasts


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    PRACTITIONER = "practitioner", _("Practitioner")
    RECEPTIONIST = "receptionist", _("Receptionist")
    PATIENT = "patient", _("Patient")


STAFF_ROLES = [Role.OWNER, Role.ADMIN, Role.PRACTITIONER, Role.RECEPTIONIST]
INVITED_ROLES = [Role.ADMIN, Role.PRACTITIONER, Role.RECEPTIONIST]


class RoleChangeQuerySet(models.QuerySet["RoleChange"]):
    def in_force(self) -> RoleChangeQuerySet:
        """The last one of each role and permission: the one that holds."""
        return self.order_by("role", "permission", "-id").distinct("role", "permission")


class RoleChange(models.Model):
    """An owner's word that a role may do more or less than its preset, or that the preset holds again. Append-only."""

    NONE, PRESET = "none", "preset"  # where else a reach (access.presets.Reach) stands

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    role = models.CharField(max_length=20, choices=Role)
    permission = models.CharField(max_length=80)
    reach = models.CharField(max_length=6)
    reason = models.CharField(max_length=300)
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    objects = RoleChangeQuerySet.as_manager()

    when_restored = Lasts()

    class Meta:
        indexes = [models.Index(fields=["role", "permission", "-id"], name="role_change_latest")]


class MemberQuerySet(models.QuerySet["Member"]):
    def current(self) -> MemberQuerySet:
        """Those who have joined and not left."""
        return self.filter(ended_at=None).exclude(joined_at=None)

    def staff(self) -> MemberQuerySet:
        return self.filter(role__in=STAFF_ROLES)

    def invited(self) -> MemberQuerySet:
        """Those who have been asked and have not answered yet."""
        return self.filter(ended_at=None, joined_at=None)

    def of_user(self, user_id: UUID) -> MemberQuerySet:
        return self.current().filter(user_id=user_id)


@keeps_history
class Member(models.Model):
    """Somebody in this tenant, in one role. An invitation is a member who has not joined yet."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField(null=True)  # identity.User; no foreign key crosses into public
    role = models.CharField(max_length=20, choices=Role)
    name = models.CharField(max_length=150)
    email = models.EmailField()
    invitation_digest = models.CharField(max_length=64, blank=True)
    invited_at = models.DateTimeField(null=True)
    invitation_expires_at = models.DateTimeField(null=True)
    invited_by_id = models.UUIDField(null=True)
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = MemberQuerySet.as_manager()

    kept_out_of_exports = ("invitation_digest",)  # an invitation is sent again
    when_restored = Lasts(ends=("ended_at", "now"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id"], condition=models.Q(ended_at=None), name="member_once"),
            models.UniqueConstraint(
                Lower("email"), condition=models.Q(ended_at=None, user_id=None), name="invitation_once"
            ),
        ]
        indexes = [models.Index(fields=["invitation_digest"], name="member_by_invitation")]

    def __str__(self) -> str:
        return self.name
