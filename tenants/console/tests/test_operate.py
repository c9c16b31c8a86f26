"""`manage.py operate`: what the console does, for scripts, under an operator's name."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from tenancy import TenantRef, use_platform
from tenants.console.models import PlatformEntry
from tenants.models import Tenant

BY = ["--by", "oda@atrium.example", "--reason", "Ticket 12"]


def test_everything_the_console_does_can_be_scripted(clinic: TenantRef, oda: object) -> None:
    for act in ("suspend", "resume", "plan", "delete", "undelete"):
        call_command("operate", act, "clinic", *(["group"] if act == "plan" else []), *BY)
    for way in ("switch-off", "switch-on"):
        call_command("operate", way, "clinic", "billing", *BY)

    with use_platform():
        tenant = Tenant.objects.get(pk=clinic.id)
        noted = list(PlatformEntry.objects.order_by("pk").values_list("action", "who", "reason"))
    assert (tenant.state, tenant.plan, "billing" in tenant.modules) == ("active", "group", True)
    did = ["suspended", "resumed", "plan_changed", "deletion", "deletion_undone", "module_off", "module_on"]
    assert [(action, who) for action, who, _ in noted] == [(f"tenant.{what}", "Oda") for what in did]
    assert {reason for action, _, reason in noted if action != "tenant.deletion_undone"} == {"Ticket 12"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["suspend", "nowhere", *BY], "There is no tenant at nowhere."),
        (["suspend", "clinic", "--by", "ana@clinic.example", "--reason", "x"], "ana@clinic.example is no operator."),
        (["resume", "clinic", *BY], "This tenant is not suspended."),
        (["switch-off", "clinic", "crm", *BY], "cannot do without it"),
        (["plan", "clinic", "mars", *BY], "There is no plan of this name."),
    ],
)
def test_what_cannot_be_done_is_said(clinic: TenantRef, arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("operate", *arguments)
