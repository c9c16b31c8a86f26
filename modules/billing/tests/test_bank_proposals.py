"""What a line of the bank most likely was: numbers as people write them, amounts, names, accounts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.billing.domain.bank.mentions import Names, Numbers, is_named
from modules.billing.domain.bank.proposals import (
    Books,
    Line,
    Owed,
    Proposal,
    Recorded,
    Why,
    not_twice,
    proposals_for,
    share_out,
)

DAY = date(2031, 3, 3)
ROE, DOE = UUID(int=1), UUID(int=2)


def owed(number: str, minor: int, *, client: UUID = ROE, name: str = "Ana Roe") -> Owed:
    whole = int("".join(sign for sign in number if sign.isdigit()))
    return Owed(id=UUID(int=whole), number=number, client_id=client, minor=minor, due=DAY, names=(name,))


def recorded(minor: int, *numbers: str, on: date = DAY, reference: str = "") -> Recorded:
    return Recorded(
        ids=(UUID(int=77),),
        numbers=numbers,
        client_id=ROE,
        minor=minor,
        on=on,
        reference=reference,
        names=("Ana Roe",),
    )


def line(minor: int, text: str = "", *, name: str = "", knows: tuple[UUID, ...] = (), reference: str = "") -> Line:
    return Line(
        minor=minor,
        booked_on=DAY,
        text=text,
        party_name=name,
        known_clients=frozenset(knows),
        reference=reference,
    )


def books(*rows: Owed, before: tuple[Recorded, ...] = (), numbers: tuple[str, ...] = ()) -> Books:
    return Books(owed=rows, recorded=before, numbers=numbers)


def first(line: Line, books: Books) -> tuple[list[Why], bool, tuple[str, ...], int]:
    best = proposals_for(line, books)[0]
    return [reason.kind for reason in best.reasons], best.is_sure, best.numbers, best.beyond


@pytest.mark.parametrize(
    "text",
    [
        "2031-0041",
        "Rechnung 2031 0041 vielen Dank",
        "inv.2031/41",
        "INVOICE NO 20310041",
        "Re-Nr: 2031-000041",
        "nr.2031_41,",
    ],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert Numbers(["2031-0041", "2031-0004", "2030-0041"]).in_text(text) == ["2031-0041"]


@pytest.mark.parametrize("text", ["12031-0041", "2031-00411", "202", "31-0041", "2031-0042"])
def test_what_is_another_number_is_not_taken_for_one(text: str) -> None:
    assert Numbers(["2031-0041"]).in_text(text) == []


def test_a_prefix_tells_series_apart_and_may_be_left_out_where_nothing_else_fits() -> None:
    numbers = Numbers(["2031-0041", "B-2031-0041", "CN-2031-0007"])

    assert numbers.in_text("b 2031-41") == ["B-2031-0041"]
    assert numbers.in_text("no 2031-41") == ["2031-0041"]
    assert numbers.in_text("2031-0007") == ["CN-2031-0007"]


def test_references_by_standard_are_read() -> None:
    numbers = Numbers(["2031-0041"])

    assert numbers.in_text("", "RF6420310041") == ["2031-0041"]
    assert numbers.in_text("pay RF64 2031 0041 thanks") == ["2031-0041"]
    assert numbers.in_text("00 00000 00000 00000 02031 00415") == ["2031-0041"]


def test_a_name_is_found_in_any_order_and_without_accents() -> None:
    assert is_named("Zoë Müller", "MUELLER ZOE") is False
    assert is_named("Zoë Müller", "MULLER, ZOE")
    assert not is_named("Ana", "Ana Roe")
    assert not is_named("Ana Roe", "Ana Doe")


@given(
    names=st.lists(st.lists(st.sampled_from(["Ana", "Zoë", "Roe", "Doe", "Li"]), min_size=1, max_size=3), max_size=8),
    said=st.lists(st.lists(st.sampled_from(["ANA", "Zoe", "roe", "Doe", "li", "rent"]), max_size=5), max_size=2),
)
def test_looking_all_names_up_finds_whom_asking_for_each_finds(names: list[list[str]], said: list[list[str]]) -> None:
    people = [(UUID(int=place % 4), " ".join(words)) for place, words in enumerate(names)]
    texts = [" ".join(words) for words in said]

    one_by_one: dict[UUID, str] = {}
    for whose, name in people:
        if is_named(name, *texts):
            one_by_one.setdefault(whose, name)

    assert list(Names(people).in_text(*texts).items()) == list(one_by_one.items())


def test_the_number_and_the_amount_together_are_sure() -> None:
    found = first(line(5800, "Invoice 2031-41"), books(owed("2031-0041", 5800), owed("2031-0042", 5800)))

    assert found == ([Why.NUMBER, Why.AMOUNT], True, ("2031-0041",), 0)


def test_several_numbers_that_add_up_are_sure() -> None:
    both = books(owed("2031-0041", 5800), owed("2031-0042", 4200))

    assert first(line(10000, "2031-0041 and 2031-0042"), both) == (
        [Why.NUMBER, Why.NUMBER, Why.SUM],
        True,
        ("2031-0041", "2031-0042"),
        0,
    )


def test_less_is_a_part_and_more_is_credit_and_neither_is_sure() -> None:
    one = books(owed("2031-0041", 5800))

    assert first(line(3000, "2031-0041"), one) == ([Why.NUMBER, Why.PART], False, ("2031-0041",), 0)
    assert first(line(6000, "2031-0041"), one) == ([Why.NUMBER, Why.BEYOND], False, ("2031-0041",), 200)


def test_the_amount_and_a_name_are_likely_and_with_a_known_account_sure() -> None:
    one = books(owed("2031-0041", 5800), owed("2031-0050", 5800, client=DOE, name="Ed Doe"))

    assert first(line(5800, name="ROE ANA"), one) == ([Why.NAME, Why.AMOUNT], False, ("2031-0041",), 0)
    assert first(line(5800, knows=(ROE,)), one) == ([Why.ACCOUNT, Why.AMOUNT], True, ("2031-0041",), 0)


def test_the_amount_alone_proposes_nothing() -> None:
    assert proposals_for(line(5800, "thank you"), books(owed("2031-0041", 5800))) == []


def test_an_account_that_paid_for_two_clients_is_not_sure() -> None:
    one = books(owed("2031-0041", 5800))

    assert first(line(5800, knows=(ROE, DOE)), one)[1] is False


def test_several_of_one_payer_may_add_up() -> None:
    three = books(owed("2031-0041", 5800), owed("2031-0042", 4200), owed("2031-0043", 1000))

    assert first(line(6800, knows=(ROE,)), three) == (
        [Why.ACCOUNT, Why.SUM],
        True,
        ("2031-0041", "2031-0043"),
        0,
    )


def test_two_sums_that_would_do_are_both_shown_and_neither_is_sure() -> None:
    three = books(owed("2031-0041", 500), owed("2031-0042", 500), owed("2031-0043", 300))

    found = proposals_for(line(800, knows=(ROE,)), three)

    assert [each.is_sure for each in found] == [False, False]


def test_a_payment_written_down_before_comes_first_and_is_linked() -> None:
    known = books(owed("2031-0041", 5800), before=(recorded(5800, "2031-0040", on=date(2031, 3, 7)),))

    best, other = proposals_for(line(5800, "2031-0041", name="Ana Roe"), known)

    assert (best.recorded, best.is_sure) == ((UUID(int=77),), True)
    assert (other.numbers, other.is_sure) == (("2031-0041",), False)


def test_a_payment_of_long_ago_or_of_another_amount_is_not_it() -> None:
    before = (recorded(5800, "2031-0040", on=date(2031, 3, 9)), recorded(5801, "2031-0040"))

    assert proposals_for(line(5800, "2031-0040", name="Ana Roe"), books(before=before)) == []


def test_the_reference_of_the_slip_is_enough_to_link() -> None:
    known = books(before=(recorded(5800, "1", reference="standing order 4471"),))

    found = first(line(5800, "Standing order 4471"), known)

    assert found[:2] == ([Why.RECORDED, Why.REFERENCE], True)


def test_what_went_is_a_refund_of_the_amount_and_sure_with_a_number() -> None:
    back = books(before=(recorded(-2000, "2031-0041"),), numbers=("2031-0041",))

    assert first(line(-2000, "refund 2031-0041"), back)[:2] == ([Why.SENT_BACK, Why.AMOUNT, Why.NUMBER], True)
    assert first(line(-2000, "rent"), back)[:2] == ([Why.SENT_BACK, Why.AMOUNT], False)
    assert proposals_for(line(2000, "x"), back) == []


def test_what_two_lines_would_surely_be_is_sure_of_neither() -> None:
    one = books(owed("2031-0041", 5800))
    twice = [proposals_for(line(5800, "2031-0041"), one)] * 2

    assert [[each.is_sure for each in found] for found in not_twice(twice)] == [[False], [False]]


@given(st.integers(1, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_shares_and_what_is_beyond_come_to_the_sum(minor: int, amounts: list[int]) -> None:
    rows = [(UUID(int=place), amount) for place, amount in enumerate(amounts)]

    shares, beyond = share_out(minor, rows)

    assert sum(share for _id, share in shares) + beyond == minor
    assert all(0 < share <= dict(rows)[whose] for whose, share in shares)
    assert not beyond or len(shares) == len(rows)


MONEY = st.integers(1, 300)


@given(st.lists(st.tuples(MONEY, st.sampled_from([ROE, DOE])), max_size=7), MONEY, st.sets(st.sampled_from([ROE, DOE])))
def test_whatever_is_proposed_comes_to_the_line_and_pays_one_client(
    rows: list[tuple[int, UUID]], minor: int, known: set[UUID]
) -> None:
    every = [owed(f"2031-{place:04d}", amount, client=whose) for place, (amount, whose) in enumerate(rows, start=1)]
    of_client = {each.id: each.client_id for each in every}

    found: list[Proposal] = proposals_for(line(minor, "2031-0001 2031-2", knows=tuple(known)), books(*every))

    for each in found:
        assert sum(share for _id, share in each.shares) + each.beyond == minor
        assert {of_client[invoice_id] for invoice_id, _share in each.shares} == {each.client_id}
    assert sum(each.is_sure for each in found) <= 1
    assert len({each.key for each in found}) == len(found)
