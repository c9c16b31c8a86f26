"""The cards of the Today board as HTML. A busy day has 200; Django's template takes 0.3 s for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from uuid import UUID

from django import template
from django.urls import get_urlconf, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from modules.scheduling.boards import Card
from modules.scheduling.boards.strips import Strip
from modules.scheduling.domain.states import Status
from modules.scheduling.gateways.video import video_url
from modules.scheduling.models import ITEM_LABELS
from webui.templatetags.ui import avatar, badge, flags, icon, panels

register = template.Library()

Steps = dict[Status, tuple[Status, str]]  # the state that comes next, and what its button says

NOBODYS = str(UUID(int=0))
# icons: chevron-right triangle-alert calendar-check circle-x clipboard-list


@register.simple_tag(takes_context=True)
def today_cards(context: Any, cards: Iterable[Card]) -> SafeString:
    """Draw cards in their order. Their buttons belong to the form `step`, and are there today only."""
    address, has_buttons = _address(get_urlconf()), context["board"].is_today
    steps = _steps() if has_buttons else {}
    drawn = (_drawn(context, card, address, steps) for card in cards)
    return mark_safe("".join(drawn))  # noqa: S308 - escaped below


def _drawn(context: Any, card: Card, address: str, steps: Steps) -> str:
    at, who = address.replace(NOBODYS, str(card.pk)), escape(card.patient)
    where = f"{card.service}, {card.room}" if card.room else card.service
    buttons = "".join(_buttons(card, at, who, steps)) if steps else ""
    return (
        f'<li class="card p-2.5" id="card-{card.pk}"><div class="flex items-start gap-2">'
        f'<span class="text-ink-2">{card.clock}</span><div class="min-w-0 flex-1">'
        f'<a class="rowlink block truncate" href="{at}">{who}</a>'
        f'<p class="flex items-center gap-1.5 text-xs text-ink-2 cat-{card.category}"><span class="dot"></span>'
        f'<span class="truncate">{escape(where)}</span></p></div>'
        f"{avatar(card.practitioner, card.colour, 'avatar-sm')}"
        f'<span class="vh">{escape(card.practitioner)}</span></div>'
        f'<div class="flex flex-wrap items-center gap-1.5 mt-2">{"".join(_marks(card, who))}{_missing(card, at, who)}'
        f'{f"""<span class="ml-auto flex gap-1">{buttons}</span>""" if buttons else ""}'
        f"{panels(context, 'today.done', card) if card.status == Status.COMPLETED else ''}</div></li>"
    )


@register.simple_tag
def strip_bars(strip: Strip) -> SafeString:
    """Draw how somebody's day is used, on a scale of 1,000."""
    bars = (f'<rect x="{each.x}" width="{each.width}" height="20" class="{each.kind}"/>' for each in strip.stretches)
    return mark_safe("".join(bars))  # noqa: S308 - numbers and names of ours


def _marks(card: Card, who: str) -> Iterator[str]:
    """Yield what there is to know before the next step: in words, and in amber where somebody has to do something."""
    if card.is_next:
        yield badge(_("Next"), "info", "chevron-right")
    if card.flags:
        yield flags(card.flags)
    if card.late:
        yield _timer(_("%(n)s min late") % {"n": card.late}, is_urgent=card.may_be_given_up)
    elif card.status == Status.CHECKED_IN:
        yield _timer(_("waiting %(n)s min") % {"n": card.waits}, is_urgent=card.waits_long)
    elif card.over:
        yield _timer(_("%(n)s min over") % {"n": card.over}, is_urgent=True)
    elif card.status == Status.IN_PROGRESS:
        yield _timer(_("ends %(end)s") % {"end": card.ends_clock}, is_urgent=False)
    elif card.status == Status.CONFIRMED:
        yield badge(card.label, "good", "calendar-check")
    elif card.status == Status.NO_SHOW:
        yield badge(card.label, "bad", "circle-x")
    link = video_url(card.pk, status=card.status, own_room=card.own_room) if card.by_video else ""
    if link and card.status != Status.COMPLETED:
        yield (
            f'<a class="btn btn-quiet btn-sm" href="{escape(link)}" target="_blank"'
            f' rel="noopener noreferrer">{icon("video", "i-sm")}{_("Video")}<span class="vh"> {who}</span></a>'
        )


def _missing(card: Card, at: str, who: str) -> str:
    """Say what is missing of the check-in list, and whose insurance is over; it leads to where it is seen to."""
    said = []
    if card.missing:
        named = ", ".join(str(ITEM_LABELS[item]) for item in card.missing)
        said.append(_("Missing: %(what)s") % {"what": named})
    if card.lapsed:
        said.append(escape(card.lapsed.sentence))
    if not said:
        return ""
    return (
        f'<a class="text-xs flex items-start gap-1 text-warn-ink" href="{at}check-in/">'
        f"{icon('clipboard-list', 'i-sm')}<span>{'. '.join(said)}</span>"
        f'<span class="vh"> {who}</span></a>'
    )


def _timer(text: str, *, is_urgent: bool) -> str:
    tone = "text-warn-ink font-medium" if is_urgent else "text-ink-2"
    return f'<span class="text-xs flex items-center gap-1 {tone}">{icon("timer", "i-sm")}{text}</span>'


def _steps() -> Steps:
    """Return the next step of each state, in the language of the page."""
    return {
        Status.SCHEDULED: (Status.CHECKED_IN, _("Check in")),
        Status.CONFIRMED: (Status.CHECKED_IN, _("Check in")),
        Status.CHECKED_IN: (Status.IN_PROGRESS, _("Start")),
        Status.IN_PROGRESS: (Status.COMPLETED, _("Complete")),
        Status.NO_SHOW: (Status.SCHEDULED, _("Came after all")),
    }


def _buttons(card: Card, at: str, who: str, steps: Steps) -> Iterator[str]:
    """Yield the next step, and the other one where there is: a press says which version of the visit it is about."""
    wanted = [(Status.NO_SHOW, _("No-show"))] if card.may_be_given_up else []
    if step := steps.get(Status(card.status)):
        wanted.append(step)
    for status, label in wanted:
        kind = " btn-quiet" if Status.NO_SHOW in (status, card.status) else ""
        yield (
            f'<button class="btn btn-sm{kind}" form="step" formaction="{at}status/?v={card.version}" name="status"'
            f' value="{status}">{label}<span class="vh"> {who}</span></button>'
        )


@cache
def _address(urlconf: str | None) -> str:
    return reverse("scheduling:visit", kwargs={"appointment_id": NOBODYS}, urlconf=urlconf)
