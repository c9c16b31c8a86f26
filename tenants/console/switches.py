"""Switch modules of a tenant on and off.

Off closes pages, API, menu and jobs. What was kept is there when it is on again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from access.models import Member, Role
from audit import recording as audit
from audit.models import AuditEntry
from kernel.errors import Conflict, NotFound
from kernel.modules import ModuleConfig, installed_modules, with_requirements
from tenancy import catalog, use, use_platform
from tenants.console import platform_log
from tenants.models import Tenant, TenantState
from tenants.opening import FURNISHED, Opening, furnish_module

ON, OFF = "tenants.module.switched_on", "tenants.module.switched_off"

Labels = frozenset[str]


class NoSuchModule(NotFound):
    code = "no-such-module"


class SwitchedAlready(Conflict):
    """Somebody else was quicker, or the page was old."""

    code = "switched-already"


class StillNeeded(Conflict):
    """Other modules that are on cannot do without this one."""

    code = "module-still-needed"


class NotSwitchable(Conflict):
    """A tenant that is on its way in or out has nothing to switch."""

    code = "tenant-not-switchable"


class Switch(NamedTuple):
    """A module as the console shows it."""

    module: ModuleConfig
    is_on: bool
    needed_by: list[ModuleConfig]  # on, and in the way of switching this one off
    brings: list[ModuleConfig]  # off, and switched on with this one


def switches_of(tenant: Tenant) -> list[Switch]:
    """Return every module there is, with what hangs on its switch."""
    on = frozenset(tenant.modules)
    return [_switch(module, on) for module in installed_modules()]


def switch_on(*, tenant: Tenant, label: str, by: Any, reason: str, at: datetime) -> list[str]:
    """Switch a module on, with whatever it requires. Return the labels that were off.

    One that was never on here is furnished first, so that nobody meets it half made. Raises `NoSuchModule`,
    `SwitchedAlready` or `NotSwitchable`. Call outside of a transaction: the platform and the tenant's room are written.
    """
    tenant = _checked(tenant, label)
    on = frozenset(tenant.modules)
    wanted = [module.label for module in installed_modules() if module.label in with_requirements([label]) - on]
    if label in on:
        raise SwitchedAlready(_("It is on already."))
    for each in wanted:
        _furnish_once(tenant, each, on=on | frozenset(wanted), at=at)
    turned = _turn(tenant, lambda now: _joined(now, wanted, label), action="module_on", by=by, reason=reason)
    for each in turned:
        changes = {"module": (None, each), "on": (False, True), "reason": (None, reason)}
        platform_log.tell_tenant(action=ON, tenant=tenant, by=by, changes=changes)
    return turned


def switch_off(*, tenant: Tenant, label: str, by: Any, reason: str) -> None:
    """Switch a module off. Raises what `switch_on` raises, or `StillNeeded` with what needs it.

    Call outside of a transaction, like `switch_on`.
    """
    tenant = _checked(tenant, label)
    if label in tenant.modules:
        _furnish_once(tenant, label, on=frozenset(tenant.modules), at=None)
    _turn(tenant, lambda now: _without(now, label), action="module_off", by=by, reason=reason)
    changes = {"module": (None, label), "on": (True, False), "reason": (None, reason)}
    platform_log.tell_tenant(action=OFF, tenant=tenant, by=by, changes=changes)


def _switch(module: ModuleConfig, on: Labels) -> Switch:
    needs = with_requirements([module.label]) - {module.label}
    brings = [other for other in installed_modules() if other.label in needs - on]
    return Switch(module, module.label in on, _needing(module.label, on), brings)


def _needing(label: str, on: Labels) -> list[ModuleConfig]:
    others = [module for module in installed_modules() if module.label in on and module.label != label]
    return [module for module in others if label in with_requirements([module.label])]


def _checked(tenant: Tenant, label: str) -> Tenant:
    """Return the tenant as it is now, with what its room needs to be entered."""
    if label not in {module.label for module in installed_modules()}:
        raise NoSuchModule(_("There is no module of this name."))
    with use_platform():
        now = Tenant.objects.with_rooms().select_related("owner").get(pk=tenant.pk)
    if now.state not in (TenantState.ACTIVE, TenantState.SUSPENDED):
        raise NotSwitchable(_("This tenant is neither open nor suspended, so its modules stay as they are."))
    return now


def _turn(tenant: Tenant, change: Callable[[Labels], Labels], *, action: str, by: Any, reason: str) -> list[str]:
    """Change the tenant's modules, note it, and return the labels that were turned, in the order they depend."""
    with use_platform(), transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        before, after = frozenset(locked.modules), change(frozenset(locked.modules))
        locked.modules = [module.label for module in installed_modules() if module.label in after]
        locked.save(update_fields=["modules"])
        catalog.changed()
        turned = [module.label for module in installed_modules() if module.label in before ^ after]
        details = {"modules": turned}
        platform_log.note(action=f"tenant.{action}", by=by, tenant_id=tenant.pk, reason=reason, details=details)
    return turned


def _joined(now: Labels, wanted: list[str], label: str) -> Labels:
    if label in now:
        raise SwitchedAlready(_("It is on already."))
    return now | frozenset(wanted)


def _without(now: Labels, label: str) -> Labels:
    if label not in now:
        raise SwitchedAlready(_("It is off already."))
    if needing := _needing(label, now):
        names = get_text_list([str(module.verbose_name) for module in needing], _("and"))
        raise StillNeeded(_("%(modules)s cannot do without it. Switch that off first.") % {"modules": names})
    return now - {label}


def _furnish_once(tenant: Tenant, label: str, *, on: Labels, at: datetime | None) -> None:
    """Give a module its presets, unless it had them: the tenant's log knows, being written in the same transaction.

    Without a time they are only noted as given: of a module that is on since before such notes were taken.
    """
    room = replace(tenant.ref(), modules=on)
    with use(room), transaction.atomic():
        _wait_for_others(room.schema_name)
        if AuditEntry.objects.filter(action=FURNISHED, changes__module__1=label).exists():
            return
        owner = Member.objects.current().filter(role=Role.OWNER).earliest("joined_at")
        if at is None:
            audit.record(action=FURNISHED, of=owner, by=None, changes={"module": (None, label)})
        else:
            furnish_module(Opening(tenant=room, owner=tenant.owner, owner_member=owner, at=at), label=label)


def _wait_for_others(room: str) -> None:
    """Let one at a time furnish this room: two operators may press the same switch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"furnish {room}"])
