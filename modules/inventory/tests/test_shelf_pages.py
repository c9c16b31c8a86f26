"""The page of one item, and the shortages: stock is received, taken, counted, used by visits, and missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from kernel.ids import new_id
from modules.inventory.models import Item, ServiceMaterial, Shortage, StockMove
from modules.inventory.services import consume_for_visit
from modules.inventory.tests.conftest import make_item, text_of
from modules.scheduling.models import Appointment, Service
from modules.scheduling.services import set_status
from tenancy import TenantRef, use


def test_the_ledger_says_who_why_and_what_was_left(
    in_clinic: TenantRef, pages: Any, ana: User, rita: User, bo: User
) -> None:
    oil = make_item("OIL", by=ana, at=timezone.now(), stock="5")
    desk, address = pages(rita), f"/stock/{oil.pk}/"
    desk.post(f"{address}moves/", {"kind": "INBOUND", "quantity": "20", "reason": "Delivery, MediSupply"})
    pages(bo).post(f"{address}moves/", {"kind": "OUTBOUND", "quantity": "0.5"})

    text = text_of(desk.get(address))

    assert "Delivery, MediSupply" in text
    newest, _, older = text.partition("+20</td>")
    assert "−0.5</td>" in newest
    assert "Bo</td>" in newest
    assert ">24.5</td>" in newest
    assert ">25</td>" in older
    assert "3 moves" in text


def test_a_move_too_large_is_refused_in_the_services_words_and_what_was_typed_is_kept(
    tape: Item, pages: Any, rita: User
) -> None:
    """INV-01"""
    form = {"kind": "OUTBOUND", "quantity": "10", "reason": "for the fair"}

    answer = pages(rita).post(f"/stock/{tape.pk}/moves/", form)

    text = text_of(answer)
    assert answer.status_code == 422
    assert "Insufficient stock. You have 5 but tried to remove 10." in text
    assert "data-open-now" in text
    assert 'value="for the fair"' in text
    assert tape.moves.count() == 1


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        ("", "This field is required."),
        ("a few", "Enter a number."),
        ("0", "0 is not a quantity: more than nothing, to the thousandth."),
        ("-3", "-3 is not a quantity: more than nothing, to the thousandth."),
        ("0.0001", "no more than 3 decimal places"),
        ("9" * 40, "no more than 12 digits"),
        ("Infinity", "Enter a number."),
    ],
)
def test_what_is_no_quantity_is_not_moved(quantity: str, sentence: str, tape: Item, pages: Any, rita: User) -> None:
    answer = pages(rita).post(f"/stock/{tape.pk}/moves/", {"kind": "INBOUND", "quantity": quantity})

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert tape.moves.count() == 1


@pytest.mark.parametrize("kind", ["", "ADJUSTMENT", "SALE", "gift"])
def test_by_hand_stock_comes_or_goes_and_nothing_else(kind: str, tape: Item, pages: Any, rita: User) -> None:
    assert pages(rita).post(f"/stock/{tape.pk}/moves/", {"kind": kind, "quantity": "1"}).status_code == 422
    assert tape.moves.count() == 1


def test_the_same_move_sent_twice_moves_once(tape: Item, pages: Any, rita: User) -> None:
    desk, form = pages(rita), {"kind": "OUTBOUND", "quantity": "2", "idempotency_key": "k2"}

    for _ in range(2):
        assert desk.post(f"/stock/{tape.pk}/moves/", form).status_code == 302

    tape.refresh_from_db()
    assert tape.on_hand == 3


def test_a_count_writes_the_difference_and_settles_what_visits_went_without(
    shortage: Shortage, tape: Item, pages: Any, rita: User
) -> None:
    desk, address = pages(rita), f"/stock/{tape.pk}/"
    assert "1 visit went without." in text_of(desk.get(address))

    answer = desk.post(f"{address}counts/", {"counted": "3.5", "reason": "stocktake"})

    tape.refresh_from_db()
    assert answer.status_code == 302
    assert tape.on_hand == Decimal("3.5")
    text = text_of(desk.get(address))
    assert "Counted: 3.5 piece, 1.5 fewer than the ledger said." in text
    assert "went without" not in text
    assert not Shortage.objects.open().exists()


def test_a_count_that_agrees_says_so(tape: Item, pages: Any, rita: User) -> None:
    desk = pages(rita)

    desk.post(f"/stock/{tape.pk}/counts/", {"counted": "5"})

    assert "Counted: the ledger was right." in text_of(desk.get(f"/stock/{tape.pk}/"))
    assert tape.moves.count() == 1


@pytest.mark.parametrize("counted", ["", "-1", "all", "1e12", "0.00001"])
def test_what_cannot_be_counted_is_refused(counted: str, tape: Item, pages: Any, rita: User) -> None:
    answer = pages(rita).post(f"/stock/{tape.pk}/counts/", {"counted": counted})

    assert answer.status_code == 422
    assert "data-open-now" in text_of(answer)


def test_practitioners_take_and_neither_receive_nor_count_nor_change(tape: Item, pages: Any, bo: User) -> None:
    """A7"""
    practitioner, address = pages(bo), f"/stock/{tape.pk}/"
    shown = text_of(practitioner.get(address))
    assert "Take out" in shown
    assert "Receive or take" not in shown
    assert not any(f"{address}{what}/" in shown for what in ("counts", "edit", "end", "materials"))

    assert practitioner.post(f"{address}moves/", {"kind": "OUTBOUND", "quantity": "1"}).status_code == 302
    refused = practitioner.post(f"{address}moves/", {"kind": "INBOUND", "quantity": "1"})

    assert refused.status_code == 422
    assert "You can register what was used. Restocking is done at the desk." in text_of(refused)
    doors = {what: practitioner.post(f"{address}{what}/").status_code for what in ("counts", "edit", "end")}
    assert doors == {"counts": 403, "edit": 403, "end": 403}


def test_the_desk_moves_and_counts_and_leaves_the_list_to_the_owner(
    shortage: Shortage, tape: Item, pages: Any, rita: User
) -> None:
    desk, address = pages(rita), f"/stock/{tape.pk}/"
    shown = text_of(desk.get(address))

    assert "Receive or take" in shown
    assert "Take off the list" not in shown
    assert "Follow-up" in shown
    assert 'data-open="material"' not in shown
    assert {desk.post(f"{address}{what}/").status_code for what in ("edit", "end", "materials")} == {403}
    assert desk.get("/stock/new/").status_code == 403


@pytest.mark.parametrize("path", ["/stock/", "/stock/shortages/", "/stock/new/"])
def test_patients_have_no_stock(path: str, pages: Any, pia: User) -> None:
    assert pages(pia).get(path).status_code == 403


def test_another_practices_items_do_not_exist(
    tape: Item, shortage: Shortage, pages: Any, cai: User, other: Any
) -> None:
    stranger, address = pages(cai, other), f"/stock/{tape.pk}/"

    gets = [stranger.get(path).status_code for path in (address, f"{address}edit/")]
    posts = [stranger.post(f"{address}{what}/").status_code for what in ("moves", "counts", "materials", "end", "edit")]
    resolved = stranger.post(f"/stock/shortages/{shortage.pk}/resolution/").status_code

    assert {*gets, *posts, resolved} == {404}


@pytest.mark.parametrize("what", ["moves", "counts", "materials", "end"])
def test_a_link_moves_nothing(what: str, tape: Item, pages: Any, ana: User) -> None:
    assert pages(ana).get(f"/stock/{tape.pk}/{what}/").status_code == 405


def test_the_owner_says_what_visits_use_and_takes_it_off_again(
    tape: Item, follow_up: Service, pages: Any, ana: User
) -> None:
    owner, address = pages(ana), f"/stock/{tape.pk}/"

    owner.post(f"{address}materials/", {"service": follow_up.pk, "quantity": "0.5"})
    assert "0.5 piece" in text_of(owner.get(address))

    owner.post(f"{address}materials/", {"service": follow_up.pk, "quantity": "0"})
    assert not ServiceMaterial.objects.filter(item=tape).exists()


@pytest.mark.parametrize(
    "fields", [{"service": "x"}, {"service": str(new_id())}, {"quantity": "-1"}, {"quantity": "lots"}, {"quantity": ""}]
)
def test_a_material_that_makes_no_sense_is_refused(
    fields: dict[str, str], tape: Item, follow_up: Service, pages: Any, ana: User
) -> None:
    form = {"service": str(follow_up.pk), "quantity": "1"} | fields

    answer = pages(ana).post(f"/stock/{tape.pk}/materials/", form)

    assert answer.status_code == 422
    assert not ServiceMaterial.objects.filter(item=tape).exists()


def test_a_shop_has_a_shelf_and_no_visits(shop: TenantRef, pages: Any, sam: User) -> None:
    with use(shop):
        helmet = Item.objects.get(code="HL-U")
    owner = pages(sam, shop)

    assert "shortages" not in text_of(owner.get("/stock/")).lower()
    assert "Used by visits" not in text_of(owner.get(f"/stock/{helmet.pk}/"))


def test_a_shortage_is_made_good_once_the_stock_is_there(
    shortage: Shortage, tape: Item, pages: Any, rita: User, now: datetime
) -> None:
    desk, resolution = pages(rita), f"/stock/shortages/{shortage.pk}/resolution/"
    assert "Take off now" not in text_of(desk.get("/stock/shortages/"))

    refused = desk.post(resolution)
    assert refused.status_code == 422
    assert "Insufficient stock. You have 5 but tried to remove 9." in text_of(refused)

    desk.post(f"/stock/{tape.pk}/moves/", {"kind": "INBOUND", "quantity": "10"})
    assert "Take off now" in text_of(desk.get("/stock/shortages/"))
    assert desk.post(resolution).status_code == 302
    assert "No open shortages" in text_of(desk.get("/stock/shortages/"))
    assert desk.post(resolution).status_code == 409

    tape.refresh_from_db()
    assert tape.on_hand == 6


def test_practitioners_see_shortages_and_leave_them_to_the_desk(
    shortage: Shortage, tape: Item, pages: Any, bo: User
) -> None:
    practitioner = pages(bo)
    shown = text_of(practitioner.get("/stock/shortages/"))

    assert "Item TAPE" in shown
    assert "A colleague's visit" in shown.replace("&#x27;", "'")
    assert "Receive" not in shown
    assert practitioner.post(f"/stock/shortages/{shortage.pk}/resolution/").status_code == 403


def test_a_visits_page_says_what_it_will_use_and_then_what_it_used_and_what_was_missing(
    shortage: Shortage, book: Callable[..., Appointment], pages: Any, ana: User, bo: User, now: datetime
) -> None:
    visit, practitioner = book(now), pages(bo)
    oil = make_item("OIL", by=ana, at=now, stock="100")
    ServiceMaterial.objects.create(service_id=visit.service_id, item=oil, quantity=30)
    before = text_of(practitioner.get(f"/appointments/{visit.pk}/"))
    assert "30 piece" in before
    assert "Too little" in before  # nine rolls, and there are five

    for status in ("CHECKED_IN", "IN_PROGRESS", "COMPLETED"):
        set_status(appointment=visit, status=status, by=bo, at=now)
    consume_for_visit(appointment_id=visit.pk, service_ids=[visit.service_id], by_id=bo.pk, at=now)

    after = text_of(practitioner.get(f"/appointments/{visit.pk}/"))
    assert "30 piece" in after
    assert "Missing" in after
    assert "Too little" not in after


def test_the_ledger_asks_as_often_for_three_visits_as_for_one(
    tape: Item,
    book: Callable[..., Appointment],
    asks_as_often: Callable[..., None],
    pages: Any,
    ana: User,
    now: datetime,
) -> None:
    def use_one(number: int) -> None:
        visit = book(now.replace(hour=9 + number))
        StockMove.objects.create(
            item=tape, kind="USE", delta=-1, cause_type="appointment", cause_id=visit.pk, by_name="Bo", at=now
        )

    asks_as_often(pages(ana), f"/stock/{tape.pk}/", add_one=use_one)


def test_the_ledger_names_a_visit_to_those_who_may_see_it(
    tape: Item, book: Callable[..., Appointment], pages: Any, bo: User, bea: User, now: datetime
) -> None:
    visit = book(now)
    StockMove.objects.create(
        item=tape, kind="USE", delta=-1, cause_type="appointment", cause_id=visit.pk, by_name="Bo", at=now
    )

    assert "Follow-up, Paul Test" in text_of(pages(bo).get(f"/stock/{tape.pk}/"))
    assert "Paul" not in text_of(pages(bea).get(f"/stock/{tape.pk}/"))


def test_the_shortages_ask_as_often_for_three_as_for_one(
    in_clinic: TenantRef,
    book: Callable[..., Appointment],
    asks_as_often: Callable[..., None],
    pages: Any,
    ana: User,
    now: datetime,
) -> None:
    def miss_one(number: int) -> None:
        visit = book(now.replace(hour=9 + number))
        item = make_item(f"M{number}", by=ana, at=now, stock="0")
        Shortage.objects.create(item=item, appointment_id=visit.pk, quantity=1, noted_at=now)

    asks_as_often(pages(ana), "/stock/shortages/", add_one=miss_one)
