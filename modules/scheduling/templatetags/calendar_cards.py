"""The visits of a calendar as HTML. A week of ten people has 700; Django's template takes 0.3 s for them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from typing import Any
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.urls import get_urlconf, reverse
from django.utils.safestring import SafeString, mark_safe

from modules.scheduling.boards import By
from modules.scheduling.boards.calendar import Card, Column, Shown
from modules.scheduling.boards.groups import Group
from webui.templatetags.ui import badge, icon

register = template.Library()

NOBODYS = str(UUID(int=0))


@register.simple_tag(takes_context=True)
def cards(context: Any, column: Column, *, view: str, by: str) -> SafeString:
    """Draw the visits of a column: links that scripts may carry elsewhere."""
    pen = context.render_context.setdefault("calendar-pen", _Pen(view, By(by)))
    return mark_safe("".join([pen.drawn(card) for card in column.cards]))  # noqa: S308 - escaped by the pen


@register.simple_tag
def agenda(visits: Iterable[Shown]) -> SafeString:
    """Draw a day's visits one below the other."""
    before, after = _address(get_urlconf())
    badges: dict[str, str] = {}
    return mark_safe("".join([_line(visit, before, after, badges) for visit in visits]))  # noqa: S308 - escaped there


class _Pen:
    """Draws the visits of one page. What many of them have in common is made once."""

    def __init__(self, view: str, by: By) -> None:
        self._is_short, self._by = view == "week", by
        self._before, self._after = _address(get_urlconf())
        self._alert = str(icon("triangle-alert"))
        self._numbers: dict[UUID | None, int] = {}

    def drawn(self, card: Card) -> str:
        """Return one visit. What is visible is part of its name; the rest of the name is for whoever listens."""
        visit, by = card.visit, self._by
        state = visit.state
        service = "" if by is By.SERVICE else f"<span>{escape(visit.service.name)}</span>"
        tag, link = ("div", "") if isinstance(visit, Group) else ("a", f' href="{self._before}{visit.id}{self._after}"')
        return (
            f'<li><{tag} class="ev cat-{visit.service.category} {card.place}{card.manner}"{link}'
            f' data-v="{visit.version}"{"" if card.may_move else " data-fixed"}>{self._name(visit)}'
            f"{f'<em>{escape(str(state))}</em>' if state else ''}"
            f"<i>{escape(card.clock)}{self._alert if visit.has_alert else ''}</i>{service}"
            f'<span class="vh"{self._who(visit)}>, {escape(visit.described(by))}</span></{tag}>'
        )

    def _name(self, visit: Shown) -> str:
        """Return the name, of which a narrow column shows only the last."""
        if not self._is_short:
            return f"<b>{escape(visit.name)}</b>"
        first = visit.unseen_name
        return f"<b>{escape(visit.short_name)}</b>{f'<u class=vh> {escape(first)}</u>' if first else ''}"

    def _who(self, visit: Shown) -> str:
        """Return for scripts who must not be in two columns at once; beside the name, where it packs best."""
        if self._by is By.PRACTITIONER:
            return ""
        return f" data-who={self._numbers.setdefault(visit.practitioner.id, len(self._numbers))}"


def _line(visit: Shown, before: str, after: str, badges: dict[str, str]) -> str:
    name = escape(visit.name)
    if isinstance(visit, Group):
        title, state = f"<p>{name}</p>", str(badge(visit.state, "info"))
    else:
        title = f'<a class="rowlink block truncate" href="{before}{visit.id}{after}">{name}</a>'
        state = badges.get(visit.status) or render_to_string("scheduling/status_badge.html", {"status": visit.status})
        badges[visit.status] = state
    what = escape(f"{visit.service.name}, {visit.practitioner.name}")
    return (
        f'<li><span class="font-medium">{visit.clock}</span><div class="min-w-0">{title}'
        f'<p class="flex items-center gap-1.5 text-xs text-ink-2 cat-{visit.service.category}">'
        f'<span class="dot"></span>{what}</p></div>{state}</li>'
    )


@cache
def _address(urlconf: str | None) -> tuple[str, str]:
    """Return what stands before and after its id in the address of a visit."""
    address = reverse("scheduling:visit", kwargs={"appointment_id": NOBODYS}, urlconf=urlconf)
    before, _, after = address.partition(NOBODYS)
    return before, after
