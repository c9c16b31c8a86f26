"""Template tags of every page: icons, badges, people, money, times and the words of the vertical."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import template
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy
from django_vite.core.asset_loader import DjangoViteAssetLoader

from access.fields import seen_value
from access.membership import OPERATOR, SUPPORT
from access.models import Role
from kernel.modules import ModuleConfig, Panel, enabled_modules
from kernel.money import Money
from kernel.numbers import plain
from tenancy import TenantRef, addresses, catalog, tenant_in_use

register = template.Library()

WORDED_ROLES = (Role.PRACTITIONER, Role.PATIENT)
IN_THE_LOG = {SUPPORT: gettext_lazy("Support"), OPERATOR: gettext_lazy("Operator")}

SPRITE = "src/icons.svg"


@register.simple_tag
@lru_cache(maxsize=1024)  # a page has hundreds, of a few dozen kinds
def icon(name: str, classes: str = "") -> SafeString:
    """Draw a Lucide icon: `{% icon "calendar-days" %}`. The sprite is made at build time from the names it finds."""
    return format_html('<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, sprite_url(), name)


@register.simple_tag
@cache
def sprite_url() -> str:
    return DjangoViteAssetLoader.instance().generate_vite_asset_url(SPRITE)


@register.simple_tag
def badge(text: Any, tone: str = "", icon_name: str = "") -> SafeString:
    """Show a state as word, icon and tone: `{% badge "Paid" "good" "check" %}`."""
    tone_class = f"is-{tone}" if tone else ""
    return format_html('<span class="badge {}">{}{}</span>', tone_class, icon(icon_name) if icon_name else "", text)


@register.simple_tag
def flags(of: Any, who: UUID | None = None) -> SafeString:
    """Show what there is to know about somebody: `{% flags theirs %}`, or of many `{% flags flagged patient.pk %}`.

    How grave it is stands in words for whoever does not see the colour. icons: info triangle-alert octagon-alert
    """
    shown = of if who is None else (of or {}).get(who)
    drawn = '<span class="badge is-{}"{}>{}<span class="vh">{}: </span>{}</span>'
    return format_html_join(" ", drawn, [_told(flag) for flag in shown or ()])


def _told(flag: Any) -> tuple[Any, ...]:
    advice = format_html(' title="{}"', flag.advice) if flag.advice else ""
    return flag.tone, advice, icon(flag.icon), flag.label, flag.text


@register.simple_tag
def avatar(name: str, category: int = 1, classes: str = "") -> SafeString:
    initials = "".join(part[0] for part in str(name).split()[:2]).upper()
    return format_html('<span class="avatar {} cat-{}" aria-hidden="true">{}</span>', classes, category, initials)


@register.simple_tag
def word(key: str) -> str:
    """Return the vertical's word for something: a clinic's "Patients" are a shop's "Customers"."""
    tenant = tenant_in_use()
    return gettext(tenant.words.get(key, key.capitalize()) if tenant else key.capitalize())


@register.simple_tag(takes_context=True)
def seen(context: Any, row: Any, name: str) -> Any:
    """Return what whoever looks may see of a field with rules of its own: `{% seen patient "alert" as alert %}`."""
    return seen_value(context["request"].user, row, name)


@register.simple_tag
def role_name(role: str) -> str:
    """Name a role in the vertical's words: a vet practice's practitioners are vets. The log knows two more."""
    if not role or role in IN_THE_LOG:
        return str(IN_THE_LOG.get(role, ""))
    return word(role) if role in WORDED_ROLES else str(Role(role).label)


@register.simple_tag
def word_in_text(key: str) -> str:
    """Like `word`, within a sentence."""
    return word(key).lower()


@register.simple_tag
def nav_label(label: Any) -> str:
    """Return a menu's label: a word of the vertical if it is one, else as it is."""
    tenant = tenant_in_use()
    return gettext(tenant.words[str(label)]) if tenant and str(label) in tenant.words else str(label)


@register.simple_tag(takes_context=True)
def panels(context: Any, place: str, subject: Any = None) -> SafeString:
    """Show what the other modules have to say at this place: `{% panels "patient.main" patient %}`."""
    request = context["request"]
    shown = [
        module.load(panel.render)(request, subject)
        for module, panel in _panels_at(place)
        if not panel.permission or request.user.has_perm(panel.permission)
    ]
    return mark_safe("".join(shown))  # noqa: S308 - each panel is rendered from a template of ours


def _panels_at(place: str) -> list[tuple[ModuleConfig, Panel]]:
    found = [(module, panel) for module in enabled_modules() for panel in module.panels if panel.place == place]
    return sorted(found, key=lambda entry: entry[1].order)


@register.filter
def money(amount: Money) -> str:
    return amount.shown(translation.to_locale(translation.get_language() or settings.LANGUAGE_CODE))


@register.filter
def number(value: Decimal) -> str:
    """Show a quantity or a rate: "2.5", or "2,5" where people write it so."""
    return number_format(plain(value))


@register.filter
def day(moment: date | datetime | None) -> str:
    """Show a day the way people say it: "Thu 19 Nov", with the year only when it is another one."""
    if moment is None:
        return ""
    local = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    return date_format(local, "D j M" if local.year == timezone.localdate().year else "D j M Y")


@register.filter
def clock(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "H:i") if moment else ""


@register.simple_tag
def idempotency_key() -> SafeString:
    """Give a form a key, so that sending it twice does it once."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', uuid.uuid4())


@register.simple_tag
def tenant_host(name: str) -> str:
    """Return a tenant's address as people write it, without the scheme, from one of its names."""
    return addresses.tenant_host(name)


@register.simple_tag(takes_context=True)
def tenant_ahead(context: Any) -> TenantRef | None:
    """Return the tenant that somebody is on the way to: `?next=/hand-over/?tenant=…`, or `?to=…` of a mail's link."""
    query = context["request"].GET
    ahead = QueryDict(urlsplit(query.get("next", "")).query)
    try:
        return catalog.find_by_id(UUID(query.get("to") or ahead.get("tenant", "")))
    except ValueError:
        return None
