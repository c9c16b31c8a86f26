"""Who insures a patient."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.subjects import Subject
from modules.crm.models import Coverage, CoverageKind
from modules.crm.services.contacts.coverages import CoverageDetails
from webui.fields import set_choices

SAID = ("insurer", "kind", "number", "rank", "valid_from", "valid_until", "copayment")
OFF = forms.TextInput(attrs={"autocomplete": "off"})


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget, required=False)


class CoverageForm(forms.Form):
    client = forms.UUIDField(widget=forms.HiddenInput, required=False)
    insurer = forms.CharField(label=_("Insurer"), max_length=120, required=False, widget=OFF)
    kind = forms.ChoiceField(label=_("Kind"))
    number = forms.CharField(label=_("Number of the insured or the policy"), max_length=40, required=False, widget=OFF)
    rank = forms.IntegerField(
        label=_("Order"), min_value=1, max_value=9, initial=1, help_text=_("1 is the one that is used first.")
    )
    valid_from = _day(_("From"))
    valid_until = _day(_("Until"), _("The last day. Empty means on."))
    copayment = forms.CharField(
        label=_("Co-payment"), max_length=200, required=False, widget=OFF, help_text=_("What is left to pay oneself.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, subject: Subject, may_number: bool, coverage: Coverage | None = None) -> None:
        names = (*SAID, "version")
        super().__init__(data, initial={name: getattr(coverage, name) for name in names} if coverage else None)
        of_animal = subject is Subject.ANIMAL
        kinds = [
            (kind.value, kind.label)
            for kind in CoverageKind
            if (kind is CoverageKind.ANIMAL) == of_animal or (coverage and coverage.kind == kind)
        ]
        set_choices(self, "kind", kinds)
        if not may_number:
            del self.fields["number"]

    def details(self) -> CoverageDetails:
        said: dict[str, Any] = {name: self.cleaned_data.get(name) for name in SAID}
        return CoverageDetails(**said, payer_id=self.cleaned_data["client"])

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in SAID if name in self.fields]
