"""Stock is the sum of a ledger that never changes; the database itself sees to it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from jobs.models import OutboxMessage
from kernel.errors import Conflict, NotAllowed
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, StockMove
from modules.inventory.services import (
    CodeTaken,
    InsufficientStock,
    ItemNotValid,
    NotAQuantity,
    Sold,
    UnknownItem,
    change_item,
    count_stock,
    end_item,
    move_stock,
    sell,
)
from modules.inventory.services.catalogue import ItemDetails
from modules.inventory.tests.conftest import make_item
from notify.models import Message
from tenancy import TenantRef, use, use_owner


def on_hand(item: Item) -> Decimal:
    return Item.objects.get(pk=item.pk).on_hand


def take(item: Item, quantity: str, *, by: User, at: datetime) -> StockMove:
    return move_stock(item=item, kind=Kind.OUTBOUND, quantity=Decimal(quantity), by=by, at=at)


def test_more_than_there_is_cannot_be_taken(tape: Item, rita: User, now: datetime) -> None:
    """INV-01"""
    with pytest.raises(InsufficientStock) as refused:
        take(tape, "10", by=rita, at=now)

    assert str(refused.value) == "Insufficient stock. You have 5 but tried to remove 10."
    assert refused.value.code == "insufficient-stock"
    assert on_hand(tape) == 5
    assert tape.moves.count() == 1


def test_a_movement_updates_the_stock_at_once_with_its_row_in_the_ledger(tape: Item, rita: User, now: datetime) -> None:
    """INV-02, E2E-03"""
    move = take(tape, "1", by=rita, at=now)

    assert on_hand(tape) == move.item.on_hand == 4
    assert (move.delta, move.by_id, move.by_name, move.at) == (Decimal(-1), rita.pk, "Rita", now)
    entry = AuditEntry.objects.get(action="inventory.stock.outbound")
    assert entry.changes == {"on_hand": ["5.000", "4.000"]}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_stockmove SET delta = 100",
        "UPDATE inventory_stockmove SET reason = ''",
        "DELETE FROM inventory_stockmove",
        "TRUNCATE inventory_stockmove CASCADE",
    ],
)
@pytest.mark.parametrize("as_owner", [False, True], ids=["by the application", "by the owner of the tables"])
def test_rows_of_the_ledger_cannot_be_edited(tape: Item, clinic: TenantRef, statement: str, as_owner: bool) -> None:
    """INV-03"""
    place = use_owner(clinic.schema_name) if as_owner else use(clinic)
    with place:
        connection.check_constraints()  # so that nothing is pending when the table is to be emptied
        with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
            connection.cursor().execute(statement)

    assert tape.moves.count() == 1


def test_what_is_on_hand_cannot_be_set(tape: Item) -> None:
    with pytest.raises(DatabaseError, match="sum of the ledger"), transaction.atomic():
        Item.objects.filter(pk=tape.pk).update(on_hand=100)
    with pytest.raises(DatabaseError, match="sum of the ledger"), transaction.atomic():
        Item.objects.create(code="NEW", name="New", unit="piece", currency="GBP", on_hand=3)

    assert on_hand(tape) == 5


def test_the_database_itself_refuses_to_go_below_zero(tape: Item, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="item_stock_not_negative"), transaction.atomic():
        StockMove.objects.create(item=tape, kind=Kind.OUTBOUND, delta=-6, at=now)

    assert on_hand(tape) == 5


@pytest.mark.parametrize(
    ("kind", "delta"), [("INBOUND", -1), ("OUTBOUND", 1), ("USE", 1), ("RETURN", -1), ("ADJUSTMENT", 0), ("GIFT", 1)]
)
def test_a_row_that_goes_the_wrong_way_is_refused(tape: Item, now: datetime, kind: str, delta: int) -> None:
    with pytest.raises(IntegrityError, match="stock_move_goes_its_way"), transaction.atomic():
        StockMove.objects.create(item=tape, kind=kind, delta=delta, at=now)


def test_a_trigger_counts_in_its_own_schema_wherever_it_is_called_from(
    tape: Item, clinic: TenantRef, other: TenantRef, cai: User, now: datetime
) -> None:
    """The blueprint's functions are pinned to the schema they were replayed into (research: tenancy §7)."""
    with use(other):
        twin = make_item("TAPE", by=cai, at=now, stock="50")
    with use_owner(other.schema_name), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {clinic.schema_name}.inventory_stockmove"  # noqa: S608
            " (id, item_id, kind, delta, reason, cause_type, by_name, at)"
            " VALUES (gen_random_uuid(), %s, 'INBOUND', 7, '', '', '', now())",
            [tape.pk],
        )
        cursor.execute(
            "SELECT n.nspname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE proname LIKE 'inventory_%%'"
        )
        pinned = cursor.fetchall()

    with use(clinic):
        assert on_hand(tape) == 12
    with use(other):
        assert on_hand(twin) == 50
    assert len(pinned) >= 6
    assert all(path == [f"search_path={schema}, public"] for schema, path in pinned)


moves = st.lists(
    st.tuples(st.sampled_from([Kind.INBOUND, Kind.OUTBOUND]), st.decimals("0.001", "9.999", places=3)), max_size=12
)


@given(moves)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_moved_the_stock_is_the_ledgers_sum_and_never_negative(
    tape: Item, rita: User, now: datetime, moves: list[tuple[Kind, Decimal]]
) -> None:
    for kind, quantity in moves:
        try:
            move_stock(item=tape, kind=kind, quantity=quantity, by=rita, at=now)
        except InsufficientStock:
            assert quantity > on_hand(tape)

    total = StockMove.objects.filter(item=tape).aggregate(sum=Sum("delta"))["sum"]
    assert on_hand(tape) == total >= 0


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001", "NaN", "Infinity", "1e12"])
def test_nothing_less_than_nothing_and_too_fine_are_no_quantities(
    tape: Item, rita: User, now: datetime, quantity: str
) -> None:
    with pytest.raises(NotAQuantity):
        take(tape, quantity, by=rita, at=now)


