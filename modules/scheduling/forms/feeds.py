"""What is filled in about calendars elsewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.scheduling.models import Shows


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
