"""What a tenant has agreed to pay for. What each plan holds and costs comes with the subscriptions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PLANS = {"trial": _("Trial"), "solo": _("Solo"), "practice": _("Practice"), "group": _("Group")}
