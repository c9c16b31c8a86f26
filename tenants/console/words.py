"""What the actions in the platform's log are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kernel.modules import Words

KINDS: dict[str, Words] = {
    "operator": _("Operators"),
    "tenant": _("Tenants"),
    "support": _("Support sessions"),
    "job": _("Jobs"),
}
ACTIONS: dict[str, Words] = {
    "operator.signed_in": _("Signed in"),
    "tenant.suspended": _("Suspended"),
    "tenant.resumed": _("Let go on"),
    "tenant.plan_changed": _("Changed the plan"),
    "tenant.module_on": _("Switched on"),
    "tenant.module_off": _("Switched off"),
    "tenant.export": _("Asked for an export"),
    "tenant.deletion": _("Put on the way to deletion"),
    "tenant.deletion_undone": _("Kept after all"),
    "tenant.restored": _("Put back to a backup"),
    "tenant.restoration_undone": _("Undid the return to a backup"),
    "tenant.restoration_kept": _("Confirmed the return to a backup"),
    "support.requested": _("Asked to look on"),
    "support.answered": _("Owner answered"),
    "support.started": _("Began to look on"),
    "support.ended": _("Support session ended"),
    "support.policy": _("Owner changed what support may do"),
    "job.retried": _("Retried a job"),
    "job.set_aside": _("Set a job aside"),
}


SHOWN = ("modules", "plan", "runs", "ticket", "minutes")


def details_in_words(details: Mapping[str, Any]) -> list[str]:
    """Return what a line shows of its details: what was switched, what became what."""
    return [_in_words(name, details[name]) for name in SHOWN if details.get(name)]


def _in_words(name: str, value: Any) -> str:
    if name == "plan":
        return " → ".join(value)
    if name == "ticket":
        return gettext("ticket %(ticket)s") % {"ticket": value}
    if name == "minutes":
        return ngettext("%(count)s minute", "%(count)s minutes", value) % {"count": value}
    return ", ".join(value) if isinstance(value, list) else str(value)


def action_in_words(action: str) -> str:
    return str(ACTIONS.get(action, action))
