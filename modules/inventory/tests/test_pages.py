"""The pages of the list of stock, without JavaScript: what is found there, and what the owner puts on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from identity.models import User
from modules.inventory.models import Item, Shortage
from modules.inventory.tests.conftest import make_item, text_of
from tenancy import TenantRef

NEW = {"name": "Wrist brace", "code": "WB-1", "unit": "piece", "tax_rate": "20", "reorder_point": "2"}


def item_called(code: str) -> Item:
    return Item.objects.get(code=code)


def test_the_list_says_what_there_is_and_what_runs_low_in_words(
    tape: Item, pages: Any, bo: User, ana: User, now: datetime
) -> None:
    make_item("GONE", by=ana, at=now, stock="0")
    make_item("LITTLE", by=ana, at=now, stock="2.5", reorder_point="3")

    text = text_of(pages(bo).get("/stock/"))

    assert text.index("Item GONE") < text.index("Item LITTLE") < text.index("Item TAPE")
    assert ">Out</span>" in text
    assert ">Low</span>" in text
    assert "2.5</b>" in text


def test_the_figures_count_what_is_on_the_list_only(tape: Item, pages: Any, ana: User, now: datetime) -> None:
    Item.objects.exclude(pk=tape.pk).update(ended_at=now)
    make_item("GONE", by=ana, at=now, stock="0")

    text = text_of(pages(ana).get("/stock/"))

    assert "£13.00" in text  # five at 2.60
    assert "at cost, 2 items" in text
    assert "1 of them out" in text


@pytest.mark.parametrize("search", ["TAPE", "item tap", "4012345000016"], ids=["code", "name", "barcode"])
def test_an_item_is_found_by_name_code_or_barcode(search: str, tape: Item, pages: Any, rita: User) -> None:
    Item.objects.filter(pk=tape.pk).update(barcode="4012345000016")

    text = text_of(pages(rita).get("/stock/", {"q": search}))

    assert "Item TAPE" in text
    assert "Massage oil" not in text


def test_the_filters_leave_what_they_say(shortage: Shortage, pages: Any, rita: User, ana: User, now: datetime) -> None:
    make_item("LITTLE", by=ana, at=now, stock="1", reorder_point="3")
    desk = pages(rita)

    low, short, taping = (
        text_of(desk.get("/stock/", query)) for query in ({"show": "low"}, {"show": "short"}, {"category": "Taping"})
    )

    assert ("Item LITTLE" in low, "Item TAPE" in low) == (True, False)
    assert ("Item LITTLE" in short, "Item TAPE" in short) == (False, True)
    assert ("Kinesiology tape" in taping, "Item TAPE" in taping) == (True, False)


def test_typing_refreshes_the_rows_and_nothing_else(tape: Item, pages: Any, rita: User) -> None:
    part = text_of(pages(rita).get("/stock/", {"q": "tape"}, **{"HX-Request": "true"}))

    assert "<html" not in part
    assert 'class="stats' not in part
    assert "Item TAPE" in part


@pytest.mark.parametrize(
    "query",
    [{"show": "x"}, {"page": "nine"}, {"page": "999"}, {"q": "%_'<&"}, {"category": "Ta'ping&<"}, {"q": "x" * 5000}],
    ids=["filter", "page", "past the end", "signs", "category", "length"],
)
def test_nonsense_in_the_address_is_no_error(query: dict[str, str], tape: Item, pages: Any, rita: User) -> None:
    assert pages(rita).get("/stock/", query).status_code == 200


def test_what_is_not_found_says_how_many_there_are(tape: Item, pages: Any, rita: User) -> None:
    text = text_of(pages(rita).get("/stock/", {"q": "unobtainium"}))

    assert "Nothing found" in text
    assert "None of the 7 items on the list is like that." in text


def test_the_owner_puts_an_item_on_the_list(in_clinic: TenantRef, pages: Any, ana: User) -> None:
    answer = pages(ana).post("/stock/new/", NEW | {"price": "19.50", "cost": "9,80", "category": "Supports"})

    item = item_called("WB-1")
    assert answer["Location"] == f"/stock/{item.pk}/"
    assert (item.price_minor, item.cost_minor, item.reorder_point, item.on_hand) == (1950, 980, 2, 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "   "}, "This field is required."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"code": "KT-5"}, "Another item has this code."),
        ({"price": "cheap"}, "“cheap” is not an amount."),
        ({"price": "-1"}, "This cannot be less than nothing."),
        ({"cost": "9" * 20}, "is not an amount we can keep."),
        ({"tax_rate": "101"}, "less than or equal to 100"),
        ({"reorder_point": "many"}, "Enter a number."),
        ({"reorder_point": "-1"}, "greater than or equal to 0"),
        ({"reorder_point": "1e30"}, "no more than"),
        ({"reorder_point": "NaN"}, "Enter a number."),
    ],
)
def test_an_item_that_makes_no_sense_is_refused_at_its_field(
    fields: dict[str, str], sentence: str, in_clinic: TenantRef, pages: Any, ana: User
) -> None:
    answer = pages(ana).post("/stock/new/", NEW | {"category": "Supports"} | fields)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert 'value="Supports"' in text_of(answer)
    assert not Item.objects.filter(name="Wrist brace").exists()


def test_the_same_form_sent_twice_adds_one_item(in_clinic: TenantRef, pages: Any, ana: User) -> None:
    owner, form = pages(ana), NEW | {"idempotency_key": "k1"}

    answers = [owner.post("/stock/new/", form) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {302}
    assert Item.objects.filter(code="WB-1").count() == 1


def test_the_owner_describes_an_item_anew(tape: Item, pages: Any, ana: User) -> None:
    owner = pages(ana)
    shown = text_of(owner.get(f"/stock/{tape.pk}/edit/"))
    assert 'value="6.50"' in shown
    assert 'value="2"' in shown  # not 2.000

    answer = owner.post(f"/stock/{tape.pk}/edit/", NEW | {"code": "TAPE", "name": "Tape, blue", "price": "7"})

    tape.refresh_from_db()
    assert answer.status_code == 302
    assert (tape.name, tape.price_minor, tape.on_hand) == ("Tape, blue", 700, 5)


def test_a_refused_change_leaves_the_item_as_it_was(tape: Item, pages: Any, ana: User) -> None:
    answer = pages(ana).post(f"/stock/{tape.pk}/edit/", NEW | {"code": "KT-5", "name": "Tape, blue"})

    tape.refresh_from_db()
    assert answer.status_code == 422
    assert "Change Item TAPE" in text_of(answer)
    assert tape.name == "Item TAPE"


def test_an_item_off_the_list_keeps_its_page_and_is_not_changed_any_more(tape: Item, pages: Any, ana: User) -> None:
    owner, address = pages(ana), f"/stock/{tape.pk}/"

    assert owner.post(f"{address}end/")["Location"] == "/stock/"

    shown = text_of(owner.get(address))
    assert "Off the list" in shown
    assert f"{address}edit/" not in shown
    assert "Item TAPE" not in text_of(owner.get("/stock/", {"q": "tape", "show": "low"}))
    assert [owner.post(f"{address}{what}/").status_code for what in ("end", "edit", "materials")] == [404] * 3


def test_the_list_asks_as_often_for_three_items_as_for_one(
    in_clinic: TenantRef, pages: Any, asks_as_often: Callable[..., None], ana: User, now: datetime
) -> None:
    asks_as_often(pages(ana), "/stock/", add_one=lambda n: make_item(f"I{n}", by=ana, at=now, stock="1"))
