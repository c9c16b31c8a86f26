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
    addresses = _addresses(get_urlconf())
    badges: dict[str, str] = {}
    return mark_safe("".join([_line(visit, addresses, badges) for visit in visits]))  # noqa: S308 - escaped there


class _Pen:
    """Draws the visits of one page. What many of them have in common is made once."""

    def __init__(self, view: str, by: By) -> None:
        self._is_short, self._by = view == "week", by
        self._of_visits, self._of_groups = _addresses(get_urlconf())
        self._numbers: dict[UUID | None, int] = {}

    def drawn(self, card: Card) -> str:
        """Return one visit. What is visible is part of its name; the rest of the name is for whoever listens."""
        visit, by = card.visit, self._by
        state = visit.state
        service = "" if by is By.SERVICE else f"<span>{escape(visit.what)}</span>"
        fixed = "" if card.may_move else " data-fixed"
        address = self._of_groups if isinstance(visit, Group) else self._of_visits
        return (
            f'<li><a class="ev cat-{visit.service.category} {card.place}{card.manner}"'
            f' href="{address.format(visit.id)}" data-v="{visit.version}"{fixed}>{self._name(visit)}'
            f"{f'<em>{escape(str(state))}</em>' if state else ''}"
            f"<i>{escape(card.clock)}{icon(visit.flags[0].icon) if visit.flags else ''}</i>{service}"
            f'<span class="vh"{self._who(visit)}>, {escape(visit.described(by))}</span></a>'
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


def _line(visit: Shown, addresses: tuple[str, str], badges: dict[str, str]) -> str:
    of_visits, of_groups = addresses
    if isinstance(visit, Group):
        address, state = of_groups.format(visit.id), str(badge(visit.state, "info"))
    else:
        address, state = of_visits.format(visit.id), badges.get(visit.status) or _badge(visit.status)
        badges[visit.status] = state
    what = escape(f"{visit.what}, {visit.practitioner.name}")
    return (
        f'<li><span class="font-medium">{visit.clock}</span><div class="min-w-0">'
        f'<a class="rowlink block truncate" href="{address}">{escape(visit.name)}</a>'
        f'<p class="flex items-center gap-1.5 text-xs text-ink-2 cat-{visit.service.category}">'
        f'<span class="dot"></span>{what}</p></div>{state}</li>'
    )


def _badge(status: str) -> str:
    return render_to_string("scheduling/status_badge.html", {"status": status})


@cache
def _addresses(urlconf: str | None) -> tuple[str, str]:
    """Return the addresses of a visit and of a group, with braces for the id."""
    of_visits = reverse("scheduling:visit", kwargs={"appointment_id": NOBODYS}, urlconf=urlconf)
    of_groups = reverse("scheduling:group", kwargs={"group_id": NOBODYS}, urlconf=urlconf)
    return of_visits.replace(NOBODYS, "{}"), of_groups.replace(NOBODYS, "{}")
