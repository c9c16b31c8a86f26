"""What part of the books is looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.billing.forms.desk import DAY
from modules.billing.models import ACCOUNT_LABELS

LONGEST = timedelta(days=366)


class JournalForm(forms.Form):
    since = forms.DateField(label=_("From"), widget=DAY)
    until = forms.DateField(label=_("Until"), widget=DAY)
    account = forms.ChoiceField(
        label=_("Account"),
        required=False,
        choices=[("", _("All accounts")), *((each.value, label) for each, label in ACCOUNT_LABELS.items())],
    )

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        since, until = asked.get("since"), asked.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first."))
        elif since and until and until - since > LONGEST:
            self.add_error("until", _("A year at most at one time."))
        return asked
