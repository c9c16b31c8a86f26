"""The forms of groups."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.periods import as_utc
from modules.scheduling.domain.series import MOST_VISITS, weekly_rule
from modules.scheduling.models import GroupSession, Location, Practitioner, Room, Service
from modules.scheduling.services import GroupChange, GroupsChange, GroupWish, Scope, Tell
from webui.fields import set_rows

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TIME = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
SCOPES = [
    (Scope.ONE.value, _("This one only")),
    (Scope.FOLLOWING.value, _("This one and those after it")),
    (Scope.ALL.value, _("All that have not begun")),
]


class WhenForm(forms.Form):
    """Where and when a group is."""

    title = forms.CharField(label=_("Title"), max_length=100, required=False)
    day = forms.DateField(label=_("Day"), widget=DAY)
    starts = forms.TimeField(label=_("At"), widget=TIME)
    minutes = forms.IntegerField(label=_("Minutes, if not the usual"), min_value=5, max_value=1440, required=False)
    practitioner = forms.ModelChoiceField(label=_("With"), queryset=Practitioner.objects.none(), empty_label=None)
    room = forms.ModelChoiceField(
        label=_("Room"), queryset=Room.objects.none(), required=False, empty_label=_("Any that is free")
    )
    places = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=500, required=False, help_text=_("As many as the service says.")
    )

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.location = location
        set_rows(self, "practitioner", Practitioner.objects.current().order_by("name"))
        set_rows(self, "room", Room.objects.current().order_by("name"))

    def starts_at(self) -> datetime:
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data["starts"], self.location.zone)

    def ends_at(self) -> datetime | None:
        minutes = self.cleaned_data["minutes"]
        return _later(self.starts_at(), minutes) if minutes else None


class GroupForm(WhenForm):
    """A new group, once or every week."""

    service = forms.ModelChoiceField(label=_("Service"), queryset=Service.objects.none(), empty_label=None)
    weeks = forms.IntegerField(
        label=_("How many, every week"), min_value=1, max_value=MOST_VISITS, required=False, initial=1
    )
    field_order = ["service", "title", "practitioner", "room", "day", "starts", "minutes", "weeks", "places"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_rows(self, "service", Service.objects.current().exclude(places=None).order_by("name"))

    def wish(self) -> GroupWish:
        data = self.cleaned_data
        return GroupWish(
            service_id=data["service"].pk,
            practitioner_id=data["practitioner"].pk,
            starts_at=self.starts_at(),
            ends_at=self.ends_at(),
            room_id=_pk(data["room"]),
            places=data["places"],
            title=data["title"],
        )

    def rule(self) -> str:
        return weekly_rule([self.cleaned_data["day"].weekday()], count=self.cleaned_data["weeks"] or 1)


class GroupChangeForm(WhenForm):
    """What a group is to be. Everybody who comes goes with it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    notify = forms.BooleanField(label=_("Tell everybody who comes"), required=False, initial=True)

    @staticmethod
    def values_of(session: GroupSession) -> dict[str, Any]:
        start = session.starts_at.astimezone(session.location.zone)
        minutes = int((session.ends_at - session.starts_at).total_seconds() // 60)
        return {
            "title": session.title,
            "day": start.date(),
            "starts": start.time(),
            "minutes": minutes,
            "practitioner": session.practitioner_id,
            "room": session.room_id,
            "places": session.places,
            "version": session.version,
        }

    def change(self, session: GroupSession) -> GroupChange:
        data, starts_at = self.cleaned_data, as_utc(self.starts_at())
        ends_at = _later(starts_at, data["minutes"]) if data["minutes"] else None
        is_elsewhen = starts_at != session.starts_at or (ends_at is not None and ends_at != session.ends_at)
        room_id = _pk(data["room"])
        return GroupChange(
            starts_at=starts_at if is_elsewhen else None,
            ends_at=ends_at if is_elsewhen else None,
            practitioner_id=data["practitioner"].pk if data["practitioner"].pk != session.practitioner_id else None,
            room_id=room_id if room_id != session.room_id else None,
            places=data["places"],
            title=data["title"],
            version=data["version"],
            tell=Tell.SOON if data["notify"] else Tell.NOT,
        )


class GroupCancelForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    notify = forms.BooleanField(label=_("Tell everybody who comes"), required=False, initial=True)


class ScopeForm(forms.Form):
    scope = forms.ChoiceField(label=_("Which"), choices=SCOPES, widget=forms.RadioSelect, initial=Scope.FOLLOWING.value)


class GroupsChangeForm(ScopeForm):
    """What the groups of a series are to be. What is left empty stays."""

    day = forms.DateField(
        label=_("Move this one to"), widget=DAY, required=False, help_text=_("The others go as many days with it.")
    )
    starts = forms.TimeField(label=_("All at"), widget=TIME, required=False)
    length = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=1440, required=False)
    practitioner = forms.ModelChoiceField(
        label=_("With"), queryset=Practitioner.objects.none(), required=False, empty_label=_("As now")
    )
    room = forms.ModelChoiceField(
        label=_("Room"), queryset=Room.objects.none(), required=False, empty_label=_("As now")
    )
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=500, required=False)
    title = forms.CharField(label=_("Title"), max_length=100, required=False)
    notify = forms.BooleanField(label=_("Send everybody who comes one mail"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_rows(self, "practitioner", Practitioner.objects.current().order_by("name"))
        set_rows(self, "room", Room.objects.current().order_by("name"))

    def change(self, group_id: UUID, *, skip: frozenset[UUID], seen: str) -> GroupsChange:
        data = self.cleaned_data
        return GroupsChange(
            scope=Scope(data["scope"]),
            group_id=group_id,
            day=data["day"],
            starts=data["starts"],
            length=data["length"],
            practitioner_id=_pk(data["practitioner"]),
            room_id=_pk(data["room"]),
            places=data["places"],
            title=data["title"] or None,
            skip=skip,
            seen=seen,
            tell=Tell.SOON if data["notify"] else Tell.NOT,
        )


class GroupsCancelForm(ScopeForm):
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    notify = forms.BooleanField(label=_("Send everybody who comes one mail"), required=False, initial=True)


def _later(start: datetime, minutes: int) -> datetime:
    return as_utc(start) + timedelta(minutes=minutes)


def _pk(thing: Any) -> UUID | None:
    return thing.pk if thing is not None else None
