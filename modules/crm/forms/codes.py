"""A version of a code list, as it is sent."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.services.codes import ListDetails

OFF = {"autocomplete": "off"}
TAKEN = ".csv,.tsv,.txt,.xlsx,.xls,.ods,text/csv"


class CodeListForm(forms.Form):
    name = forms.CharField(label=_("What it is called"), max_length=80, widget=forms.TextInput(attrs=OFF))
    uri = forms.CharField(
        label=_("Its URI"),
        max_length=200,
        widget=forms.TextInput(attrs=OFF),
        help_text=_("By it other programs know the list, such as http://hl7.org/fhir/sid/icd-10."),
    )
    version = forms.CharField(label=_("Version"), max_length=40, widget=forms.TextInput(attrs=OFF))
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": TAKEN, "data-dropzone": ""}),
        help_text=_(
            "CSV, TSV or a spreadsheet, with the columns “code” and “display”; if you like “synonyms”, with | between "
            "them, and “language”."
        ),
    )

    def details(self) -> ListDetails:
        return ListDetails(**{name: self.cleaned_data[name] for name in ("name", "uri", "version")})
