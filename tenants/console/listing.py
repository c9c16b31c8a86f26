"""The list of tenants, as an operator asked for it. One query for the page, however many tenants there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Min, OrderBy, Q, QuerySet, Sum
from django.http import QueryDict

from kernel.modules import installed_modules
from tenancy import use_platform
from tenants.console.models import TenantFigures
from tenants.console.plans import PLANS
from tenants.models import Tenant, TenantState
from tenants.verticals import VERTICALS

NEEDS_A_LOOK = "look"

SORTS = {
    "name": "name",
    "people": "figures__people",
    "last": "figures__last_request_at",
    "errors": "figures__failures",
    "jobs": "figures__jobs_waiting",
    "size": "figures__schema_bytes",
    "since": "created_at",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. What it asks for in vain is passed over."""

    text: str = ""
    state: str = ""
    vertical: str = ""
    plan: str = ""
    module: str = ""
    sort: str = "-since"
    filters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, query: QueryDict) -> Wanted:
        modules = [module.label for module in installed_modules()]
        filters = {
            "state": _one_of([*TenantState.values, NEEDS_A_LOOK], query.get("state")),
            "vertical": _one_of(VERTICALS, query.get("vertical")),
            "plan": _one_of(PLANS, query.get("plan")),
            "module": _one_of(modules, query.get("module")),
        }
        sort = query.get("sort", "")
        text = query.get("q", "").replace("\x00", "").strip()
        return cls(text=text, sort=sort if sort.lstrip("-") in SORTS else "-since", filters=filters, **filters)

    def address(self, **changes: str) -> str:
        """Return the query of this page with something else."""
        query = QueryDict(mutable=True)
        asked = {"q": self.text, **self.filters, "sort": self.sort} | changes
        query.update({name: value for name, value in asked.items() if value and (name, value) != ("sort", "-since")})
        return f"?{query.urlencode()}"

    def address_sorted_by(self, column: str) -> str:
        """Return the address that sorts by this column, the other way round if it is sorted by it already."""
        return self.address(sort=f"-{column}" if self.sort == column else column)


def tenants_as(wanted: Wanted) -> QuerySet[Tenant]:
    rows = Tenant.objects.select_related("owner", "figures").prefetch_related("domains")
    rows = rows.matching(wanted.text) if wanted.text else rows
    return rows.filter(_conditions(wanted)).order_by(_order(wanted.sort), "pk")


def overview() -> dict[str, Any]:
    """Return what stands above the list: sums over all tenants, from what is kept of them."""
    with use_platform():
        figures = TenantFigures.objects.aggregate(
            look=Count("pk", filter=Q(needs_a_look=True)),
            requests=Sum("requests", default=0),
            failures=Sum("failures", default=0),
            oldest=Min("taken_at"),
        )
        on_trial = Tenant.objects.filter(plan="trial", state=TenantState.ACTIVE).count()
    return figures | {"on_trial": on_trial}


def _conditions(wanted: Wanted) -> Q:
    found = Q(figures__needs_a_look=True) if wanted.state == NEEDS_A_LOOK else Q()
    if wanted.state and wanted.state != NEEDS_A_LOOK:
        found &= Q(state=wanted.state)
    if wanted.vertical:
        found &= Q(vertical=wanted.vertical)
    if wanted.plan:
        found &= Q(plan=wanted.plan)
    if wanted.module:
        found &= Q(modules__contains=[wanted.module])
    return found


def _order(sort: str) -> OrderBy:
    column = F(SORTS[sort.lstrip("-")])
    return column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)


def _one_of(choices: Any, asked: str | None) -> str:
    return asked if asked and asked in choices else ""
