"""The further phones and e-mails of a client: lines of a form that come and go, and what was typed stays."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from modules.crm.models import Client, System, Use
from modules.crm.selectors import country_here
from modules.crm.services.contacts.points import KEPT, MOST, PointDetails, PointInvalid, read_point
from webui.fields import say_nothing_of_optional

PREFIX = "points"
ADD, REMOVE = "add_line", "remove_line"
OFF = {"autocomplete": "off"}


class PointForm(forms.Form):
    """One line. An empty one is left out."""

    system = forms.ChoiceField(label=_("What"), choices=System.choices, initial=System.PHONE)
    value = forms.CharField(
        label=_("Phone or e-mail"), max_length=254, required=False, widget=forms.TextInput(attrs=OFF)
    )
    use = forms.ChoiceField(label=_("Used"), choices=[("", _("Not said")), *Use.choices], required=False)
    label = forms.CharField(label=_("In own words"), max_length=40, required=False, widget=forms.TextInput(attrs=OFF))
    note = forms.CharField(label=_("Note"), max_length=120, required=False, widget=forms.TextInput(attrs=OFF))

    def __init__(self, *args: Any, country: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.country = country or country_here()
        say_nothing_of_optional(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("value", "").strip() and "system" in given:
            try:
                read_point(details=self.details(), country=self.country)
            except PointInvalid as error:
                self.add_error("value", str(error))
        return given

    def details(self) -> PointDetails:
        return PointDetails(**{name: self.cleaned_data[name] for name in KEPT})


Lines = formset_factory(PointForm, extra=0, max_num=MOST, validate_max=True)


def lines_for(data: QueryDict | None, *, client: Client | None = None) -> BaseFormSet[PointForm]:
    """Return the lines as they were sent; else those of a client."""
    start = _kept(client) if client else []
    options: dict[str, Any] = {"prefix": PREFIX, "form_kwargs": {"country": client.country if client else ""}}
    if data is not None and f"{PREFIX}-TOTAL_FORMS" in data:
        return Lines(data, **options)
    return Lines(initial=start, **options)


def lines_over(typed: BaseFormSet[PointForm], *, client: Client) -> BaseFormSet[PointForm]:
    """Return a client's lines as they are now, and below them what was typed and is not among them."""
    if not typed.is_bound:
        return typed
    rows = _kept(client)
    known = {(row["system"], row["value"]) for row in rows}
    country = client.country or country_here()
    said = (read_point(details=point, country=country) for point in points_in(typed) or ())
    return Lines(
        initial=[*rows, *(asdict(each) for each in said if (each.system, each.value) not in known)], prefix=PREFIX
    )


def _kept(client: Client) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in KEPT} for row in client.contact_points.order_by("rank", "pk")]


def is_about_lines(data: QueryDict) -> bool:
    """Test whether a line is to come or to go, and nothing to be saved yet."""
    return ADD in data or REMOVE in data


def lines_as_asked(data: QueryDict) -> BaseFormSet[PointForm]:
    """Return the lines as they were typed, with one more, or without the one that is to go."""
    total = min(int(count) if (count := data.get(f"{PREFIX}-TOTAL_FORMS", "0")).isdecimal() else 0, MOST)
    typed = [{name: data.get(f"{PREFIX}-{number}-{name}", "") for name in KEPT} for number in range(total)]
    gone = data.get(REMOVE, "")
    lines = [line for number, line in enumerate(typed) if str(number) != gone]
    if ADD in data and len(lines) < MOST:
        lines.append({"system": System.PHONE})
    return Lines(initial=lines, prefix=PREFIX)


def points_in(lines: BaseFormSet[PointForm]) -> list[PointDetails] | None:
    """Return what valid lines say, the empty ones left out; None if the form had no lines at all."""
    if not lines.is_bound:
        return None
    return [form.details() for form in lines.forms if form.cleaned_data.get("value", "").strip()]
