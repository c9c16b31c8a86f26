"""The forms about a package that somebody has bought."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class GiveUpForm(forms.Form):
    """Why what is left is given up."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stands on the credit note."))
