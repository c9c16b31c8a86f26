"""Of whom a workspace asks a second step at sign-in, and who of them has none yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.membership import membership_of, visit_of
from access.models import STAFF_ROLES, Role
from identity import second_step
from tenancy import TenantRef


class AskedOf(models.TextChoices):
    NOBODY = "nobody", _("Nobody; everybody decides for themselves")
    MANAGERS = "managers", _("Owners and administrators")
    STAFF = "staff", _("Everybody who works here")


COVERED: Mapping[str, frozenset[str]] = {
    AskedOf.NOBODY: frozenset(),
    AskedOf.MANAGERS: frozenset({Role.OWNER, Role.ADMIN}),
    AskedOf.STAFF: frozenset(STAFF_ROLES),
}


def covers(asked_of: str, role: str) -> bool:
    """Test whether people in this role have to have a second step, where it is asked of `asked_of`."""
    return role in COVERED[asked_of]


def is_missing(user: Any, tenant: TenantRef) -> bool:
    """Test whether somebody has to set one up before anything in the tenant in use opens to them.

    Costs no query where it is asked of nobody. Support is no member, and had to have one to come here.
    """
    if tenant.second_step_for == AskedOf.NOBODY or not user.is_authenticated or visit_of(user):
        return False
    membership = membership_of(user)
    if membership is None or not covers(tenant.second_step_for, membership.role):
        return False
    return not second_step.who_have_one([user.pk])
