"""What the shell of every page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from access.membership import membership_of
from kernel.modules import NavItem, enabled_modules
from tenancy.requests import Request
from webui import theme

GROUPS = ("day", "clients", "manage")


def shell(request: Request) -> dict[str, Any]:
    """Return `shell`: the tenant, its menu for this person, and its theme. Nothing is looked up until it is used."""
    return {"shell": Shell(request)}


class Shell:
    """Read by the templates webui/staff.html and webui/portal.html."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.tenant = getattr(request, "tenant", None)
        self.user = getattr(request, "user", None)

    @property
    def theme_url(self) -> str:
        return theme.url_for(self.tenant) if self.tenant else ""

    @property
    def platform_url(self) -> str:
        return str(settings.PLATFORM_URL)

    @property
    def nav(self) -> list[tuple[str, list[NavItem]]]:
        """The menu by group, with only what this person may open."""
        items = [item for module in enabled_modules() for item in module.nav if self._may_open(item)]
        items.sort(key=lambda item: item.order)
        groups = ((group, [item for item in items if item.group == group]) for group in GROUPS)
        return [(group, items) for group, items in groups if items]

    @property
    def nav_on_phone(self) -> list[NavItem]:
        """The five most used, for the bar at the bottom of a phone."""
        return [item for _, items in self.nav for item in items][:5]

    @property
    def tabs(self) -> list[Any]:
        tabs = [tab for module in enabled_modules() for tab in module.tabs]
        return sorted(tabs, key=lambda tab: tab.order)

    @property
    def role(self) -> str:
        membership = membership_of(self.user)
        return membership.role if membership else ""

    @property
    def is_staff(self) -> bool:
        membership = membership_of(self.user)
        return membership is not None and membership.is_staff

    def _may_open(self, item: NavItem) -> bool:
        return bool(self.user and self.user.has_perm(item.permission))
