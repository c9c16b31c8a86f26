"""What was used, on the page of the note and by API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from identity.models import User
from kernel.ids import new_id
from modules.crm.models import Note
from modules.inventory.models import Item, ServiceMaterial, Shortage, UsedMaterial
from modules.inventory.services import (
    consume_for_visit,
    set_material,
    use_material,
)
from modules.inventory.tests.conftest import make_item, sign, stock_of, text_of
from modules.scheduling.models import Appointment, Service
from tenancy import TenantRef
from tests.doors import Api


def test_what_the_visit_takes_by_itself_stands_beside_it(
    visit_note: Note, tape: Item, ana: User, bo: User, pages: Any, now: datetime
) -> None:
    service = Service.objects.get(name="Follow-up")
    ServiceMaterial.objects.all().delete()
    set_material(service_id=service.pk, item=tape, quantity=Decimal(2), by=ana)
    path = f"/patients/{visit_note.patient_id}/notes/{visit_note.pk}/"

    before = text_of(pages(bo).get(path))
    consume_for_visit(appointment_id=visit_note.appointment_id, service_ids=[service.pk], by_id=None, at=now)
    Appointment.objects.filter(pk=visit_note.appointment_id).update(status="COMPLETED")
    use_material(note_id=visit_note.pk, item_id=tape.pk, quantity=Decimal(1), by=bo, at=now)
    after = text_of(pages(bo).get(path))

    assert "The visit takes these by itself when it is completed" in before
    assert "The visit has taken these by itself" in after
    assert "The visit takes it, too" in after
    assert stock_of(tape) == 2


def test_a_scanner_finds_one_thing_and_a_second_tap_takes_it(note: Note, tape: Item, pages: Any, bo: User) -> None:
    Item.objects.filter(pk=tape.pk).update(barcode="4012345000016")
    browser, part = pages(bo), {"HX-Request": "true"}

    found = text_of(browser.get(f"/stock/notes/{note.pk}/", {"q": "4012345000016"}, **part))
    taken = browser.post(f"/stock/notes/{note.pk}/uses/", {"item": str(tape.pk), "quantity": "1"}, **part)

    assert (found.count("<li>"), "<html" in found) == (1, False)
    assert taken.status_code == 200
    assert "Item TAPE" in text_of(taken)
    assert stock_of(tape) == 4


def test_a_double_tap_takes_once(note: Note, tape: Item, pages: Any, bo: User) -> None:
    sent = {"item": str(tape.pk), "quantity": "1", "idempotency_key": str(new_id())}

    answers = [pages(bo).post(f"/stock/notes/{note.pk}/uses/", sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert stock_of(tape) == 4


def test_the_page_offers_to_note_what_is_missing(note: Note, tape: Item, pages: Any, bo: User) -> None:
    browser, sent = pages(bo), {"item": str(tape.pk), "quantity": "6"}

    refused = browser.post(f"/stock/notes/{note.pk}/uses/", sent)
    kept = browser.post(f"/stock/notes/{note.pk}/uses/", sent | {"missing": "1"})

    assert refused.status_code == 422
    assert "You have 5 but tried to remove 6." in text_of(refused)
    assert "It was used all the same" in text_of(refused)
    assert (kept.status_code, Shortage.objects.open().count()) == (302, 1)


def test_a_signed_note_shows_what_was_used_and_what_was_put_right(
    uses: Callable[..., UsedMaterial], note: Note, pages: Any, bo: User, now: datetime
) -> None:
    used = uses("2")
    sign(note, by=bo, at=now)
    browser = pages(bo)

    browser.post(f"/stock/notes/{note.pk}/uses/{used.pk}/retraction/", {"reason": "Another roll."})
    text = text_of(browser.get(f"/patients/{note.patient_id}/notes/{note.pk}/"))

    assert "Taken back" in text
    assert "Why: Another roll." in text


def test_by_api_it_is_listed_added_and_taken_back(note: Note, tape: Item, in_clinic: TenantRef, bo: User) -> None:
    api, path = Api(in_clinic, bo), f"/api/inventory/notes/{note.pk}/materials/"

    used = api.post(path, {"item_id": str(tape.pk), "quantity": 2})
    back = api.post(f"{path}{used.json()['id']}/retraction/", {})
    listed = api.get(path).json()["items"]

    assert (used.status_code, back.status_code) == (201, 201)
    assert [(each["quantity"], each["taken_back_by_name"]) for each in listed] == [(2, "Bo")]
    assert stock_of(tape) == 5


def test_notes_that_one_may_not_see_and_those_of_nobody_are_not_there(
    note: Note, tape: Item, in_clinic: TenantRef, rita: User, bea: User, bo: User
) -> None:
    body = {"item_id": str(tape.pk), "quantity": 1}
    for who, note_id in ((rita, note.pk), (bea, note.pk), (bo, new_id())):
        api = Api(in_clinic, who)
        assert api.get(f"/api/inventory/notes/{note_id}/materials/").status_code == 404
        assert api.post(f"/api/inventory/notes/{note_id}/materials/", body).status_code == 404

    assert stock_of(tape) == 5


def test_the_note_asks_as_often_for_three_materials_as_for_one(
    uses: Callable[..., UsedMaterial],
    note: Note,
    pages: Any,
    bo: User,
    ana: User,
    now: datetime,
    asks_as_often: Callable[..., None],
) -> None:
    def add(number: int) -> None:
        uses("1", item_id=make_item(f"T{number}", by=ana, at=now).pk)

    asks_as_often(pages(bo), f"/stock/notes/{note.pk}/", add_one=add)
