"""The visits of a calendar's column as HTML. A week of ten people has 700; Django's template takes 0.3 s for them."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django import template
from django.urls import get_urlconf, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from modules.scheduling.boards import By
from modules.scheduling.boards.calendar import Card, Column
from webui.templatetags.ui import icon

register = template.Library()

NOBODYS = str(UUID(int=0))


@register.simple_tag
def cards(column: Column, *, view: str, by: str) -> SafeString:
    """Draw the visits of a column: links that scripts may carry elsewhere."""
    address = _address(get_urlconf())
    return mark_safe("".join(_drawn(card, address, view, by) for card in column.cards))  # noqa: S308 - escaped below


def _drawn(card: Card, address: str, view: str, by: str) -> str:
    """Return one visit. What is visible is part of its name; the rest of the name is for whoever listens."""
    visit = card.visit
    name = escape(visit.short_name if view == "week" else visit.name)
    state = f"<em>{escape(visit.state)}</em>" if visit.state else ""
    alert = icon("triangle-alert") if visit.has_alert else ""
    service = "" if by == By.SERVICE else f"<span>{escape(visit.service.name)}</span>"
    return (
        f'<li><a class="ev cat-{visit.service.category} {card.place}{_manner(card)}"'
        f' href="{address.replace(NOBODYS, str(visit.id))}" data-v="{visit.version}"{_data(card, by)}><b>{name}</b>'
        f"{state}<i>{escape(card.clock)}{alert}</i>{service}"
        f'<span class="vh">, {escape(visit.described(By(by)))}</span></a></li>'
    )


def _manner(card: Card) -> str:
    return (f" {card.tone}" if card.tone else "") + (" goes-on" if card.goes_on else "")


def _data(card: Card, by: str) -> str:
    """Return what scripts have to know: what cannot be moved, and who must not be in two columns at once."""
    fixed = "" if card.may_move else " data-fixed"
    return fixed if by == By.PRACTITIONER else f'{fixed} data-who="{str(card.visit.practitioner.id)[-6:]}"'


@cache
def _address(urlconf: str | None) -> str:
    return reverse("scheduling:visit", kwargs={"appointment_id": NOBODYS}, urlconf=urlconf)
