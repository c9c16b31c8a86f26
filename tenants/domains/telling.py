"""What owners are told about their domains, by their log and by e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.models import Member, Role
from audit import recording as audit
from notify.sending import Composed, send
from tenancy import current_tenant
from tenancy.addresses import url_at
from tenants.domains.naming import as_written
from tenants.models import Tenant

SETTINGS = "/settings/address/"


def tell_owners(*, domain_id: UUID, name: str, what: str, since: datetime) -> None:
    """Note in the log of the tenant in use what became of a domain, and write to its owners."""
    audit.record(action=f"tenants.address.domain_{what}", of=Tenant(pk=current_tenant().id), by=None,
                 changes={"domain": (None, name)})  # fmt: skip
    for owner in Member.objects.current().filter(role=Role.OWNER):
        send(
            cause=f"domains.{what}:{domain_id}:{since.isoformat()}:{owner.pk}",
            composer="tenants.domains.telling.compose_news",
            about={"name": name, "what": what, "member_id": str(owner.pk)},
            at=since,
        )


def compose_news(*, name: str, what: str, member_id: str) -> Composed | None:
    """Write what became of a domain, unless this owner has left."""
    owner = Member.objects.current().filter(pk=member_id).first()
    if owner is None:
        return None
    tenant, said = current_tenant(), _words(what, as_written(name))
    # On the subdomain, which works whatever is wrong with the domain.
    context = {"owner": owner, **said, "link": url_at(tenant.subdomain, SETTINGS)}
    return Composed(to=owner.email, subject=said["subject"], template="domains/news", context=context)


def _words(what: str, shown: str) -> Mapping[str, Any]:
    told: dict[str, dict[str, str]] = {
        "ready": {
            "subject": _("%(domain)s leads to your workspace"),
            "news": _("%(domain)s is proved to be yours and leads to your workspace now."),
            "advice": _("You can make it the address that links in mails use. Leave both DNS records in place."),
        },
        "failing": {
            "subject": _("%(domain)s fails"),
            "news": _("The DNS records of %(domain)s do not show any more that it is yours and leads here."),
            "advice": _("Meanwhile you are found at your name at Atrium. After two weeks, the domain is let go."),
        },
        "let_go": {
            "subject": _("%(domain)s does not lead to your workspace any more"),
            "news": _("The DNS records of %(domain)s have been missing for two weeks, so we have let it go."),
            "advice": _("Your workspace is found at its name at Atrium. If the domain is still yours, add it again."),
        },
        "moved": {
            "subject": _("%(domain)s leads to another workspace now"),
            "news": _("The DNS records of %(domain)s name another workspace now, and not yours."),
            "advice": _("If you did not mean that, look who can change the records of your domain, and add it again."),
        },
    }  # fmt: skip
    return {part: text % {"domain": shown} for part, text in told[what].items()}
