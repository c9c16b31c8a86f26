"""What the shell of every page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from access.membership import membership_of
from identity.elsewhere import Provider, provider
from kernel.cookies import full_name
from kernel.modules import NavItem, SettingsEntry, Tab, Words, enabled_modules, workspace_settings
from tenancy.requests import Request
from webui import theme
from webui.templatetags.ui import role_name

GROUPS = {"day": _("Day"), "clients": _("Clients"), "manage": _("Manage")}
THEMES = ("light", "dark")
ON_PHONE = 4  # a fifth place is for the rest
TYPEFACE = "node_modules/@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2"


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


SETTINGS = NavItem(
    _("Settings"), "tenants:settings", permission="access.use_workspace", icon="settings", group="manage", order=90
)


class Shell:
    """Read by the templates webui/staff.html and webui/portal.html."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.tenant = getattr(request, "tenant", None)
        self.user = getattr(request, "user", None)

    @property
    def theme(self) -> str:
        """Light or dark, if the person chose; else the system decides."""
        chosen = self.request.COOKIES.get(full_name("theme"), "")
        return chosen if chosen in THEMES else ""

    @property
    def typeface(self) -> str:
        """The file that every page needs first, by its name in Vite's manifest."""
        return TYPEFACE

    @property
    def theme_url(self) -> str:
        return theme.url_for(self.tenant) if self.tenant else ""

    @property
    def platform_url(self) -> str:
        return str(settings.PLATFORM_URL)

    @property
    def outbox_url(self) -> str:
        """The demo's mailbox, where mail is shown instead of sent; else nothing."""
        return f"{settings.PLATFORM_URL}/outbox/" if settings.OUTBOX_FOLDER else ""

    @cached_property
    def nav(self) -> list[tuple[Words, list[Line]]]:
        """The menu by group, each with its title, and with only what this person may open."""
        declared = [item for module in enabled_modules() for item in module.nav]
        items = sorted((item for item in declared if self._may_open(item)), key=lambda item: item.order)
        items += [SETTINGS] if self.settings else []
        lines = list(zip(items, self._lines(items), strict=True))
        groups = ((title, [line for item, line in lines if item.group == group]) for group, title in GROUPS.items())
        return [(title, lines) for title, lines in groups if lines]

    @cached_property
    def settings(self) -> list[SettingsEntry]:
        """The pages of settings that this person may open: the workspace's, and those of its modules."""
        declared = [*workspace_settings(), *(entry for module in enabled_modules() for entry in module.settings)]
        return sorted((entry for entry in declared if self._may_open(entry)), key=lambda entry: entry.order)

    @property
    def nav_on_phone(self) -> list[Line]:
        """The most used, for the bar at the bottom of a phone."""
        return self._all_lines()[:ON_PHONE]

    @property
    def nav_behind_more(self) -> list[Line]:
        """What the bar has no room for."""
        return self._all_lines()[ON_PHONE:]

    @property
    def tabs(self) -> list[Line]:
        """The portal's tabs; none for somebody whom the practice does not know yet."""
        return self._on_portal(tab for module in enabled_modules() for tab in module.tabs)

    @property
    def portal_menu(self) -> list[Line]:
        """What stands in the portal's account menu, to the same people."""
        return self._on_portal(tab for module in enabled_modules() for tab in module.portal_menu)

    def _on_portal(self, tabs: Iterable[Tab]) -> list[Line]:
        if not (self.user and self.user.has_perm("access.use_portal")):
            return []
        return self._lines(sorted(tabs, key=lambda tab: tab.order))

    @property
    def sign_in_by(self) -> Provider | None:
        """Who else vouches for people here, if the deployment names anybody."""
        return provider()

    @property
    def elsewhere(self) -> Sequence[Any]:
        """The person's other workspaces, each with `name`, `host` and `way`."""
        return getattr(self.request, "elsewhere", ())

    @property
    def person_name(self) -> str:
        return str(self.user or "")

    @property
    def role(self) -> str:
        membership = membership_of(self.user)
        return membership.role if membership else ""

    @property
    def role_name(self) -> str:
        """The person's role in the vertical's words."""
        return role_name(self.role)

    @property
    def is_staff(self) -> bool:
        membership = membership_of(self.user)
        return membership is not None and membership.is_staff

    def _all_lines(self) -> list[Line]:
        return [line for _, lines in self.nav for line in lines]

    def _lines(self, items: Sequence[NavItem | Tab]) -> list[Line]:
        """Draw the items; the one whose address reaches furthest into this page's is where we are."""
        urls = [reverse(item.url_name) for item in items]
        here = max((url for url in urls if self.request.path.startswith(url)), key=len, default="")
        return [
            Line(item.label, url, item.icon, getattr(item, "keys", ""), url == here)
            for item, url in zip(items, urls, strict=True)
        ]

    def _may_open(self, item: NavItem | SettingsEntry) -> bool:
        return bool(self.user and self.user.has_perm(item.permission))
