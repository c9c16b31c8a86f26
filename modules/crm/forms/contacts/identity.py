"""The paper that says who somebody is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.contacts.countries import countries
from modules.crm.models import IdentityDocument, IdentityKind, Patient
from modules.crm.selectors import country_here
from modules.crm.services.contacts.identity import KEPT, IdentityDetails
from webui.fields import set_choices

OFF = forms.TextInput(attrs={"autocomplete": "off"})
DAY = {"type": "date"}


class IdentityForm(forms.Form):
    of_client = forms.TypedChoiceField(label=_("Whose"), coerce=lambda said: said == "True", widget=forms.RadioSelect)
    kind = forms.ChoiceField(label=_("Kind"), choices=IdentityKind.choices)
    country = forms.ChoiceField(label=_("Country of issue"), required=False)
    number = forms.CharField(label=_("Number"), max_length=40, widget=OFF)
    issued_by = forms.CharField(label=_("Issued by"), max_length=120, required=False, widget=OFF)
    valid_until = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        help_text=_("The last day, as it is written there."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, patient: Patient, document: IdentityDocument | None = None) -> None:
        names = (*KEPT, "version")
        start = {name: getattr(document, name) for name in names} if document else {"country": country_here()}
        super().__init__(data, initial={"of_client": str(patient.is_animal)} | start)
        set_choices(self, "country", [("", _("Not said")), *countries(get_language() or "en")])
        self._ask_whose(patient, is_new=document is None)

    def _ask_whose(self, patient: Patient, *, is_new: bool) -> None:
        """Ask only if there are two who may have papers."""
        if not is_new or patient.is_animal or patient.name == patient.client.name:
            del self.fields["of_client"]
        else:
            set_choices(self, "of_client", [("False", patient.name), ("True", patient.client.name)])

    def details(self) -> IdentityDetails:
        return IdentityDetails(**{name: self.cleaned_data[name] for name in KEPT})
