"""The forms of the calendar's pages."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money
from modules.scheduling.models import Location, Practitioner, Room, Service, Shows

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
STRETCHES = 2  # a morning and an afternoon


class NoteForm(forms.Form):
    """A clinical note in the SOAP form."""

    subjective = forms.CharField(
        label=_("Subjective"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    objective = forms.CharField(
        label=_("Objective"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    assessment = forms.CharField(
        label=_("Assessment"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    plan = forms.CharField(label=_("Plan"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2}))
    shared = forms.BooleanField(label=_("Show the signed note to the patient"), required=False)

    def sections(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("subjective", "objective", "assessment", "plan")}


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class ServiceForm(forms.ModelForm):
    """A service. The price is typed in the currency's own decimals and kept in minor units."""

    price = forms.CharField(label=_("Price"), max_length=20, help_text=_("What the client pays, tax included."))

    class Meta:
        model = Service
        fields = [
            "name", "duration", "buffer_before", "buffer_after", "price", "tax_rate", "needs_room", "offered",
            "practitioners", "rooms",
        ]  # fmt: skip
        labels = {
            "name": _("Name"),
            "duration": _("Minutes"),
            "buffer_before": _("Minutes kept free before"),
            "buffer_after": _("Minutes kept free after"),
            "tax_rate": _("Tax in the price, per cent"),
            "needs_room": _("Needs a room"),
            "offered": _("Who can book it"),
            "practitioners": _("Performed by"),
            "rooms": _("Only in these rooms"),
        }
        widgets = {
            "practitioners": forms.CheckboxSelectMultiple,
            "rooms": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["practitioners"].queryset = Practitioner.objects.current().order_by("name")  # type: ignore[attr-defined]
        self.fields["rooms"].queryset = Room.objects.current().order_by("name")  # type: ignore[attr-defined]
        if self.instance.pk and not self.instance._state.adding:
            self.fields["price"].initial = str(self.instance.price)

    def clean_price(self) -> str:
        text: str = self.cleaned_data["price"]
        try:
            price = Money.parse(text, self.currency)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        if price.minor < 0:
            raise forms.ValidationError(_("A price is not negative."))
        self.instance.price_minor, self.instance.currency = price.minor, self.currency
        return text


class RoomForm(forms.ModelForm):
    class Meta:
        model = Room
        fields = ["name", "capacity"]
        labels = {"name": _("Name"), "capacity": _("Visits at a time")}
        help_texts = {"capacity": ""}


class LocationForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=[(zone, zone) for zone in sorted(available_timezones())]
    )

    class Meta:
        model = Location
        fields = ["name", "street", "postal_code", "city", "time_zone", "change_notice_hours"]
        labels = {
            "name": _("Name"),
            "street": _("Street"),
            "postal_code": _("Postal code"),
            "city": _("Town"),
            "change_notice_hours": _("Patients may move or cancel up to … hours before"),
        }


class PractitionerForm(forms.ModelForm):
    class Meta:
        model = Practitioner
        fields = ["name"]
        labels = {"name": _("Name")}


class WeekForm(forms.Form):
    """A practitioner's week: up to two stretches a day, in the location's own time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday, name in enumerate(WEEKDAYS):
            for stretch in range(STRETCHES):
                for end, label in (("from", _("from")), ("to", _("to"))):
                    widget = forms.TimeInput(
                        attrs={"type": "time", "aria-label": f"{name} {stretch + 1} {label}"}, format="%H:%M"
                    )
                    self.fields[_field(weekday, stretch, end)] = forms.TimeField(
                        required=False, widget=widget, label=label
                    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for weekday, name in enumerate(WEEKDAYS):
            last_end: time | None = None
            for stretch in range(STRETCHES):
                starts, ends = (data.get(_field(weekday, stretch, end)) for end in ("from", "to"))
                if (starts is None) != (ends is None):
                    self.add_error(None, _("%(day)s: give both a beginning and an end.") % {"day": name})
                elif starts is not None and ends is not None:
                    if starts >= ends or (last_end is not None and starts < last_end):
                        self.add_error(
                            None, _("%(day)s: hours end after they begin and do not overlap.") % {"day": name}
                        )
                    last_end = ends
        return data

    def week(self) -> list[tuple[int, time, time]]:
        data = self.cleaned_data
        stretches = ((weekday, stretch) for weekday in range(7) for stretch in range(STRETCHES))
        rows = ((w, data[_field(w, s, "from")], data[_field(w, s, "to")]) for w, s in stretches)
        return [(weekday, starts, ends) for weekday, starts, ends in rows if starts is not None]

    @property
    def rows(self) -> list[tuple[Any, list[tuple[Any, Any]]]]:
        """The fields as the page shows them: a day, and its stretches."""
        return [
            (name, [(self[_field(weekday, s, "from")], self[_field(weekday, s, "to")]) for s in range(STRETCHES)])
            for weekday, name in enumerate(WEEKDAYS)
        ]


def week_values(practitioner: Practitioner) -> dict[str, time]:
    """Return what the week form starts with."""
    values: dict[str, time] = {}
    seen: dict[int, int] = {}
    for row in practitioner.hours.order_by("weekday", "starts"):
        stretch = seen.get(row.weekday, 0)
        if stretch < STRETCHES:
            values[_field(row.weekday, stretch, "from")], values[_field(row.weekday, stretch, "to")] = (
                row.starts,
                row.ends,
            )
            seen[row.weekday] = stretch + 1
    return values


def _field(weekday: int, stretch: int, end: str) -> str:
    return f"d{weekday}_{stretch}_{end}"


class FeedForm(forms.Form):
    """What a calendar address is called, and how much it tells."""

    label = forms.CharField(
        label=_("For which device or app"),
        max_length=60,
        help_text=_("One address for each, so that a lost telephone costs one address."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shows = forms.ChoiceField(
        label=_("What it shows"),
        widget=forms.RadioSelect,
        help_text=_("Whoever runs the calendar app can read it, too. The less it shows, the less they know."),
    )

    def __init__(self, *args: Any, of_patient: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [choice for choice in Shows.choices if not of_patient or choice[0] != Shows.INITIALS]
        field: Any = self.fields["shows"]
        field.choices = offered
        field.initial = Shows.EVERYTHING if of_patient else Shows.INITIALS


class ConnectForm(forms.Form):
    """A calendar elsewhere."""

    label = forms.CharField(label=_("Name"), max_length=60, help_text=_("Such as Home, or the other practice."))
    url = forms.CharField(
        label=_("Its secret address in iCal format"),
        max_length=2000,
        help_text=_("It begins with https:// or webcal:// and often ends in .ics. Only busy times are read and kept."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
