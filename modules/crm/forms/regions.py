"""Regions and districts: the list a workspace loads, and the fields that offer it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.contacts.countries import countries
from modules.crm.domain.contacts.regions import as_listed
from modules.crm.forms.people import RegistrationForm
from modules.crm.selectors import country_here
from modules.crm.selectors.regions import regions_of

TAKEN = ".csv,.tsv,.txt,.xlsx,.xls,.ods,text/csv"
DISTRICTS = "districts-of-region"  # the list in the page


class RegionListForm(forms.Form):
    country = forms.ChoiceField(label=_("Country"))
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": TAKEN, "data-dropzone": ""}),
        help_text=_("CSV or a spreadsheet, with the columns “region” and “district”: a row is a district."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("country", country_here())
        field: Any = self.fields["country"]
        field.choices = countries(get_language() or "en")


class Suggesting(forms.TextInput):
    """A text that names are suggested for; others may be typed, too."""

    template_name = "crm/contacts/suggesting.html"

    def __init__(self, *, listed_as: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "list": listed_as} | (attrs or {}))
        self.names: list[str] = []

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"names": self.names}


def suggest_regions(form: RegistrationForm) -> None:
    """Have the fields of an address suggest the regions of its country, and the districts of the one that is chosen."""
    if not {"region", "district"} <= {*form.fields}:
        return
    country = form.initial.get("country") or country_here()
    form.regions = regions_of(country)
    region, district = Suggesting(listed_as="regions-of-country"), Suggesting(listed_as=DISTRICTS)
    chosen = as_listed(form["region"].value() or "", form.regions)
    region.names, district.names = list(form.regions), list(form.regions.get(chosen, ()))
    region.attrs |= {
        "hx-get": f"{reverse('crm:districts')}?country={country}",
        "hx-trigger": "change",
        "hx-target": f"#{DISTRICTS}",
    }
    form.fields["region"].widget, form.fields["district"].widget = region, district
