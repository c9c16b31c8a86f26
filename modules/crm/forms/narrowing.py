"""What the list of people is narrowed to, and the name that it is kept by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.crm.domain.facets import Facet, FromTo, Shape
from modules.crm.models.saved_searches import LONGEST_SEARCH_NAME
from webui.fields import say_nothing_of_optional

BIGGEST = 1_000
ENDS = ("from", "to")
OFF = {"autocomplete": "off"}
OTHERS = ("q", "page", "filters")  # of the list's address, besides the facets


class Chip(NamedTuple):
    """One thing that the list is narrowed to, and the address of the list without it."""

    text: str
    without: str


class NarrowingForm(forms.Form):
    """A field for each choice, two for each stretch: `age_from` and `age_to`.

    What is nonsense narrows nothing here, and is said beside its field.
    """

    def __init__(self, data: Mapping[str, Any], *, facets: Mapping[str, Facet], by: Any) -> None:
        super().__init__(data)
        self.facets, self.by = facets, by
        for name, facet in facets.items():
            self._add(name, facet)
        say_nothing_of_optional(self)

    def _add(self, name: str, facet: Facet) -> None:
        if facet.shape is Shape.CHOICE:
            offered = list(facet.choices(self.by))
            if offered:
                self.fields[name] = forms.ChoiceField(
                    label=facet.title, choices=[("", gettext_lazy("All")), *offered], required=False
                )
            return
        labels = {"from": _("%(what)s, from"), "to": _("%(what)s, to")}
        for end in ENDS:
            self.fields[f"{name}_{end}"] = _field(facet.shape, labels[end] % {"what": facet.title})

    @property
    def values(self) -> dict[str, Any]:
        """What was asked, by the names of the facets."""
        self.is_valid()
        return {name: value for name, facet in self.facets.items() if (value := self._value(name, facet.shape))}

    def _value(self, name: str, shape: Shape) -> Any:
        if shape is Shape.CHOICE:
            return self.cleaned_data.get(name)
        ends = FromTo(*(self.cleaned_data.get(f"{name}_{end}") for end in ENDS))
        return None if ends == FromTo() else ends

    @property
    def query(self) -> str:
        """The search as in an address: what is understood of it, and nothing empty."""
        return urlencode(self._asked(besides=""))

    @property
    def chips(self) -> list[Chip]:
        return [
            Chip(f"{self.facets[name].title}: {self._said(name, value)}", urlencode(self._asked(besides=name)))
            for name, value in self.values.items()
        ]

    @property
    def left_out(self) -> int:
        """Count what the address asks for that is another role's to ask, or of a module that is off."""
        known = {*self.fields, *OTHERS}
        return len({name for name, value in self.data.items() if value and name not in known})

    def _asked(self, *, besides: str) -> dict[str, str]:
        asked = {"q": str(self.data.get("q", "")).strip()}
        for name, value in self.values.items():
            if name != besides:
                asked |= dict(_in_address(name, value))
        return {name: value for name, value in asked.items() if value}

    def _said(self, name: str, value: Any) -> str:
        if not isinstance(value, FromTo):
            choices: Any = self.fields[name]
            return str(dict(choices.choices).get(value, value))
        low, high = (_written(each) for each in value)
        if low and high:
            return low if low == high else f"{low} – {high}"
        return _("from %(low)s") % {"low": low} if low else _("to %(high)s") % {"high": high}


class KeepForm(forms.Form):
    """The name that a search is kept by."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_SEARCH_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(label=gettext_lazy("For everybody"), required=False)
    query = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["is_shared"]

    def kept(self) -> dict[str, Any]:
        return {"is_shared": False} | self.cleaned_data


def _field(shape: Shape, label: str) -> forms.Field:
    if shape is Shape.DAYS:
        return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=BIGGEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def _in_address(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, FromTo):
        yield name, value
        return
    for end, each in zip(ENDS, value, strict=True):
        yield f"{name}_{end}", "" if each is None else str(each)


def _written(value: Any) -> str:
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    return str(date_format(value, "DATE_FORMAT"))
