"""What is asked for when somebody arrives: set for all of a tenant."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from audit import recording as audit
from modules.scheduling.domain.checklist import BY_THEMSELVES, Forms, Item
from modules.scheduling.models import CheckInRules
from modules.scheduling.selectors.checklist import rules_of_check_in

COLUMNS = [*sorted(item.value for item in BY_THEMSELVES), "forms"]


@transaction.atomic
def set_check_in_rules(*, asked: Collection[Item], forms: Forms | None = None, by: Any) -> CheckInRules:
    """Say what is asked for when somebody arrives, and what a form that is missing leads to; None leaves that."""
    rules = rules_of_check_in()
    before = audit.snapshot(rules, COLUMNS)
    for item in BY_THEMSELVES:
        setattr(rules, item.value, item in asked)
    rules.forms = forms or rules.forms
    rules.save()
    if changes := audit.difference(before, rules):
        audit.record(action="scheduling.checkinrules.saved", of=rules, by=by, changes=changes)
    return rules
