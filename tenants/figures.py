"""How an opening goes, for whoever watches it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from jobs.models import OutboxMessage
from tenancy import use_platform

USUAL_OPENING = timedelta(seconds=10)


def opening_takes_longer(tenant_id: UUID, *, at: datetime) -> bool:
    """Test whether the tenant should have been open by now: its job waits for a worker, or will run again."""
    with use_platform():
        opening = OutboxMessage.objects.filter(actor="tenants.tasks.open_workspace", done_at=None)
        return opening.filter(arguments__tenant_id=str(tenant_id), created_at__lt=at - USUAL_OPENING).exists()
