"""Atrium's support, as a line among those who see a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from access.explaining import Onlooker
from tenancy import current_tenant, use_platform
from tenants.console import support
from tenants.console.middleware import visitor
from tenants.console.models import SupportState


def onlookers(thing: Any) -> Iterator[Onlooker]:
    """Yield the operators who may look at a thing now: whoever is in, and whoever was let in and has not come yet.

    Asked of the very rules that answer them. Not for inside a transaction: their sessions are the platform's.
    """
    tenant, at = current_tenant(), timezone.now()
    permission = f"{thing._meta.app_label}.view_{thing._meta.model_name}"
    with use_platform():
        live = list(support.sessions_of(tenant.id).filter(ended_at=None, is_approved=True))
    for session in live:
        if session.state(at) not in (SupportState.READY, SupportState.GOING):
            continue
        if visitor(session).has_perm(permission, thing):
            seen = _("Looks on for support, notes included") if session.may_read_notes else _("Looks on for support")
            yield Onlooker(
                user_id=session.pk,
                name=_("%(name)s (Atrium’s support)") % {"name": session.operator},
                what=seen,
                why=_("%(reason)s (ticket %(ticket)s)") % {"reason": session.reason, "ticket": session.ticket},
                since=session.started_at,
                until=session.expires_at,
            )
