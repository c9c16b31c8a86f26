"""What is sealed opens with one key and in one place, or not at all."""

from __future__ import annotations

import base64
import os
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import new_id
from privacy import keys
from privacy.sealing import Key, Place, SealBroken, is_sealed, name_of_key, seal, unseal

KEY = Key(os.urandom(32))
HERE = Place(new_id(), "crm_note", "plan", new_id())
ELSEWHERE = [
    Place(new_id(), HERE.table, HERE.column, HERE.row),
    Place(HERE.tenant_id, "crm_patient", HERE.column, HERE.row),
    Place(HERE.tenant_id, HERE.table, "subjective", HERE.row),
    Place(HERE.tenant_id, HERE.table, HERE.column, new_id()),
]


@given(text=st.text())
def test_every_text_comes_back_as_it_was(text: str) -> None:
    sealed = seal(text, key=KEY, place=HERE)

    assert is_sealed(sealed)
    assert unseal(sealed, key=KEY, place=HERE) == text


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    assert len({seal("Rest.", key=KEY, place=HERE) for _ in range(100)}) == 100


@pytest.mark.parametrize("place", ELSEWHERE, ids=["tenant", "table", "column", "row"])
def test_a_sealed_text_opens_nowhere_else(place: Place) -> None:
    with pytest.raises(SealBroken):
        unseal(seal("Rest.", key=KEY, place=HERE), key=KEY, place=place)


def test_a_sealed_text_opens_with_no_other_key() -> None:
    with pytest.raises(SealBroken):
        unseal(seal("Rest.", key=KEY, place=HERE), key=Key(os.urandom(32)), place=HERE)


@given(at=st.integers(min_value=0, max_value=30))
def test_a_sealed_text_that_was_changed_does_not_open(at: int) -> None:
    prefix, _, locked = seal("Rest.", key=KEY, place=HERE).rpartition(":")
    raw = bytearray(base64.b64decode(locked))
    raw[at] ^= 1

    with pytest.raises(SealBroken):
        unseal(f"{prefix}:{base64.b64encode(raw).decode()}", key=KEY, place=HERE)


@pytest.fixture
def masters(settings: Any) -> dict[str, bytes]:
    settings.SEALING_KEYS = {"1": os.urandom(32)}
    return dict(settings.SEALING_KEYS)


def test_a_wrapped_key_is_its_tenants_only(masters: dict[str, bytes]) -> None:
    wrapped = keys.new_key(HERE.tenant_id)

    assert len(keys.unwrap(wrapped, HERE.tenant_id).secret) == 32
    with pytest.raises(SealBroken):
        keys.unwrap(wrapped, new_id())


def test_a_key_is_wrapped_anew_and_stays_the_same_key(masters: dict[str, bytes], settings: Any) -> None:
    tenant: UUID = new_id()
    old = keys.new_key(tenant)
    settings.SEALING_KEYS = {"2": os.urandom(32), **masters}

    new = keys.rewrap(old, tenant)

    assert (keys.is_current(old), keys.is_current(new)) == (False, True)
    settings.SEALING_KEYS = {"2": settings.SEALING_KEYS["2"]}
    with pytest.raises(keys.NoKey):
        keys.unwrap(old, tenant)
    settings.SEALING_KEYS |= masters
    assert keys.unwrap(new, tenant) == keys.unwrap(old, tenant)


@pytest.mark.parametrize("wrapped", ["", "9:AAAA", "nonsense"])
def test_without_a_key_nothing_opens(wrapped: str, masters: dict[str, bytes]) -> None:
    with pytest.raises(keys.NoKey):
        keys.unwrap(wrapped, HERE.tenant_id)


def test_a_ring_opens_with_each_of_its_keys_and_seals_with_the_first(masters: dict[str, bytes], settings: Any) -> None:
    tenant = HERE.tenant_id
    first = keys.new_key(tenant)
    waiting = keys.with_next(first, tenant)
    renewed = keys.promoted(waiting)

    assert keys.unwrap(waiting, tenant) == keys.unwrap(first, tenant)
    assert keys.unwrap(renewed, tenant) != keys.unwrap(first, tenant)
    assert sorted(keys.names_in(renewed)) == sorted(keys.names_in(waiting))
    assert keys.only_newest(renewed) == renewed.splitlines()[0]
    settings.SEALING_KEYS = {"2": os.urandom(32), **masters}
    rewrapped = keys.rewrap(renewed, tenant)
    assert keys.is_current(rewrapped)
    assert keys.unwrap(rewrapped, tenant) == keys.unwrap(renewed, tenant)


@pytest.mark.parametrize("name", ["", "0a1b2c3d"])
def test_a_text_says_which_key_sealed_it(name: str) -> None:
    key = Key(os.urandom(32), name)
    sealed = seal("Rest: two days.", key=key, place=HERE)

    assert (is_sealed(sealed), name_of_key(sealed)) == (True, name)
    assert unseal(sealed, key=key, place=HERE) == "Rest: two days."
    with pytest.raises(SealBroken):
        unseal(sealed, key=Key(key.secret, "another"), place=HERE)
