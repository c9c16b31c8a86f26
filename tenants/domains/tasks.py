"""Asking the name servers, in the worker, and telling owners what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.actors import actor
from tenants.domains import checking, telling


@actor()
def check_due(**_: Any) -> None:
    checking.ask_for_due_checks(at=timezone.now())


@actor(own_transactions=True)
def check_domain(*, domain_id: str, **_: Any) -> None:
    checking.check_domain(domain_id=UUID(domain_id), at=timezone.now())


@actor(queue_name="mail")
def tell_owners(*, domain_id: str, name: str, what: str, since: str, **_: Any) -> None:
    telling.tell_owners(domain_id=UUID(domain_id), name=name, what=what, since=datetime.fromisoformat(since))
