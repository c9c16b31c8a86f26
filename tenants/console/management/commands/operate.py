"""What the console does, from a shell: `manage.py operate suspend physio --by oda@example.com --reason "Not paid"`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kernel.errors import DomainError
from tenants import standing
from tenants.console import agreements, switches
from tenants.console.command_line import operator_called, tenant_called
from tenants.life import deleting


class Command(BaseCommand):
    help = "Do to a tenant what the operators' console does. It is written down under the operator's name."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        for name, (_, argument, summary) in ACTS.items():
            act = acts.add_parser(name, help=summary)
            act.add_argument("tenant", help="The tenant's subdomain.")
            if argument:
                act.add_argument(argument)
            act.add_argument("--by", required=True, metavar="EMAIL", help="The operator who answers for it.")
            act.add_argument("--reason", required=True, help="The owner reads it in their own log.")

    def handle(self, *, act: str, **options: Any) -> None:
        do, argument, _ = ACTS[act]
        tenant, by = tenant_called(options["tenant"]), operator_called(options["by"])
        more = {argument: options[argument]} if argument else {}
        try:
            do(tenant=tenant, by=by, reason=options["reason"], at=timezone.now(), **more)
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{act}: {tenant.name}")


def _switch_on(*, module: str, **rest: Any) -> None:
    switches.switch_on(label=module, **rest)


def _switch_off(*, module: str, at: Any, **rest: Any) -> None:
    switches.switch_off(label=module, **rest)


def _undo_deletion(*, reason: str, **rest: Any) -> None:
    deleting.cancel_deletion(**rest)


def _change_plan(*, at: Any, **rest: Any) -> None:
    agreements.change_plan(**rest)


# what does it, the further argument that it takes, and what it is
ACTS: dict[str, tuple[Any, str, str]] = {
    "suspend": (standing.suspend_tenant, "", "Close its doors; its jobs rest."),
    "resume": (standing.resume_tenant, "", "Open its doors again."),
    "delete": (deleting.schedule_deletion, "", "Close its doors, and have it erased when its days of grace are up."),
    "undelete": (_undo_deletion, "", "Keep it after all."),
    "plan": (_change_plan, "plan", "Put it on another plan."),
    "switch-on": (_switch_on, "module", "Switch a module on, with what it requires."),
    "switch-off": (_switch_off, "module", "Switch a module off; what is kept stays."),
}
