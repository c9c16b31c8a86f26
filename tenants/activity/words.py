"""What the audit log says of the workspace itself; what it says of modules, they say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import Member
from audit.words import Named, Trail
from kernel.modules import Words, installed_modules

DEEDS: Mapping[str, Words] = {
    "access.member.invited": _("%(who)s invited %(what)s"),
    "access.member.invited_again": _("%(who)s invited %(what)s again"),
    "access.member.joined": _("%(what)s joined"),
    "access.member.role_changed": _("%(who)s changed the role of %(what)s"),
    "access.member.ended": _("%(who)s ended the membership of %(what)s"),
    "access.role.changed": _("%(who)s changed what a role may do"),
    "audit.log.exported": _("%(who)s exported the activity log"),
    "audit.log.redacted": _("The values of somebody who was erased were taken out of the log"),
    "audit.log.viewed": _("%(who)s looked at the activity log"),
    "life.export.requested": _("%(who)s asked for an export of the workspace"),
    "life.export.fetched": _("%(who)s fetched an export of the workspace"),
    "life.export.discarded": _("%(who)s discarded an export of the workspace"),
    "notify.message.sent": _("A message was sent"),
    "tenants.workspace.opened": _("The workspace was opened"),
    "tenants.workspace.suspended": _("%(who)s suspended the workspace"),
    "tenants.workspace.resumed": _("%(who)s resumed the workspace"),
    "tenants.workspace.export_asked": _("%(who)s asked for an export of the workspace"),
    "tenants.workspace.deletion_scheduled": _("%(who)s set the workspace to be deleted"),
    "tenants.workspace.deletion_cancelled": _("%(who)s kept the workspace from being deleted"),
    "tenants.workspace.imported": _("The workspace was imported"),
    "tenants.workspace.restored": _("The workspace was restored from a backup"),
    "tenants.workspace.restoration_undone": _("The restoration of the workspace was undone"),
    "tenants.workspace.plan_changed": _("%(who)s changed the plan"),
    "tenants.module.furnished": _("A module was furnished"),
    "tenants.module.switched_on": _("%(who)s switched a module on"),
    "tenants.module.switched_off": _("%(who)s switched a module off"),
    "tenants.address.subdomain_changed": _("%(who)s changed the name of the workspace's address"),
    "tenants.address.address_chosen": _("%(who)s chose the address that links use"),
    "tenants.address.domain_added": _("%(who)s added a domain"),
    "tenants.address.domain_failing": _("A domain no longer leads here"),
    "tenants.address.domain_let_go": _("A domain was let go, since it had not led here for long"),
    "tenants.address.domain_moved": _("A domain went to another workspace, whose it was proved to be"),
    "tenants.address.domain_ready": _("A domain leads here"),
    "tenants.address.domain_removed": _("%(who)s took a domain away"),
    "tenants.security.second_step_changed": _("%(who)s changed who has to have a second step"),
    "tenants.support.requested": _("%(who)s asked to look on, as support"),
    "tenants.support.answered": _("%(who)s answered support that asked to look on"),
    "tenants.support.started": _("%(who)s began to look on, as support"),
    "tenants.support.ended": _("A support session ended, by %(who)s"),
    "tenants.support.page": _("%(who)s opened a page"),
    "tenants.support.policy_changed": _("%(who)s changed what support may do"),
}


def names_of(kind: str, ids: Collection[str], *, seen_by: Any) -> dict[str, Named]:
    """Name members, to who manages them. Of the rest of the workspace's own, the sentence says enough."""
    if kind == "identity.user":
        members = Member.objects.filter(user_id__in=ids) if seen_by.has_perm("access.manage_members") else []
        return {str(member.user_id): Named(member.name) for member in members}
    if kind != "access.member":
        return {each: Named("") for each in ids}
    if not seen_by.has_perm("access.manage_members"):
        return {}
    return {str(member.pk): Named(member.name, reverse("tenants:team")) for member in Member.objects.filter(pk__in=ids)}


OWN_AREA = "access+audit+life+notify+tenants"
OWN = Trail(_("Workspace and team"), DEEDS, names_of)


@cache
def trails() -> Mapping[str, Trail]:
    """Return every package's words, by the first part of its actions. A module that is off still has its past."""
    return {module.label: module.load(module.trail) for module in installed_modules() if module.trail}


def areas() -> list[tuple[str, Words, Mapping[str, Words]]]:
    """Return every area that actions belong to: the first part of their names, its title, and their sentences."""
    return [*((name, trail.label, trail.deeds) for name, trail in trails().items()), (OWN_AREA, OWN.label, OWN.deeds)]


def trail_of(name: str) -> Trail:
    """Return the words for an action, or for a kind of thing, by the first part of its name."""
    return trails().get(name.partition(".")[0], OWN)


def sentence_of(action: str) -> Words:
    """Return how an action reads; one that nobody has worded, by its name."""
    return trail_of(action).deeds.get(action) or f"%(who)s: {action.replace('%', '')} %(what)s"
