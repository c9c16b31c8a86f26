"""A file of people, what its columns are, and what becomes of those who are known."""

from __future__ import annotations

from collections.abc import Mapping as Labels
from collections.abc import Sequence
from typing import Any, NamedTuple

import phonenumbers
from babel import Locale
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.imports.texts import ENCODINGS
from modules.crm.models import PeopleImport, Rule
from modules.crm.services.imports import Mapping
from webui.fields import say_nothing_of_optional, set_choices

TAKEN = ".csv,.txt,.tsv,.xlsx,.xls,.xlsm,.ods,.vcf,text/csv,text/vcard"  # what the file dialog offers
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16 BE",
    "cp1252": _("Western Europe (Windows-1252)"),
    "cp1250": _("Central Europe (Windows-1250)"),
    "cp1251": _("Cyrillic (Windows-1251)"),
    "iso-8859-1": _("Western Europe (ISO 8859-1)"),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": TAKEN, "data-dropzone": ""}),
        help_text=_("Drop it here, or choose it. CSV, Excel, OpenDocument or vCard, up to 50,000 rows."),
    )


class Column(NamedTuple):
    """A column of the file as the page asks about it."""

    header: str
    samples: Sequence[str]
    field: Any


class MappingForm(forms.Form):
    """For each column the field that it goes into, and how dates and phones are meant."""

    day_first = forms.TypedChoiceField(
        label=_("Dates such as 03/04/1985"),
        choices=[("True", _("Day first: 3 April")), ("False", _("Month first: 4 March"))],
        coerce=lambda said: said == "True",
    )
    country = forms.ChoiceField(
        label=_("Phone numbers without a country are from"),
        help_text=_("Tax codes are checked by the rules of this country, too, unless an address says another."),
    )
    rule = forms.ChoiceField(label=_("Those who are known already"), choices=Rule.choices)

    def __init__(
        self,
        *args: Any,
        imported: PeopleImport,
        labels: Labels[str, str],
        samples: Sequence[Sequence[str]],
        start: Mapping,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.samples, self.headers, self.start = samples, imported.headers, start
        set_choices(self, "country", [("", _("Choose")), *_countries()])
        choices = [("", _("Leave out")), *labels.items()]
        for place, header in enumerate(imported.headers):
            name = f"column_{place}"
            chosen = start.columns.get(place, "")
            self.fields[name] = forms.ChoiceField(label=header, choices=choices, required=False, initial=chosen)
            say_nothing_of_optional(self, name)
        usual = {"day_first": str(start.day_first), "country": start.country, "rule": start.rule}
        self.initial = {**self.initial, **usual}

    def columns(self) -> list[Column]:
        return [
            Column(header, self.samples[place], self[f"column_{place}"]) for place, header in enumerate(self.headers)
        ]

    def mapping(self) -> Mapping:
        data = self.cleaned_data
        chosen = {place: data[f"column_{place}"] for place in range(len(self.headers))}
        return Mapping(
            columns={place: field for place, field in chosen.items() if field},
            day_first=data["day_first"],
            country=data["country"],
            rule=data["rule"],
        )


class EncodingForm(forms.Form):
    encoding = forms.ChoiceField(label=_("Letters look wrong? Read it as"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "encoding", [(each, ENCODING_NAMES[each]) for each in ENCODINGS])


class RuleForm(forms.Form):
    rule = forms.ChoiceField(label=_("Those who are known already"), choices=Rule.choices)


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(choices=[("", _("As the rule says")), *Rule.choices], required=False)


def _countries() -> list[tuple[str, str]]:
    names = Locale.parse(get_language() or "en", sep="-").territories
    known = ((code, names.get(code, code)) for code in phonenumbers.SUPPORTED_REGIONS)
    return sorted(known, key=lambda each: each[1])
