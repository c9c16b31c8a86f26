"""What is thrown away once it is of no more use."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from httpapi.models import KeptAnswer
from httpapi.transactions import KEEP_FOR
from identity.models import RefreshToken, User
from identity.tokens import REFRESH_FOR, issue_tokens
from jobs.schedules import enrol
from tenancy import TenantRef, use, use_platform
from tenants.tasks import sweep, sweep_rooms


def test_answers_are_forgotten_in_every_room(clinic: TenantRef, shop: TenantRef) -> None:
    old, young = timezone.now() - KEEP_FOR - timedelta(hours=1), timezone.now()
    for room in (clinic, shop):
        with use(room):
            for key, at in (("old", old), ("young", young)):
                KeptAnswer.objects.create(key=key, fingerprint="", headers={}, body=b"")
                KeptAnswer.objects.filter(key=key).update(created_at=at)

    sweep_rooms()

    for room in (clinic, shop):
        with use(room):
            assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["young"]


def test_refresh_tokens_are_forgotten_once_they_have_run_out(clinic: TenantRef, rita: User) -> None:
    issue_tokens(user=rita, tenant_id=clinic.id, at=timezone.now() - REFRESH_FOR - timedelta(hours=1))
    issue_tokens(user=rita, tenant_id=clinic.id, at=timezone.now())

    with use_platform():
        sweep()
        assert RefreshToken.objects.filter(user=rita).count() == 1


def test_both_come_round_by_themselves(db: None) -> None:
    from jobs.models import DueSchedule

    enrol()

    with use_platform():
        actors = set(DueSchedule.objects.filter(tenant_id=None).values_list("actor", flat=True))
    assert {"tenants.tasks.sweep", "tenants.tasks.sweep_rooms"} <= actors
