"""Of which days a report is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.reports import Preset
from modules.billing.forms.desk import DAY
from modules.billing.forms.ledger import LONGEST

PRESETS = {
    Preset.TODAY: _("Today"),
    Preset.THIS_MONTH: _("This month"),
    Preset.LAST_MONTH: _("Last month"),
    Preset.THIS_QUARTER: _("This quarter"),
    Preset.LAST_QUARTER: _("Last quarter"),
    Preset.THIS_YEAR: _("This year"),
    Preset.LAST_YEAR: _("Last year"),
}


class DaysForm(forms.Form):
    since = forms.DateField(label=_("From"), widget=DAY)
    until = forms.DateField(label=_("Until"), widget=DAY)

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        since, until = asked.get("since"), asked.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first."))
        elif since and until and until - since > LONGEST:
            self.add_error("until", _("A year at most at one time."))
        return asked


class DayForm(forms.Form):
    """When it is asked how something stands, and not what came about."""

    until = forms.DateField(label=_("When this day ended"), widget=DAY)
