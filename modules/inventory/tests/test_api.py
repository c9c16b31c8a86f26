"""The stock over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.models import User
from modules.inventory.models import Item
from modules.inventory.tests.conftest import make_item
from tenancy import TenantRef

ITEMS, TRANSACTIONS = "/api/inventory/items/", "/api/inventory/transactions/"


def transaction(item: Item, kind: str, quantity: Any) -> dict[str, Any]:
    return {"item_id": str(item.pk), "quantity": quantity, "transaction_type": kind}


def test_one_taken_out_is_one_less(api: Any, rita: User, tape: Item) -> None:
    """E2E-03"""
    answer = api(rita).post(TRANSACTIONS, transaction(tape, "OUTBOUND", 1) | {"reason": "Room 2"})

    written = answer.json()
    assert answer.status_code == 201
    assert (written["on_hand"], written["quantity"], written["change"]) == (4, 1, -1)
    assert (written["transaction_type"], written["reason"], written["by_name"]) == ("OUTBOUND", "Room 2", "Rita")
    assert api(rita).get(f"{ITEMS}{tape.pk}/").json()["on_hand"] == 4


def test_too_much_taken_out_answers_with_the_sentence(api: Any, rita: User, tape: Item) -> None:
    """INV-01"""
    answer = api(rita).post(TRANSACTIONS, transaction(tape, "OUTBOUND", "10"))

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert problem["detail"] == "Insufficient stock. You have 5 but tried to remove 10."
    assert problem["code"] == "insufficient-stock"
    assert list(problem["errors"]) == ["quantity"]


def test_a_retried_transaction_moves_stock_once(api: Any, rita: User, tape: Item) -> None:
    desk = api(rita)
    answers = [desk.post(TRANSACTIONS, transaction(tape, "OUTBOUND", 1), key="k") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert desk.get(f"{ITEMS}{tape.pk}/").json()["on_hand"] == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [({"quantity": 0}, "quantity"), ({"quantity": -1}, "quantity"), ({"transaction_type": "GIFT"}, "transaction_type")],
)
def test_what_makes_no_sense_names_its_field(
    api: Any, rita: User, tape: Item, change: dict[str, Any], field: str
) -> None:
    answer = api(rita).post(TRANSACTIONS, transaction(tape, "OUTBOUND", 1) | change)

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


def test_patients_have_no_access_and_practitioners_only_take(
    api: Any, pia: User, bo: User, rita: User, tape: Item
) -> None:
    """A7"""
    for path in (ITEMS, f"{ITEMS}{tape.pk}/", f"{ITEMS}{tape.pk}/moves/", "/api/inventory/shortages/"):
        assert api(pia).get(path).status_code == 403
    assert api(pia).post(TRANSACTIONS, transaction(tape, "OUTBOUND", 1)).status_code == 403
    assert api(bo).post(TRANSACTIONS, transaction(tape, "INBOUND", 1)).status_code == 403
    assert api(bo).post(TRANSACTIONS, transaction(tape, "OUTBOUND", 1)).status_code == 201
    assert api(rita).post(TRANSACTIONS, transaction(tape, "INBOUND", 1)).status_code == 201
    assert api(rita).post(ITEMS, {"code": "X", "name": "X"}).status_code == 403


def test_items_of_another_tenant_do_not_exist(api: Any, tape: Item, other: TenantRef, cai: User, now: datetime) -> None:
    stranger = api(cai, other)

    assert stranger.get(f"{ITEMS}{tape.pk}/").status_code == 404
    assert stranger.get(f"{ITEMS}{tape.pk}/moves/").status_code == 404
    assert stranger.patch(f"{ITEMS}{tape.pk}/", {"name": "Mine"}).status_code == 404
    assert stranger.post(TRANSACTIONS, transaction(tape, "OUTBOUND", 1)).status_code == 404


def test_an_owner_adds_and_changes_items(api: Any, ana: User) -> None:
    owner = api(ana)
    added = owner.post(ITEMS, {"code": "X-1", "name": "Wobble board", "price": "24.50", "tax_rate": "20"}).json()
    changed = owner.patch(f"{ITEMS}{added['id']}/", {"price": "26.00", "reorder_point": 2}).json()

    assert (added["price"], added["currency"], added["on_hand"]) == ("24.50", "GBP", 0)
    assert (changed["name"], changed["price"], changed["reorder_point"]) == ("Wobble board", "26.00", 2)
    assert owner.post(ITEMS, {"code": "x-1", "name": "Twin"}).json()["code"] == "item-code-taken"
    assert owner.post(ITEMS, {"code": "Y", "name": "Y", "price": "1.005"}).json()["code"] == "not-an-amount"


def test_items_are_found_by_name_code_and_barcode_and_by_being_low(
    api: Any, ana: User, now: datetime, tape: Item
) -> None:
    make_item("LOWEST", by=ana, at=now, stock="1", reorder_point="3")
    Item.objects.filter(pk=tape.pk).update(barcode="4001234567890")
    owner = api(ana)

    def found(**query: Any) -> list[str]:
        return [item["code"] for item in owner.get(ITEMS, query).json()["items"]]

    assert found(search="item ta") == found(search="Item TAPE") == found(search="4001234567890") == ["TAPE"]
    assert found(low="true") == ["LOWEST"]
    listed = owner.get(ITEMS, {"limit": 2}).json()
    assert (len(listed["items"]), listed["count"]) == (2, Item.objects.count())


def test_the_ledger_of_an_item_is_listed_newest_first(api: Any, rita: User, tape: Item) -> None:
    api(rita).post(TRANSACTIONS, transaction(tape, "OUTBOUND", "0.5"))

    listed = api(rita).get(f"{ITEMS}{tape.pk}/moves/").json()
    assert sorted(move["change"] for move in listed["items"]) == [-0.5, 5]
    assert listed["count"] == 2


def test_a_count_and_the_end_of_an_item(api: Any, ana: User, tape: Item) -> None:
    owner = api(ana)
    counted = owner.post(f"{ITEMS}{tape.pk}/counts/", {"counted": "3"})

    assert (counted.status_code, counted.json()["on_hand"]) == (201, 3)
    assert owner.client.delete(f"{ITEMS}{tape.pk}/").status_code == 204
    assert owner.get(ITEMS, {"search": "Item TAPE"}).json()["count"] == 0


def test_materials_and_shortages_go_over_the_wire(api: Any, ana: User, rita: User, tape: Item, run_jobs: Any) -> None:
    owner = api(ana)
    service = next(s for s in owner.get("/api/scheduling/services/").json()["items"] if s["name"] == "Follow-up")
    body = {"service_id": service["id"], "item_id": str(tape.pk), "quantity": "6"}
    assert owner.put("/api/inventory/materials/", body).status_code == 204
    listed = owner.get("/api/inventory/materials/", {"service_id": service["id"]}).json()["items"]
    assert {each["item_name"]: each["quantity"] for each in listed}["Item TAPE"] == 6

    assert api(rita).get("/api/inventory/shortages/").json() == {"items": [], "count": 0}


@pytest.mark.parametrize("path", [ITEMS, "/api/inventory/materials/", "/api/inventory/shortages/"])
def test_a_longer_list_takes_no_more_queries(api: Any, ana: User, path: str, tape: Item) -> None:
    owner = api(ana)

    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as taken:
            assert owner.get(path, {"limit": limit}).status_code == 200
        return len(taken)

    queries(1)
    assert queries(1) == queries(3)
