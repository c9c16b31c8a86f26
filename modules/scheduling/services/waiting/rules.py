"""How freed times are offered: set for each location."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.scheduling.models import Location, WaitingRules
from modules.scheduling.services.waiting.offering import rules_of

RULES = ("fills_itself", "offer_minutes", "quiet_from", "quiet_until")
FEWEST, MOST = 10, 2880


@transaction.atomic
def set_rules(
    *, location: Location, fills_itself: bool, offer_minutes: int, quiet_from: time, quiet_until: time, by: Any
) -> WaitingRules:
    """Say whether freed times are offered by themselves, how long they are kept, and when it is night."""
    if not FEWEST <= offer_minutes <= MOST:
        sentence = _("Keep a time for ten minutes at least and two days at most.")
        raise Invalid(sentence, fields={"offer_minutes": [sentence]})
    Location.objects.select_for_update().get(pk=location.pk)
    rules = rules_of(location.pk)
    before = audit.snapshot(rules, RULES)
    rules.fills_itself, rules.offer_minutes = fills_itself, offer_minutes
    rules.quiet_from, rules.quiet_until = quiet_from, quiet_until
    rules.save()
    audit.record(action="scheduling.waitingrules.saved", of=rules, by=by, changes=audit.difference(before, rules))
    return rules
