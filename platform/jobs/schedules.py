"""Jobs that come round: each tenant's at a moment of its own, so that a thousand tenants do not wake at once."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django_tenants.utils import get_tenant_model

from jobs.models import OutboxMessage
from kernel.modules import installed_modules


class PlatformSchedule(NamedTuple):
    actor: str
    every: int


_platform: list[PlatformSchedule] = []


def register_platform_schedule(actor: str, *, every: int) -> None:
    """Have the platform itself run the actor at this dotted path every so many seconds."""
    _platform.append(PlatformSchedule(actor, every))


ENROL = """
INSERT INTO jobs_dueschedule (tenant_id, room, module, actor, every, next_run_at)
SELECT id, schema_name, %(module)s, %(actor)s, %(every)s,
       now() + make_interval(secs => abs(hashtext(id::text || %(actor)s)) %% %(every)s)
FROM {tenants} WHERE state = 'active' AND %(module)s = ANY(modules)
ON CONFLICT DO NOTHING
"""
ENROL_PLATFORM = """
INSERT INTO jobs_dueschedule (tenant_id, room, module, actor, every, next_run_at)
VALUES (NULL, '', '', %(actor)s, %(every)s, now()) ON CONFLICT DO NOTHING
"""
# A schedule that was missed, by a stop or a suspension, runs once and then goes on from now.
CLAIM_DUE = """
UPDATE jobs_dueschedule SET next_run_at = now() + make_interval(secs => every)
WHERE id IN (
    SELECT s.id FROM jobs_dueschedule s LEFT JOIN {tenants} t ON t.id = s.tenant_id
    WHERE s.next_run_at <= now()
      AND (s.tenant_id IS NULL OR (t.state = 'active' AND s.module = ANY(t.modules)))
    ORDER BY s.next_run_at LIMIT 500 FOR UPDATE OF s SKIP LOCKED
)
RETURNING tenant_id, room, actor
"""


def enrol() -> None:
    """Give every open tenant a row for each schedule of its modules."""
    with connection.cursor() as cursor:
        for module in installed_modules():
            for schedule in module.schedules:
                actor = f"{module.name}.{schedule.actor}"
                parameters: dict[str, str | int] = {"module": module.label, "actor": actor, "every": schedule.every}
                cursor.execute(_with_tenants(ENROL), parameters)
        for platform_schedule in _platform:
            cursor.execute(ENROL_PLATFORM, platform_schedule._asdict())


@transaction.atomic
def tick() -> int:
    """Put what is due into the outbox. Return how many jobs that was."""
    with connection.cursor() as cursor:
        cursor.execute(_with_tenants(CLAIM_DUE))
        due: list[tuple[UUID | None, str, str]] = cursor.fetchall()
    OutboxMessage.objects.bulk_create(_message(*row) for row in due)
    return len(due)


def _message(tenant_id: UUID | None, room: str, actor: str) -> OutboxMessage:
    return OutboxMessage(tenant_id=tenant_id, room=room, actor=actor, queue="default", arguments={}, available_at=Now())


def _with_tenants(statement: str) -> str:
    return statement.format(tenants=get_tenant_model()._meta.db_table)
