"""The filters of the activity page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from access.models import Member
from audit.models import AuditEntry
from kernel.ids import is_id
from kernel.modules import Words
from tenants.activity.selecting import CHANGES, NOBODY, SHORTEST_TEXT, THING, VIEWS, Filters
from tenants.activity.words import areas
from webui.fields import say_nothing_of_optional, set_choices


def kinds() -> list[tuple[Any, Any]]:
    """Return what can be chosen: looks, changes, everything of one area, or one action."""
    general = [("", _("Everything")), (VIEWS, _("Looks, and openings in an emergency")), (CHANGES, _("Changes"))]
    return [*general, *((label, list(_actions(key, label, deeds))) for key, label, deeds in areas())]


def _actions(area: str, label: Words, deeds: Mapping[str, Words]) -> Iterator[tuple[str, Words]]:
    yield area, f"{label}: {_('everything')}"
    for action, sentence in deeds.items():
        yield action, str(sentence) % {"who": "…", "what": "…"}


def is_kind(kind: str) -> bool:
    return any(kind in dict(each) if isinstance(each, list) else kind == value for value, each in kinds())


def people(asked_for: str) -> list[tuple[str, Any]]:
    """Return who has worked here, those who left included, the system, and whoever else is asked for by id."""
    staff = Member.objects.staff().exclude(user_id=None).order_by("name").values_list("user_id", "name")
    choices = [
        ("", _("Everybody")),
        *((str(user_id), name) for user_id, name in dict(staff).items()),
        (NOBODY, _("The system")),
    ]
    if asked_for and is_id(asked_for) and asked_for not in dict(choices):
        lines = AuditEntry.objects.filter(user_id=asked_for).order_by("-at").values_list("user_label", flat=True)
        choices.append((asked_for, lines.first() or _("Nobody known")))
    return choices


class FilterForm(forms.Form):
    person = forms.ChoiceField(label=_("Who"), required=False)
    kind = forms.ChoiceField(label=_("What"), required=False)
    text = forms.CharField(
        label=_("Field or value"),
        required=False,
        min_length=SHORTEST_TEXT,
        max_length=100,
        error_messages={"min_length": _("Give three characters at least.")},
    )
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    request = forms.UUIDField(
        label=_("Request"), required=False, error_messages={"invalid": _("Copy it whole, from the details of a line.")}
    )
    subject = forms.UUIDField(required=False, widget=forms.HiddenInput)
    thing = forms.RegexField(THING, required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "person", people(self.data.get("person", "")))
        set_choices(self, "kind", kinds())
        say_nothing_of_optional(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is not before the first."))
        if self.errors.keys() & {"subject", "thing"}:
            self.add_error(None, _("The link names no record. Take the filters off and look for it anew."))
        return cleaned

    def filters(self) -> Filters:
        return Filters(**{**self.cleaned_data, "text": self.cleaned_data["text"].strip()})
