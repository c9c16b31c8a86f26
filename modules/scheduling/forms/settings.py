"""What is filled in about services, rooms, equipment, people and places."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kernel.errors import DomainError
from kernel.money import Money
from modules.scheduling.models import Equipment, EquipmentKind, Location, Practitioner, Room, RoomType, Service
from modules.scheduling.selectors.zones import starts_of_another_hour
from webui.fields import rows_of, set_rows


class ServiceForm(forms.ModelForm):
    """A service. The price is typed in the currency's own decimals and kept in minor units."""

    price = forms.CharField(label=_("Price"), max_length=20, help_text=_("What the client pays, tax included."))

    class Meta:
        model = Service
        fields = [
            "name", "duration", "buffer_before", "buffer_after", "price", "tax_rate", "places",
            "practitioners", "needs_room", "rooms", "room_types", "equipment_kinds", "offered", "audience",
            "needs_confirmation", "by_video", "notice_minutes", "horizon_days", "step_minutes", "daily_limit",
        ]  # fmt: skip
        labels = {
            "name": _("Name"),
            "duration": _("Minutes"),
            "buffer_before": _("Minutes kept free before"),
            "buffer_after": _("Minutes kept free after"),
            "places": _("Held in groups of up to … people"),
            "tax_rate": _("Tax in the price, per cent"),
            "needs_room": _("Needs a room"),
            "offered": _("Who can book it"),
            "practitioners": _("Performed by"),
            "rooms": _("Only in these rooms"),
            "room_types": _("Only in rooms of these types"),
            "equipment_kinds": _("Needs one of each"),
            "audience": _("For whom"),
            "needs_confirmation": _("Booked online, it is a request that you confirm"),
            "by_video": _("By video"),
            "notice_minutes": _("Online, at least … minutes ahead"),
            "horizon_days": _("Online, at most … days ahead"),
            "step_minutes": _("A start every … minutes"),
            "daily_limit": _("At most … a day with one practitioner"),
        }
        help_texts = {
            "rooms": _("None: any room will do, or any of the types below."),
            "step_minutes": _("Empty: every quarter of an hour."),
        }
        widgets = dict.fromkeys(
            ("practitioners", "rooms", "room_types", "equipment_kinds"), forms.CheckboxSelectMultiple
        )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        set_rows(self, "practitioners", Practitioner.objects.current().order_by("name"))
        set_rows(self, "rooms", Room.objects.current().order_by("name"))
        set_rows(self, "room_types", RoomType.objects.order_by("name"))
        set_rows(self, "equipment_kinds", EquipmentKind.objects.order_by("name"))
        for name in ("offered", "audience", "notice_minutes"):
            self.fields[name].required = False  # left out, they are what they were
        for name in ("rooms", "room_types", "equipment_kinds"):
            if not rows_of(self, name).exists():
                del self.fields[name]
        if self.instance.pk and not self.instance._state.adding:
            self.fields["price"].initial = str(self.instance.price)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("offered", "audience", "notice_minutes"):
            if data.get(name) in (None, ""):
                data[name] = getattr(self.instance, name)
        return data

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


class PlacedForm(forms.ModelForm):
    """Something at a location; where there is one only, nobody is asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if Location.objects.count() < 2 and "location" in self.fields:
            del self.fields["location"]


class RoomForm(PlacedForm):
    type_name = forms.CharField(
        label=_("Type"), max_length=60, required=False, help_text=_("So that a service can ask for a kind of room.")
    )

    class Meta:
        model = Room
        fields = ["name", "capacity", "location"]
        labels = {"name": _("Name"), "capacity": _("Visits at a time"), "location": _("Location")}
        help_texts = {"capacity": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.room_type is not None:
            self.fields["type_name"].initial = self.instance.room_type.name


class EquipmentForm(PlacedForm):
    kind_name = forms.CharField(
        label=_("Kind"), max_length=60, help_text=_("Services ask for one of a kind: two of a kind share a name here.")
    )

    class Meta:
        model = Equipment
        fields = ["name", "capacity", "location"]
        labels = {"name": _("Name"), "capacity": _("Visits at a time"), "location": _("Location")}
        help_texts = {"capacity": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["kind_name"].initial = self.instance.kind.name


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

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.fields["time_zone"].help_text = _(
            "Hours, leave and closures follow the clock on the wall. Visits that are booked keep their moment in time:"
            " after a change, their hour on the wall is another."
        )
        self.moved = self._of_another_hour() if self.is_bound else []
        if self.moved:
            self.fields["another_hour"] = forms.BooleanField(
                label=_("Change the zone; the visits keep their moment"), required=False
            )

    def clean(self) -> dict[str, Any]:
        """Have somebody who changes the zone say that they know what it does to what is booked."""
        data: dict[str, Any] = super().clean() or {}
        if self.moved and not data.get("another_hour"):
            self.add_error("time_zone", self._warning(ZoneInfo(data["time_zone"])))
        return data

    def _of_another_hour(self) -> list[datetime]:
        wanted = self.data.get("time_zone", "")
        if self.instance._state.adding or wanted not in available_timezones():
            return []
        before = Location.objects.get(pk=self.instance.pk)
        return starts_of_another_hour(location=before, zone=ZoneInfo(wanted), at=self.at)

    def _warning(self, zone: ZoneInfo) -> str:
        before = Location.objects.get(pk=self.instance.pk)
        words = {"count": len(self.moved), "was": f"{self.moved[0].astimezone(before.zone):%H:%M}"}
        words["becomes"] = f"{self.moved[0].astimezone(zone):%H:%M}"
        sentence = ngettext(
            "%(count)d visit to come would be at another hour on the wall: %(was)s becomes %(becomes)s.",
            "%(count)d visits to come would be at another hour on the wall: of the first, %(was)s becomes %(becomes)s.",
            len(self.moved),
        )
        return sentence % words


class PractitionerForm(forms.ModelForm):
    video_room = forms.URLField(
        label=_("Address of their video room"),
        required=False,
        assume_scheme="https",
        help_text=_("For visits by video; it begins with https."),
    )

    class Meta:
        model = Practitioner
        fields = ["name", "daily_limit", "video_room"]
        labels = {
            "name": _("Name"),
            "daily_limit": _("At most … visits a day"),
        }
