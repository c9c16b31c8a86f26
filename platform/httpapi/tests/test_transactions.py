"""What a request may change, and what is kept of it when it fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse

from httpapi.problems import NotStorable
from httpapi.transactions import NotByReading, one_transaction
from identity.models import User
from modules.crm.models import Client
from tenancy import TenantRef


def run(view: Any, request: Any, user: User) -> HttpResponse:
    request.user = user
    return one_transaction(view)(request)


def test_a_get_that_is_about_to_write_is_stopped(rf: Any, rita: User, in_clinic: TenantRef) -> None:
    def careless(request: Any) -> HttpResponse:
        Client.objects.create(first_name="Paul")
        return HttpResponse()

    with pytest.raises(NotByReading), transaction.atomic():
        run(careless, rf.get("/"), rita)
    assert not Client.objects.filter(first_name="Paul").exists()

    run(careless, rf.post("/"), rita)
    assert Client.objects.filter(first_name="Paul").exists()


def test_a_get_may_read(rf: Any, rita: User, in_clinic: TenantRef) -> None:
    answer = run(lambda request: HttpResponse(str(Client.objects.count())), rf.get("/"), rita)

    assert answer.content == b"0"


def test_what_is_answered_with_an_error_leaves_nothing_behind(rf: Any, rita: User, in_clinic: TenantRef) -> None:
    def half_done(request: Any) -> HttpResponse:
        Client.objects.create(first_name="Paul")
        return HttpResponse(status=422)

    run(half_done, rf.post("/"), rita)

    assert not Client.objects.filter(first_name="Paul").exists()


def test_what_postgres_cannot_keep_is_refused_in_words(rf: Any, rita: User, in_clinic: TenantRef) -> None:
    def search(request: Any) -> HttpResponse:
        return HttpResponse(str(Client.objects.filter(first_name=request.GET["q"]).exists()))

    with pytest.raises(NotStorable, match="cannot be kept"):
        run(search, rf.get("/", {"q": "a\x00b"}), rita)


@pytest.mark.parametrize(
    "path", ["/api/patients/?search=%00", "/api/patients/?q=%00", "/api/inventory/items/?search=%00"]
)
def test_a_nul_in_a_search_is_no_server_error(path: str, api: Any, rita: User) -> None:
    assert api(rita).get(path).status_code < 500
