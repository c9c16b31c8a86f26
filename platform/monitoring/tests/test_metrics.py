"""What Prometheus is told, and whom it is told to."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from identity.models import User
from jobs.outbox import later
from tenancy import TenantRef, use
from tenants.tasks import sweep_rooms


def scrape(**headers: str) -> dict[str, float]:
    answer = Client(headers=headers).get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {f"{sample.name}{sample.labels}": sample.value for family in families for sample in family.samples}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_requests_are_counted_by_the_kind_of_tenant_and_not_by_tenant(
    pages: Any, rita: User, clinic: TenantRef
) -> None:
    labels = {"tenant_class": clinic.vertical, "door": "page", "method": "GET", "status": "200"}
    before = counted("atrium_requests_total", **labels)

    pages(rita).get("/patients/?q=Zaphod")

    assert counted("atrium_requests_total", **labels) == before + 1
    told = str(scrape())
    assert "patients/" in told
    assert "Zaphod" not in told
    assert str(clinic.id) not in told
    assert clinic.subdomain not in told.replace("'clinic'", "")  # which is also the name of a vertical


def test_a_method_that_nobody_has_heard_of_makes_no_new_series(db: None) -> None:
    Client().generic("BREW", "/")

    assert "BREW" not in str(scrape())


def test_an_address_that_nobody_has_makes_no_new_series(db: None) -> None:
    Client().get("/a/b/c/d/")

    assert "/a/b" not in str(scrape())


def test_what_waits_in_the_outbox_is_asked_at_each_scrape(clinic: TenantRef) -> None:
    before = scrape()["atrium_jobs_waiting{}"]
    with use(clinic):
        later(sweep_rooms)

    assert scrape()["atrium_jobs_waiting{}"] == before + 1


def test_jobs_are_counted_by_what_came_of_them(clinic: TenantRef, run_jobs: Any) -> None:
    labels = {"actor": "tenants.tasks.sweep_rooms", "result": "done"}
    before = counted("atrium_jobs_total", **labels)
    later(sweep_rooms)

    run_jobs()

    assert counted("atrium_jobs_total", **labels) == before + 1


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic secret", "Bearer secret2"])
def test_without_the_token_there_are_no_metrics(db: None, settings: Any, given: str) -> None:
    settings.METRICS_TOKEN = "secret"

    assert Client(headers={"authorization": given} if given else {}).get("/metrics").status_code == 404
    assert scrape(authorization="Bearer secret")


def test_where_no_token_is_set_only_the_machine_itself_may_ask(db: None, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1

    assert scrape()
    assert Client(headers={"x-forwarded-for": "203.0.113.9"}).get("/metrics").status_code == 404


def test_processes_of_one_machine_add_up(db: None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes count into one folder, and a third one tells both."""
    import subprocess
    import sys

    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    count = "from monitoring import metrics; metrics.JOBS.labels('a', 'done').inc()"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], check=True)

    assert scrape()["atrium_jobs_total{'actor': 'a', 'result': 'done'}"] == 2
