"""The forms about packages: those on offer, their rules, and one that somebody has bought."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from modules.billing.forms.desk import BLANK_LINES, DAY
from modules.billing.models import LONGEST_VALIDITY, MOST_SESSIONS, Package, PackageContent, PackageRules
from modules.billing.services import PackageDetails, RulesOfPackages
from modules.scheduling import public as scheduling
from webui.fields import MoneyField, say_nothing_of_optional, set_choices

MOST_SERVICES = 10  # in one package


class PackageForm(forms.Form):
    """A package on offer. What it holds is in the lines below it."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("As it stands on the bill: 10 × massage."))
    price = MoneyField(label=_("Price"), help_text=_("Of the whole, tax included."))
    tax_rate = forms.DecimalField(
        label=_("Tax in the price, per cent"), min_value=0, max_value=100, decimal_places=2, localize=True, initial=0
    )
    valid_days = forms.IntegerField(
        label=_("Valid for … days"), min_value=1, max_value=LONGEST_VALIDITY, initial=365, help_text=_("From the sale.")
    )
    for_family = forms.BooleanField(
        label=_("For the family"), required=False, help_text=_("All for whom the buyer pays draw from it.")
    )
    is_transferable = forms.BooleanField(
        label=_("Can be passed on"), required=False, help_text=_("To another person, with what is left.")
    )

    def __init__(self, data: Any, *, package: Package | None) -> None:
        known = package and {
            "name": package.name,
            "price": package.price,
            "tax_rate": package.tax_rate,
            "valid_days": package.valid_days,
            "for_family": package.for_family,
            "is_transferable": package.is_transferable,
        }
        super().__init__(data, initial=known or {})

    def details(self, contents: dict[UUID, int]) -> PackageDetails:
        return PackageDetails(contents=contents, **self.cleaned_data)


class ContentForm(forms.Form):
    service = forms.TypedChoiceField(label=_("Service"), required=False, coerce=UUID, empty_value=None)
    sessions = forms.IntegerField(label=_("Sessions"), required=False, min_value=1, max_value=MOST_SESSIONS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self)
        choices = [(str(service.id), service.name) for service in scheduling.services_offered()]
        set_choices(self, "service", [("", "–"), *choices])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("service") and not data.get("sessions") and "sessions" not in self.errors:
            self.add_error("sessions", _("Say how many."))
        if data.get("sessions") and not data.get("service") and "service" not in self.errors:
            self.add_error("service", _("Say of which service."))
        return data


def content_forms(data: Any, *, package: Package | None) -> forms.BaseFormSet[ContentForm]:
    """Return a line for each service of a package, and a few blank ones."""
    rows: list[PackageContent] = list(package.contents.all()) if package else []
    extra = max(BLANK_LINES, len(rows) + 1)
    lines = forms.formset_factory(ContentForm, extra=extra, max_num=MOST_SERVICES, validate_max=True)
    initial = [{"service": row.service_id, "sessions": row.sessions} for row in rows]
    return lines(data, prefix="contents", initial=initial if data is None else None)


def contents_in(lines: forms.BaseFormSet[ContentForm]) -> dict[UUID, int]:
    """Return how many sessions of which service; a service that is named twice counts for both lines."""
    contents: dict[UUID, int] = {}
    for line in lines:
        service_id = line.cleaned_data.get("service")
        if service_id:
            contents[service_id] = contents.get(service_id, 0) + line.cleaned_data["sessions"]
    return contents


class SellForm(forms.Form):
    """Which package. Whom it is for is chosen beside it."""

    package = forms.ModelChoiceField(
        label=_("Package"), queryset=Package.objects.none(), empty_label=None, widget=forms.RadioSelect
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        field: Any = self.fields["package"]
        field.queryset = Package.objects.current().for_display().order_by("name")
        field.label_from_instance = _offered_words


def _offered_words(package: Package) -> str:
    contents = ", ".join(f"{each.sessions} × {each.service.name}" for each in package.contents.all())
    return f"{package.name}: {contents} – {package.price.shown(to_locale(get_language() or settings.LANGUAGE_CODE))}"


class PackageRulesForm(forms.ModelForm):
    class Meta:
        model = PackageRules
        fields = ["keep_when_late", "keep_when_missed", "notice_days"]
        labels = {
            "keep_when_late": _("A visit that they cancel too late uses its session up"),
            "keep_when_missed": _("A visit that they miss uses its session up"),
            "notice_days": _("Write so many days before the last day, if sessions are left"),
        }
        help_texts = {"notice_days": _("0: nobody is written to.")}

    def rules(self) -> RulesOfPackages:
        return RulesOfPackages(**self.cleaned_data)


class GiveUpForm(forms.Form):
    """Why what is left is given up."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stands on the credit note."))


class FreezeForm(forms.Form):
    """From when on nothing is drawn from a package, and why."""

    first_day = forms.DateField(label=_("From"), widget=DAY)
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Such as a long journey."))

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, initial={"first_day": today})


class ResumeForm(forms.Form):
    """From when on a frozen package is drawn from again."""

    on = forms.DateField(label=_("It goes on from"), widget=DAY)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, initial={"on": today})


class TransferForm(forms.Form):
    """Why somebody else has a package from now on. Whom is chosen beside it."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Such as a present."))
