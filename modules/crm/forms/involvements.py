"""Give somebody a role towards a patient, set it right, hand it over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.subjects import Subject
from modules.crm.models import Involvement, InvolvementRole
from modules.crm.services import ContactDetails, Part
from webui.fields import set_choices

NEW = "new_"
OF_ANIMALS = {InvolvementRole.OWNER, InvolvementRole.AUTHORISER}
OF_PEOPLE = {InvolvementRole.GUARDIAN, InvolvementRole.CONSENTER}


def day_field(label: Any, help_text: Any = "", **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget, **options)


class WhoForm(forms.Form):
    """A client who is known and was chosen, or somebody new."""

    client = forms.UUIDField(widget=forms.HiddenInput, required=False)
    new_first_name = forms.CharField(label=_("First name"), max_length=70, required=False)
    new_last_name = forms.CharField(label=_("Last name"), max_length=70, required=False)
    new_organisation = forms.CharField(label=_("Firm or insurer"), max_length=120, required=False)
    new_phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    new_email = forms.EmailField(label=_("E-mail"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not (given.get("client") or given.get("new_first_name") or given.get("new_organisation")):
            self.add_error(None, _("Choose somebody who is known, or write the name of somebody new."))
        return given

    @property
    def client_id(self) -> UUID | None:
        found: UUID | None = self.cleaned_data["client"]
        return found

    def contact(self) -> ContactDetails:
        said = {name: value for name, value in self.cleaned_data.items() if name.startswith(NEW)}
        return ContactDetails(**{name.removeprefix(NEW): value for name, value in said.items()})

    @property
    def new_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(NEW)]


class ShareForm(forms.Form):
    """A share, and from when until when."""

    share = forms.DecimalField(
        label=_("Share in percent"),
        required=False,
        max_digits=5,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("Of an owner. Together they have at most 100."),
    )
    since = day_field(_("From"), _("Empty means today."), required=False)
    until = day_field(_("Until"), _("The first day on which it is no longer; empty means on."), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, data: Any, row: Involvement) -> ShareForm:
        start = {name: getattr(row, name) for name in ("share", "since", "until", "version")}
        form = cls(data, initial=start)
        if row.role != InvolvementRole.OWNER:
            del form.fields["share"]
        return form

    def part(self, role: str) -> Part:
        names = ("share", "since", "until")
        return Part(role=role, **{name: self.cleaned_data.get(name) for name in names})


class InvolvementForm(ShareForm, WhoForm):
    """A role for somebody."""

    role = forms.ChoiceField(label=_("As what"))

    def __init__(self, *args: Any, subject: Subject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left_out = OF_PEOPLE if subject is Subject.ANIMAL else OF_ANIMALS
        if subject is Subject.CUSTOMER:
            left_out = OF_PEOPLE | OF_ANIMALS
        roles = [(role.value, role.label) for role in InvolvementRole if role not in left_out]
        set_choices(self, "role", [("", _("Choose")), *roles])
        if subject is not Subject.ANIMAL:
            del self.fields["share"]

    @property
    def part_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("role", "share", "since", "until") if name in self.fields]


class HandOverForm(WhoForm):
    """To whom it goes, and when."""

    on = day_field(_("From"), initial=timezone.localdate)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
