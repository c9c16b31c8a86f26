"""What is asked for when somebody arrives: set for all of a tenant."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from audit import recording as audit
from modules.scheduling.domain.checklist import Item
from modules.scheduling.models import CheckInRules
from modules.scheduling.selectors.checklist import rules_of_check_in

COLUMNS = [item.value for item in Item]


@transaction.atomic
def set_check_in_rules(*, asked: Collection[Item], by: Any) -> CheckInRules:
    """Say what is asked for when somebody arrives."""
    rules = rules_of_check_in()
    before = audit.snapshot(rules, COLUMNS)
    for item in Item:
        setattr(rules, item.value, item in asked)
    rules.save()
    if changes := audit.difference(before, rules):
        audit.record(action="scheduling.checkinrules.saved", of=rules, by=by, changes=changes)
    return rules