def test_a_count_writes_the_difference(tape: Item, rita: User, now: datetime) -> None:
    move = count_stock(item=tape, counted=Decimal("3.5"), reason="stocktake", by=rita, at=now)

    assert move is not None
    assert (move.kind, move.delta) == (Kind.ADJUSTMENT, Decimal("-1.5"))
    assert on_hand(tape) == Decimal("3.5")
    assert count_stock(item=tape, counted=Decimal("3.5"), by=rita, at=now) is None


def test_practitioners_take_and_do_not_restock(tape: Item, bo: User, now: datetime) -> None:
    """A7"""
    take(tape, "1", by=bo, at=now)

    with pytest.raises(NotAllowed):
        move_stock(item=tape, kind=Kind.INBOUND, quantity=Decimal(1), by=bo, at=now)
    with pytest.raises(NotAllowed):
        count_stock(item=tape, counted=Decimal(9), by=bo, at=now)
    assert on_hand(tape) == 4


def test_an_item_that_runs_low_is_told_once_per_crossing(tape: Item, rita: User, ana: User, now: datetime) -> None:
    """I5: five on the shelf, reordered at two."""
    for _ in range(4):  # 4, 3, 2 (told), 1 (told already)
        take(tape, "1", by=rita, at=now)
    assert Message.objects.filter(cause__startswith="inventory.low:").count() == 1

    move_stock(item=tape, kind=Kind.INBOUND, quantity=Decimal(5), by=rita, at=now)
    take(tape, "4", by=rita, at=now)
    assert Message.objects.filter(cause__startswith="inventory.low:").count() == 2


def test_owners_are_written_to_unless_it_was_restocked_meanwhile(
    tape: Item, rita: User, now: datetime, run_jobs: Any, mailoutbox: Any
) -> None:
    take(tape, "4", by=rita, at=now)
    run_jobs(at=now)
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [(["ana@clinic.example"], "Item TAPE: 1 × piece left")]
    assert "Item TAPE (TAPE) is running low: 1 × piece left, and you reorder at 2." in mailoutbox[0].body

    move_stock(item=tape, kind=Kind.INBOUND, quantity=Decimal(9), by=rita, at=now)
    take(tape, "9", by=rita, at=now)
    move_stock(item=tape, kind=Kind.INBOUND, quantity=Decimal(9), by=rita, at=now)
    run_jobs(at=now)
    assert len(mailoutbox) == 1


def test_a_sale_takes_all_of_its_lines_or_none(tape: Item, ana: User, rita: User, now: datetime) -> None:
    oil = make_item("OIL", by=ana, at=now, stock="1")
    lines = [
        Sold(item_id=tape.pk, quantity=Decimal(3), line_id=oil.pk),
        Sold(item_id=tape.pk, quantity=Decimal(2), line_id=tape.pk),
    ]
    too_many = Sold(item_id=oil.pk, quantity=Decimal(2), line_id=oil.pk)

    with pytest.raises(InsufficientStock, match="You have 1 but tried to remove 2"):
        sell(lines=[*lines, too_many], by=rita, at=now)
    assert (on_hand(tape), on_hand(oil)) == (5, 1)

    sell(lines=lines, by=rita, at=now)
    assert on_hand(tape) == 0


def test_two_lines_of_one_item_together_cannot_sell_more_than_there_is(tape: Item, rita: User, now: datetime) -> None:
    lines = [Sold(item_id=tape.pk, quantity=Decimal(3), line_id=pk) for pk in (tape.pk, rita.pk)]

    with pytest.raises(InsufficientStock, match="You have 2 but tried to remove 3"):
        sell(lines=lines, by=rita, at=now)


def test_what_is_not_on_the_list_cannot_be_sold(in_clinic: TenantRef, rita: User, now: datetime) -> None:
    with pytest.raises(UnknownItem):
        sell(lines=[Sold(item_id=rita.pk, quantity=Decimal(1), line_id=rita.pk)], by=rita, at=now)


def test_a_code_names_one_item_whatever_its_letters_case(tape: Item, ana: User, now: datetime) -> None:
    with pytest.raises(CodeTaken) as refused:
        make_item("tape", by=ana, at=now)

    assert isinstance(refused.value, Conflict)
    assert refused.value.fields == {"code": ["Another item has this code."]}


def test_every_flaw_of_an_item_is_named_at_once(tape: Item, ana: User) -> None:
    flawed = ItemDetails(
        code=" ", name="", price=-tape.price, cost=tape.cost, tax_rate=Decimal(101), reorder_point=Decimal(-1)
    )

    with pytest.raises(ItemNotValid) as refused:
        change_item(item=tape, details=flawed, by=ana)

    assert list(refused.value.fields) == ["code", "name", "price", "tax_rate", "reorder_point"]


def test_an_ended_item_keeps_its_ledger(tape: Item, ana: User, now: datetime) -> None:
    end_item(item=tape, by=ana, at=now)

    assert not Item.objects.current().filter(pk=tape.pk).exists()
    assert tape.moves.count() == 1


def test_the_news_of_low_stock_takes_no_personal_data_along(tape: Item, rita: User, now: datetime) -> None:
    take(tape, "4", by=rita, at=now)

    arguments = OutboxMessage.objects.filter(actor="notify.tasks.deliver").values_list("arguments", flat=True)
    assert [set(each) for each in arguments] == [{"message_id"}]
