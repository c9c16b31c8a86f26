"""Which subdomains may be had: valid, not reserved, not taken, and not easily mistaken for one that is."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from kernel.errors import Conflict, DomainError, Invalid
from tenancy import use_platform
from tenants.models import Domain, Tenant

SHORTEST, LONGEST = 3, 40
VALID = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])")  # a DNS label (RFC 1035 §2.3.1), digits first allowed (RFC 1123)

# Names that we use, that mail and certificates give a meaning to, or that would let somebody speak for the platform.
RESERVED = frozenset(
    """
    abuse access account accounts admin administrator api app apps assets atrium auth autoconfig autodiscover billing
    blog careers cdn checkout client community contact dashboard demo dev developer developers dns docs domain download
    email enterprise example exchange feedback files forum ftp gateway git go grafana graphql hand-over healthz help
    host hostmaster http https id image images imap info internal intranet invitations invite ios jobs lab legal live
    local localhost log login logout mail mailer manage marketing media metrics mobile monitor mta mx my new news ns
    ns1 ns2 oauth official ops operator operators outbox owner panel partner partners password pay payment payments
    ping pop pop3 portal postmaster preview pricing privacy prod production profile proxy public register registry
    root sales sandbox schema secure security server service services settings shop-admin sign-in signin signup sitemap
    smtp sql ssl ssh sso stage staging start stat static stats status store stripe sub subdomain support sysadmin
    system team tech template tenant tenants terms test testing tls token tools trust update upload user users vpn
    webhook webhooks webmail webmaster wiki workspace workspaces wpad www www1 www2 xn
    """.split()
)

# What looks alike in most typefaces. Hyphens go altogether: `nord-stadt` and `nordstadt` are the same to the ear.
LOOKS_LIKE = (("-", ""), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("rn", "m"), ("vv", "w"), ("cl", "d"))


class NameNotValid(Invalid):
    code = "subdomain-invalid"


class NameReserved(Conflict):
    code = "subdomain-reserved"


class NameTaken(Conflict):
    code = "subdomain-taken"


class NameLooksTaken(Conflict):
    code = "subdomain-looks-taken"


def look_of(name: str) -> str:
    """Return what a name looks like to a hurried eye."""
    for seen, meant in LOOKS_LIKE:
        name = name.replace(seen, meant)
    return name


RESERVED_LOOKS = frozenset(map(look_of, RESERVED))


def take_name(*, tenant: Tenant, name: str, is_primary: bool) -> Domain:
    """Give the tenant this name as its subdomain. Raises what `check_name` raises. Call inside a transaction.

    Of several who want one name, or names that look alike, the first has it: the others wait here for its commit.
    """
    wait_for_look(look_of(name))
    check_name(name, for_tenant=tenant.pk)
    return Domain.objects.create(domain=name, tenant=tenant, look=look_of(name), is_primary=is_primary)


def wait_for_look(look: str) -> None:
    """Let one at a time decide about names of this look, until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"name:{look}"])


def check_name(name: str, *, for_tenant: UUID | None = None) -> None:
    """Raise `NameNotValid`, `NameReserved`, `NameTaken` or `NameLooksTaken`, each with its reason, or return.

    A tenant may have several names that look alike: the question is whether it could be taken for another.
    """
    _check_valid(name)
    if name in RESERVED:
        raise _about_subdomain(NameReserved, _("“%(name)s” is reserved for Atrium itself.") % {"name": name})
    if look_of(name) in RESERVED_LOOKS:
        raise _about_subdomain(
            NameReserved, _("“%(name)s” looks too much like a name reserved for Atrium.") % {"name": name}
        )
    with use_platform():
        others = Domain.objects.filter(look=look_of(name)).exclude(tenant_id=for_tenant)
        alike = set(others.values_list("domain", flat=True))
    if name in alike:
        raise _about_subdomain(NameTaken, _("“%(name)s” is taken.") % {"name": name})
    if alike:
        raise _about_subdomain(
            NameLooksTaken, _("“%(name)s” looks too much like a name that is taken.") % {"name": name}
        )


def _check_valid(name: str) -> None:
    if not SHORTEST <= len(name) <= LONGEST:
        reason = _("Use %(from)d to %(to)d characters.") % {"from": SHORTEST, "to": LONGEST}
    elif name.startswith("xn--"):
        reason = _("Internationalised names are not offered yet.")
    elif not VALID.fullmatch(name):
        reason = _("Use small letters, digits and hyphens; begin and end with a letter or digit.")
    else:
        return
    raise _about_subdomain(NameNotValid, reason)


def _about_subdomain(kind: type[DomainError], reason: str) -> DomainError:
    return kind(reason, fields={"subdomain": [reason]})


def suggest_name(business_name: str) -> str:
    """Return a free name made from a business's, or "" if none comes to mind."""
    plain = unicodedata.normalize("NFKD", business_name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: LONGEST - 3].strip("-")
    for candidate in (base, *(f"{base}-{number}" for number in range(2, 9))):
        try:
            check_name(candidate)
        except (Invalid, Conflict):
            continue
        return candidate
    return ""
