"""Say that a domain is the workspace's, prove it, lose it again.

DNS has the last word: who controls it controls the domain. So anybody may say that a domain is theirs, and it blocks
nobody; whoever proves it has it, and another who proves it later, when the first one's proof has gone, takes it over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from identity.secrets import new_secret
from jobs.outbox import later
from kernel.errors import Conflict, NotFound
from kernel.limits import count
from tenancy import TenantRef, catalog, use_platform
from tenants.addresses import AlreadyTheAddress, lock_tenant, record
from tenants.domains.looks import look_of_domain
from tenants.domains.models import CustomDomain, DomainState, Problem
from tenants.domains.naming import as_written, parse_domain
from tenants.domains.proving import Finding
from tenants.models import Domain, Tenant
from tenants.names import wait_for_look

AT_MOST = 5  # each needs a certificate, and those who issue them count
ADDED_A_DAY, CHECKS_A_MINUTE = 20, 6
DAY = timedelta(days=1)
WARN_AFTER, LET_GO_AFTER = timedelta(hours=2), timedelta(days=14)
PENDING_FOR = timedelta(days=30)
SHOWN_FOR = timedelta(days=30)  # that a domain was let go


class TooManyDomains(Conflict):
    code = "too-many-domains"


class LooksTaken(Conflict):
    code = "domain-looks-taken"


class NotProved(Conflict):
    code = "domain-not-proved"


class NoSuchDomain(NotFound):
    code = "domain-not-found"


def add_domain(*, tenant: TenantRef, typed: str, by: Any, at: datetime) -> CustomDomain:
    """Note that the workspace wants to be found at a domain of its own. Adding one twice gives the same one.

    Raises `DomainNotPossible`, `LooksTaken`, `TooManyDomains` or `TooMany`. Call outside of a transaction.
    """
    name = parse_domain(typed)
    with use_platform(), transaction.atomic():
        lock_tenant(tenant)
        mine = CustomDomain.objects.current().filter(tenant_id=tenant.id)
        if there := mine.filter(name=name).first():
            return there
        if mine.count() >= AT_MOST:
            raise TooManyDomains(_("There can be %(count)d domains at most. Remove one first.") % {"count": AT_MOST})
        if _looks_like_anothers(name, tenant.id):
            reason = str(Problem.LOOKS_TAKEN.label)
            raise LooksTaken(reason, fields={"name": [reason]})
        count("domain", str(tenant.id), at_most=ADDED_A_DAY, seconds=int(DAY.total_seconds()))
        domain = CustomDomain.objects.create(
            tenant_id=tenant.id, name=name, token=f"atrium-{new_secret()}", created_at=at
        )
    record("domain_added", tenant, by, {"domain": (None, name)})
    return domain


def ask_for_check(*, tenant: TenantRef, domain_id: UUID, at: datetime) -> CustomDomain:
    """Have the name servers asked about a domain now. Raises `NoSuchDomain` or `TooMany`."""
    from tenants.domains.tasks import check_domain

    with use_platform(), transaction.atomic():
        domain = _find(tenant, domain_id)
        if not domain.is_being_checked(at):
            count("domain-check", str(tenant.id), at_most=CHECKS_A_MINUTE, seconds=60)
            domain.check_asked_at = at
            domain.save(update_fields=["check_asked_at"])
            later(check_domain, domain_id=str(domain.pk))
    return domain


def remove_domain(*, tenant: TenantRef, domain_id: UUID, by: Any, at: datetime) -> TenantRef:
    """Let a domain go: from now on it is nobody's. If it was the primary name, the subdomain is again.

    Return the tenant as it is then. Raises `NoSuchDomain`. Call outside of a transaction.
    """
    with use_platform(), transaction.atomic():
        row = lock_tenant(tenant)
        domain = _find(tenant, domain_id)
        _release(domain, at=at)
        changed = Tenant.objects.get(pk=row.pk).ref()
    record("domain_removed", changed, by, {"domain": (domain.name, None)})
    return changed


def choose_address(*, tenant: TenantRef, name: str, by: Any) -> TenantRef:
    """Have links use this one of the workspace's names, and all others lead to it. Return the tenant as it is then.

    Raises `NoSuchDomain`, `NotProved` or `AlreadyTheAddress`. Call outside of a transaction.
    """
    with use_platform(), transaction.atomic():
        row = lock_tenant(tenant)
        old, chosen = row.ref().primary_name, row.domains.filter(domain=name, retired_at=None).first()
        if chosen is None:
            raise NoSuchDomain(_("There is no such domain here, or not any more."))
        if name == old:
            raise AlreadyTheAddress(_("That is the address already."))
        if chosen.is_custom and not row.custom_domains.filter(name=name, state=DomainState.VERIFIED).exists():
            raise NotProved(_("This domain fails just now. Once its DNS records are in place, it can be the address."))
        _make_primary(row.pk, name)
        row.custom_domains.update(gave_way=False)
        changed = Tenant.objects.get(pk=row.pk).ref()
    record("address_chosen", changed, by, {"address": (old, name)})
    return changed


def domains_of(tenant: TenantRef, *, at: datetime) -> list[CustomDomain]:
    """Return the tenant's domains as they stand, and those that were let go lately."""
    with use_platform():
        lately = Q(state=DomainState.REMOVED, failing_since__isnull=False, removed_at__gt=at - SHOWN_FOR)
        rows = CustomDomain.objects.filter(~Q(state=DomainState.REMOVED) | lately, tenant_id=tenant.id)
        return list(rows.order_by("removed_at", "created_at"))


