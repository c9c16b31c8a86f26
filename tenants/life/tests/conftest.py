"""Exports, restores and erasures commit in several transactions, so each of their tests has a database of its own."""

from __future__ import annotations

from datetime import datetime

import pytest

from tenancy import TenantRef
from tenants.life.tests.places import Lived, live_in
from tests.cast import tenant_called


@pytest.fixture
def own_clinic(own_database: None) -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def lived(own_clinic: TenantRef, now: datetime) -> Lived:
    return live_in(own_clinic, at=now)
