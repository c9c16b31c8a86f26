"""What the shell of every page shows."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from access.membership import membership_of
from kernel.modules import NavItem, Tab, enabled_modules
from tenancy.requests import Request
from webui import theme

GROUPS = ("day", "clients", "manage")


def shell(request: Request) -> dict[str, Any]:
    """Return `shell`: the tenant, its menu for this person, and its theme. Nothing is looked up until it is used."""
    return {"shell": Shell(request)}


class Line(NamedTuple):
    """A line of the menu as it is drawn."""

    label: Any
    url: str
    icon: str
    keys: str
    is_here: bool


# What belongs to no module: the people who work here.
WORKSPACE_NAV = (
    NavItem(
        _("Team"), "tenants:team", permission="access.manage_members", icon="users-round", group="manage", order=90
    ),
)


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

    @cached_property
    def nav(self) -> list[tuple[str, list[Line]]]:
        """The menu by group, with only what this person may open."""
        items = [*WORKSPACE_NAV, *(item for module in enabled_modules() for item in module.nav)]
        items = sorted((item for item in items if self._may_open(item)), key=lambda item: item.order)
        groups = ((group, [self._line(item) for item in items if item.group == group]) for group in GROUPS)
        return [(group, lines) for group, lines in groups if lines]

    @property
    def nav_on_phone(self) -> list[Line]:
        """The five most used, for the bar at the bottom of a phone."""
        return [line for _, lines in self.nav for line in lines][:5]

    @property
    def tabs(self) -> list[Line]:
        tabs = sorted((tab for module in enabled_modules() for tab in module.tabs), key=lambda tab: tab.order)
        return [self._line(tab) for tab in tabs]

    @property
    def role(self) -> str:
        membership = membership_of(self.user)
        return membership.role if membership else ""

    @property
    def is_staff(self) -> bool:
        membership = membership_of(self.user)
        return membership is not None and membership.is_staff

    def _line(self, item: NavItem | Tab) -> Line:
        url = reverse(item.url_name)
        here = self.request.path == url or (url != "/" and self.request.path.startswith(url))
        return Line(item.label, url, item.icon, getattr(item, "keys", ""), here)

    def _may_open(self, item: NavItem) -> bool:
        return bool(self.user and self.user.has_perm(item.permission))
