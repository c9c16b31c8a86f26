"""What is filled in to block time."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.scheduling.forms.hours import date_input, time_input
from modules.scheduling.models import (
    KIND_LABELS,
    OF_PEOPLE,
    Block,
    BlockKind,
    Equipment,
    Location,
    Practitioner,
    Room,
)
from modules.scheduling.services.practice.blocking import BlockWish
from webui.fields import set_choices

REPEATS = {
    "": _("Once"),
    "FREQ=DAILY": _("Every day"),
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": _("Monday to Friday"),
    "FREQ=WEEKLY": _("Every week"),
    "FREQ=WEEKLY;INTERVAL=2": _("Every other week"),
    "FREQ=MONTHLY": _("Every month, on the same day"),
    "FREQ=YEARLY": _("Every year"),
}


class BlockForm(forms.Form):
    """Whom or what, and when: whole days, or from and to. `own` is the practitioner who may block only that."""

    target = forms.ChoiceField(label=_("Whom or what"))
    kind = forms.ChoiceField(label=_("What for"), choices=[(kind.value, KIND_LABELS[kind]) for kind in OF_PEOPLE])
    first_day = forms.DateField(label=_("First day"), widget=date_input())
    last_day = forms.DateField(label=_("Last day"), required=False, widget=date_input())
    starts = forms.TimeField(label=_("From"), required=False, widget=time_input(), help_text=_("Empty: whole days."))
    ends = forms.TimeField(label=_("To"), required=False, widget=time_input())
    rule = forms.ChoiceField(label=_("Repeats"), required=False, choices=list(REPEATS.items()))
    until = forms.DateField(label=_("Repeats until"), required=False, widget=date_input())
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, own: Practitioner | None = None, block: Block | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own, self.block = own, block
        if block is not None:
            del self.fields["target"], self.fields["kind"]
            rule = block.rule.partition(";UNTIL=")[0]
            if rule not in REPEATS:
                set_choices(self, "rule", [*REPEATS.items(), (rule, rule)])
        elif own is not None:
            del self.fields["target"]
        else:
            set_choices(self, "target", _targets())
            self.fields["kind"].help_text = _("Of a location it is a closure, of a room or equipment maintenance.")

    def wish(self) -> BlockWish:
        data = self.cleaned_data
        kind, about = self._about()
        return BlockWish(
            kind=kind,
            first_day=data["first_day"],
            last_day=data["last_day"],
            starts=data["starts"],
            ends=data["ends"],
            rule=_with_end(data["rule"], data["until"]),
            skipped=self.block.skipped if self.block else (),
            note=data["note"],
            **about,
        )

    def _about(self) -> tuple[BlockKind, dict[str, UUID]]:
        if self.block is not None:
            return BlockKind(self.block.kind), {}
        if self.own is not None:
            return BlockKind(self.cleaned_data["kind"]), {"practitioner_id": self.own.pk}
        what, _sep, wanted = self.cleaned_data["target"].partition(":")
        of_things = {"location": BlockKind.CLOSURE, "room": BlockKind.MAINTENANCE, "equipment": BlockKind.MAINTENANCE}
        return of_things.get(what, BlockKind(self.cleaned_data["kind"])), {f"{what}_id": UUID(wanted)}


def block_values(block: Block) -> dict[str, Any]:
    """Return what the form of a block starts with."""
    rule, _sep, until = block.rule.partition(";UNTIL=")
    names = ("first_day", "last_day", "starts", "ends", "note")
    ends = date(int(until[:4]), int(until[4:6]), int(until[6:8])) if until[:8].isdigit() else None
    return {name: getattr(block, name) for name in names} | {"rule": rule, "until": ends}


def _with_end(rule: str, until: date | None) -> str:
    return f"{rule};UNTIL={until:%Y%m%d}T235959" if rule and until and "COUNT=" not in rule else rule


def _targets() -> list[tuple[Any, list[tuple[str, str]]]]:
    groups: list[tuple[Any, str, Any]] = [
        (_("People"), "practitioner", Practitioner.objects.current()),
        (_("Locations"), "location", Location.objects.all()),
        (_("Rooms"), "room", Room.objects.current()),
        (_("Equipment"), "equipment", Equipment.objects.current()),
    ]
    return [(label, [(f"{kind}:{row.pk}", str(row)) for row in rows.order_by("name")]) for label, kind, rows in groups]
