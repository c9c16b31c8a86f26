"""What was used, as a note says: it leaves the shelf with the line that says so, or neither does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.models import User
from kernel.errors import NotAllowed, NotFound
from modules.crm.models import Note
from modules.crm.services.care import take_into_care
from modules.crm.services.notes.writing import NoteInUse, NotYourNote, discard_note
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, MaterialTakenBack, Shortage, StockMove, UsedMaterial
from modules.inventory.services import (
    AlreadyTakenBack,
    InsufficientStock,
    NotAQuantity,
    ReasonNeeded,
    UnknownItem,
    count_stock,
    end_item,
    move_stock,
    noting,
    resolve_shortage,
    take_back_material,
)
from modules.inventory.tests.conftest import sign, stock_of


def test_what_is_written_down_leaves_the_shelf_at_once_and_the_ledger_says_why(
    uses: Callable[..., UsedMaterial], tape: Item, bo: User, now: datetime
) -> None:
    used = uses("2")

    move = StockMove.objects.get(kind=Kind.USE)
    assert stock_of(tape) == 3
    assert (move.delta, move.cause_type, move.cause_id) == (-2, "note_material", used.pk)
    assert (move.by_id, move.by_name, move.at) == (bo.pk, "Bo", now)
    assert (used.quantity, used.by_name) == (2, "Bo")


def test_one_item_may_be_used_twice_in_a_note(uses: Callable[..., UsedMaterial], tape: Item) -> None:
    uses("1")
    uses("1.5")

    assert stock_of(tape) == Decimal("2.5")


def test_what_breaks_between_the_line_and_the_move_leaves_neither(
    uses: Callable[..., UsedMaterial], tape: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(noting, "write_move", breaks)
    with pytest.raises(RuntimeError):
        uses()

    assert (stock_of(tape), UsedMaterial.objects.count(), StockMove.objects.filter(kind=Kind.USE).count()) == (5, 0, 0)


def test_more_than_the_shelf_has_is_refused_with_the_sentence(uses: Callable[..., UsedMaterial], tape: Item) -> None:
    """I3"""
    with pytest.raises(InsufficientStock) as refused:
        uses("6")

    assert str(refused.value) == "Insufficient stock. You have 5 but tried to remove 6."
    assert (stock_of(tape), UsedMaterial.objects.count()) == (5, 0)


def test_what_was_used_all_the_same_is_noted_and_missing_until_somebody_sees_to_it(
    uses: Callable[..., UsedMaterial], tape: Item, rita: User, now: datetime
) -> None:
    used = uses("6", even_if_missing=True)
    shortage = Shortage.objects.open().get()
    assert (shortage.material_id, shortage.quantity, stock_of(tape)) == (used.pk, 6, 5)

    move_stock(item=tape, kind=Kind.INBOUND, quantity=Decimal(10), by=rita, at=now)
    resolve_shortage(shortage=shortage, by=rita, at=now)

    assert stock_of(tape) == 9
    assert StockMove.objects.get(kind=Kind.USE).cause_id == used.pk


def test_what_is_there_is_taken_whatever_was_said_of_missing(uses: Callable[..., UsedMaterial], tape: Item) -> None:
    uses("2", even_if_missing=True)

    assert (stock_of(tape), Shortage.objects.count()) == (3, 0)


def test_a_wrong_entry_is_taken_back_by_a_second_move_and_both_stay(
    uses: Callable[..., UsedMaterial], tape: Item, bo: User, now: datetime
) -> None:
    used = uses("2")

    take_back_material(material=used, by=bo, at=now)

    back = StockMove.objects.get(kind=Kind.RETURN)
    assert (back.delta, back.cause_type, back.cause_id, stock_of(tape)) == (2, "note_material", used.pk, 5)
    assert UsedMaterial.objects.filter(pk=used.pk).exists()


def test_it_is_taken_back_once(uses: Callable[..., UsedMaterial], tape: Item, bo: User, now: datetime) -> None:
    used = uses("2")
    take_back_material(material=used, by=bo, at=now)

    with pytest.raises(AlreadyTakenBack):
        take_back_material(material=used, by=bo, at=now)

    assert stock_of(tape) == 5


def test_what_was_missing_is_taken_back_without_a_move(
    uses: Callable[..., UsedMaterial], tape: Item, bo: User, now: datetime
) -> None:
    used = uses("6", even_if_missing=True)

    take_back_material(material=used, by=bo, at=now)

    assert (stock_of(tape), Shortage.objects.open().count()) == (5, 0)
    assert not StockMove.objects.filter(kind=Kind.RETURN).exists()


def test_a_count_in_between_holds(
    uses: Callable[..., UsedMaterial], tape: Item, bo: User, rita: User, now: datetime
) -> None:
    """What was missing is off the shelf, as the count found; taking the entry back moves nothing."""
    used = uses("6", even_if_missing=True)
    count_stock(item=tape, counted=Decimal(4), by=rita, at=now)

    take_back_material(material=used, by=bo, at=now)

    assert stock_of(tape) == 4


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(
        st.tuples(st.decimals("0.001", "3", places=3), st.booleans(), st.booleans()), min_size=1, max_size=8
    )
)
def test_what_is_on_hand_is_the_sum_of_the_ledger_whatever_is_noted_and_taken_back(
    uses: Callable[..., UsedMaterial], tape: Item, bo: User, now: datetime, entries: list[tuple[Decimal, bool, bool]]
) -> None:
    with transaction.atomic():
        standing = sum((_left_by(uses, *entry, by=bo, at=now) for entry in entries), Decimal(0))
        sums = StockMove.objects.filter(item=tape).aggregate(sum=Sum("delta"))
        assert sums["sum"] == stock_of(tape) == 5 - standing
        transaction.set_rollback(True)  # the next example begins with five again


def _left_by(
    uses: Callable[..., UsedMaterial],
    quantity: Decimal,
    is_back: bool,
    even_if_missing: bool,
    *,
    by: User,
    at: datetime,
) -> Decimal:
    """Note a use, take it back if wished, and return what has left the shelf for good."""
    try:
        used = uses(str(quantity), even_if_missing=even_if_missing)
    except InsufficientStock:
        assert not even_if_missing
        return Decimal(0)
    if is_back:
        take_back_material(material=used, by=by, at=at)
    has_left = StockMove.objects.filter(cause_id=used.pk, kind=Kind.USE).exists()
    return quantity if has_left and not is_back else Decimal(0)


def test_a_signed_note_is_corrected_with_a_reason(
    uses: Callable[..., UsedMaterial], note: Note, tape: Item, bo: User, now: datetime
) -> None:
    used = uses("2")
    sign(note, by=bo, at=now)

    with pytest.raises(ReasonNeeded):
        take_back_material(material=used, by=bo, at=now)
    with pytest.raises(ReasonNeeded):
        uses("1")
    take_back_material(material=used, by=bo, at=now, reason="It was another roll.")
    late = uses("1", reason="Forgotten.")

    assert (MaterialTakenBack.objects.get().reason, late.reason) == ("It was another roll.", "Forgotten.")
    assert stock_of(tape) == 4


def test_the_database_refuses_to_change_or_remove_what_a_note_says_was_used(uses: Callable[..., UsedMaterial]) -> None:
    used = uses()

    for change in (lambda: UsedMaterial.objects.update(quantity=9), used.delete):
        with pytest.raises(Exception, match=r"append|permission denied|never change"), transaction.atomic():
            change()


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001"])
def test_a_quantity_is_more_than_nothing_to_the_thousandth(quantity: str, uses: Callable[..., UsedMaterial]) -> None:
    with pytest.raises(NotAQuantity):
        uses(quantity)


def test_what_is_off_the_list_is_not_used(
    uses: Callable[..., UsedMaterial], tape: Item, ana: User, now: datetime
) -> None:
    end_item(item=tape, by=ana, at=now)

    with pytest.raises(UnknownItem):
        uses()


def test_only_who_may_write_in_the_note_takes_for_it(
    uses: Callable[..., UsedMaterial], visit_note: Note, tape: Item, rita: User, ana: User, bea: User
) -> None:
    """The desk reads no notes; a colleague neither, who does not treat him."""
    for stranger in (rita, ana, bea):
        with pytest.raises((NotFound, NotAllowed)):
            uses(by=stranger, note_id=visit_note.pk)

    assert stock_of(tape) == 5


def test_a_colleague_who_treats_them_too_does_not_write_in_anothers_visit(
    uses: Callable[..., UsedMaterial], visit_note: Note, bea: User, rita: User, now: datetime
) -> None:
    take_into_care(patient=visit_note.patient, user_id=bea.pk, reason="Stands in.", by=rita, at=now)

    with pytest.raises(NotYourNote):
        uses(by=bea, note_id=visit_note.pk)


def test_a_draft_that_says_what_was_used_is_not_thrown_away(
    uses: Callable[..., UsedMaterial], note: Note, bo: User
) -> None:
    uses()

    with pytest.raises(NoteInUse):
        discard_note(note=note, by=bo)

    assert Note.objects.filter(pk=note.pk).exists()
