"""What is filled in about calendars elsewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from modules.scheduling.models import CalendarSync, Shows
from modules.scheduling.services.elsewhere.connections import SyncSettings
from webui.fields import set_choices


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
        set_choices(self, "shows", offered)
        self.fields["shows"].initial = Shows.EVERYTHING if of_patient else Shows.INITIALS


class ConnectForm(forms.Form):
    """A calendar elsewhere."""

    label = forms.CharField(label=_("Name"), max_length=60, help_text=_("Such as Home, or the other practice."))
    url = forms.CharField(
        label=_("Its secret address in iCal format"),
        max_length=2000,
        help_text=_("It begins with https:// or webcal:// and often ends in .ics. Only busy times are read and kept."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )


class AccountForm(forms.Form):
    """An account at a calendar server."""

    label = forms.CharField(label=_("Name"), max_length=60, help_text=_("What you call it here, such as My Nextcloud."))
    address = forms.CharField(
        label=_("Address of the calendar server (CalDAV)"),
        max_length=2000,
        help_text=_("It begins with https://. Below is where you find it."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    user_name = forms.CharField(
        label=_("User name there"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("App password"),
        max_length=500,
        help_text=_("One that you make there for this alone. It is kept sealed, and you can withdraw it there."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class PasswordForm(forms.Form):
    """Another app password for the same account."""

    password = forms.CharField(
        label=_("New app password"), max_length=500, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )


class SyncForm(forms.Form):
    """Which calendar, in which directions, and how much it tells."""

    key = forms.ChoiceField(label=_("Calendar"), widget=forms.RadioSelect)
    pushes = forms.BooleanField(
        label=_("Show my visits there"),
        required=False,
        help_text=_("What is moved or cancelled here follows there. What is over for two weeks is taken out."),
    )
    pulls = forms.BooleanField(
        label=_("Block me here when I am busy there"),
        required=False,
        help_text=_("Only when is read and kept, and not what for."),
    )
    shows = forms.ChoiceField(
        label=_("What the visits show there"),
        choices=Shows.choices,
        widget=forms.RadioSelect,
        help_text=_("Whoever runs the calendar can read it, too. The less it shows, the less they know."),
    )

    def __init__(self, *args: Any, sync: CalendarSync, **kwargs: Any) -> None:
        now = {"pushes": sync.pushes, "pulls": sync.pulls, "shows": sync.shows}
        offered = {"pushes": True, "pulls": True, "shows": Shows.INITIALS}
        super().__init__(*args, **kwargs)
        self.initial = now if sync.is_chosen else offered
        if sync.is_chosen:
            del self.fields["key"]
            return
        field: Any = self.fields["key"]
        field.choices = [(each["key"], _choice(each)) for each in sync.found]
        if len(field.choices) == 1:
            field.initial = field.choices[0][0]

    @property
    def settings(self) -> SyncSettings:
        return SyncSettings(**self.cleaned_data)


def _choice(found: dict[str, Any]) -> str:
    return found["name"] if found["is_writable"] else gettext("%(name)s (read-only)") % {"name": found["name"]}
