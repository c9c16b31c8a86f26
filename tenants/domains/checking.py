"""Look after domains: ask the name servers about each, now and again. No transaction is open while they think."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jobs.outbox import later
from tenancy import use_platform
from tenants.domains import services
from tenants.domains.models import CustomDomain
from tenants.domains.proving import look_up
from tenants.domains.resolving import Unanswered, resolver

AT_A_TIME = 500


def ask_for_due_checks(*, at: datetime) -> int:
    """Put a job into the outbox for each domain that is due, and return how many those are."""
    from tenants.domains.tasks import check_domain

    due = list(CustomDomain.objects.due(at).values_list("pk", flat=True)[:AT_A_TIME])
    for domain_id in due:
        later(check_domain, domain_id=str(domain_id))
    return len(due)


def check_domain(*, domain_id: UUID, at: datetime) -> None:
    """Ask the name servers about one domain, and draw the consequences."""
    with use_platform():
        name = CustomDomain.objects.current().filter(pk=domain_id).values_list("name", flat=True).first()
        if name is None:
            return
        try:
            finding = look_up(name, resolver())
        except Unanswered:
            finding = None
        services.apply_finding(domain_id=domain_id, finding=finding, at=at)