def apply_finding(*, domain_id: UUID, finding: Finding | None, at: datetime) -> None:
    """Draw the consequences of what the name servers say; None if they do not answer. Call on the platform."""
    with transaction.atomic():
        seen = CustomDomain.objects.current().filter(pk=domain_id).first()
        if seen is None:
            return
        wait_for_look(look_of_domain(seen.shown))  # of two who prove one domain, one at a time
        _lock_those_who_claim(seen.name)
        domain = CustomDomain.objects.current().select_for_update().filter(pk=domain_id).first()
        if domain is None:
            return
        domain.checked_at = at
        if finding is None:
            domain.problem = Problem.UNANSWERED
            domain.save()
        elif domain.state == DomainState.PENDING:
            _try_to_activate(domain, finding, at=at)
        else:
            _confirm(domain, finding, at=at)


def _lock_those_who_claim(name: str) -> None:
    """Keep the names of every tenant as they are that has this domain, or may have it in a moment."""
    claimed = CustomDomain.objects.current().filter(name=name).values("tenant_id")
    list(Tenant.objects.select_for_update().filter(pk__in=claimed).order_by("pk"))


def _try_to_activate(domain: CustomDomain, finding: Finding, *, at: datetime) -> None:
    domain.problem = finding.problem_of(domain.token)
    holder = CustomDomain.objects.proved().select_for_update().filter(name=domain.name).first()
    if not domain.problem and holder is not None and holder.token in finding.tokens:
        domain.problem = Problem.HELD
    if not domain.problem and _looks_like_anothers(domain.name, domain.tenant_id):
        domain.problem = Problem.LOOKS_TAKEN
    if domain.problem:
        if domain.created_at < at - PENDING_FOR:
            domain.state, domain.removed_at = DomainState.REMOVED, at
        domain.save()
        return
    if holder is not None:
        _release(holder, at=at)
        _tell(holder, "moved", at=at)
    domain.state, domain.verified_at = DomainState.VERIFIED, at
    domain.save()
    look = look_of_domain(domain.shown)
    Domain.objects.create(domain=domain.name, tenant_id=domain.tenant_id, look=look, is_primary=False)
    catalog.changed()
    _tell(domain, "ready", at=at)


def _confirm(domain: CustomDomain, finding: Finding, *, at: datetime) -> None:
    """Look after a domain that was proved: it works, it fails, or it has failed for so long that it is let go."""
    domain.problem = finding.problem_of(domain.token)
    if domain.problem:
        _note_failure(domain, at=at)
        return
    if domain.gave_way:
        _make_primary(domain.tenant_id, domain.name)
    domain.state, domain.failing_since, domain.warned_at, domain.gave_way = DomainState.VERIFIED, None, None, False
    domain.save()


def _note_failure(domain: CustomDomain, *, at: datetime) -> None:
    """Have the subdomain stand in at once: whoever has the domain's DNS now may be somebody else, and gets no visitor
    of ours, no code and no session.
    """
    if domain.state == DomainState.VERIFIED:
        domain.state, domain.failing_since = DomainState.FAILING, at
        domain.gave_way = _give_way(domain)
    failing_for = at - (domain.failing_since or at)
    if failing_for >= LET_GO_AFTER:
        _release(domain, at=at)
        _tell(domain, "let_go", at=at)
        return
    if failing_for >= WARN_AFTER and domain.warned_at is None:
        domain.warned_at = at
        _tell(domain, "failing", at=at)
    domain.save()


def _release(domain: CustomDomain, *, at: datetime) -> None:
    """Have the domain be nobody's."""
    _give_way(domain)
    Domain.objects.filter(tenant_id=domain.tenant_id, domain=domain.name).delete()
    domain.state, domain.removed_at = DomainState.REMOVED, at
    domain.save()
    catalog.changed()


def _give_way(domain: CustomDomain) -> bool:
    """Have the tenant be found at its subdomain, if it was found at this domain. Return whether it was."""
    names = Domain.objects.filter(tenant_id=domain.tenant_id)
    if not names.filter(domain=domain.name, is_primary=True).exists():
        return False
    subdomain = names.filter(retired_at=None).exclude(domain__contains=".").values_list("domain", flat=True).get()
    _make_primary(domain.tenant_id, subdomain)
    return True


def _make_primary(tenant_id: UUID, name: str) -> None:
    names = Domain.objects.filter(tenant_id=tenant_id)
    names.filter(is_primary=True).update(is_primary=False)
    names.filter(domain=name).update(is_primary=True)
    catalog.changed()


def _tell(domain: CustomDomain, what: str, *, at: datetime) -> None:
    """Have the tenant's log note it, and its owners hear of it, once this is committed."""
    from tenants.domains.tasks import tell_owners

    tenant = Tenant.objects.get(pk=domain.tenant_id).ref()
    later(tell_owners, tenant=tenant, domain_id=str(domain.pk), name=domain.name, what=what, since=at.isoformat())


def _looks_like_anothers(name: str, tenant_id: UUID) -> bool:
    alike = Domain.objects.filter(look=look_of_domain(as_written(name))).exclude(tenant_id=tenant_id)
    return alike.exclude(domain=name).exists()


def _find(tenant: TenantRef, domain_id: UUID) -> CustomDomain:
    domain = CustomDomain.objects.current().select_for_update().filter(tenant_id=tenant.id, pk=domain_id).first()
    if domain is None:
        raise NoSuchDomain(_("There is no such domain here, or not any more."))
    return domain
