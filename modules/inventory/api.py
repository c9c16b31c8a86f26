"""The stock over the wire, at /api/inventory/."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.money import Money
from modules.crm import public as crm
from modules.inventory import services
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, ServiceMaterial, Shortage, UsedMaterial
from modules.inventory.schemas import (
    CountIn,
    ItemIn,
    ItemOut,
    ItemPatch,
    ItemsIn,
    MaterialIn,
    MaterialOut,
    MoveOut,
    RetractionIn,
    ShortageOut,
    TransactionIn,
    TransactionOut,
    UsedMaterialOut,
    UseIn,
)
from modules.inventory.services import ItemDetails
from tenancy.requests import Request

router = Router()


@router.get("/items/", response=Page[ItemOut], summary="List and search items")
@endpoint("inventory.view_items")
def list_items(request: Request, page: Query[PageIn], wanted: Query[ItemsIn]) -> dict[str, Any]:
    rows = Item.objects.visible_to(request.user).current().matching(wanted.search).order_by("name", "pk")
    return page_of(rows.running_low() if wanted.low else rows, page, ItemOut.of)


@router.post("/items/", response={201: ItemOut}, summary="Add an item")
@endpoint("inventory.manage_items")
def add_item(request: Request, body: ItemIn) -> Status[ItemOut]:
    item = services.add_item(details=_details(body.dict(), request.tenant.currency), by=request.user)
    return Status(201, ItemOut.of(item))


@router.get("/items/{uuid:item_id}/", response=ItemOut, summary="One item")
@endpoint("inventory.view_items")
def get_item(request: Request, item_id: UUID) -> ItemOut:
    return ItemOut.of(_visible(request, item_id))


@router.patch("/items/{uuid:item_id}/", response=ItemOut, summary="Change an item")
@endpoint("inventory.manage_items")
def change_item(request: Request, item_id: UUID, body: ItemPatch) -> ItemOut:
    item = _visible(request, item_id)
    present = {name: getattr(item, name) for name in ItemPatch.model_fields if name not in ("price", "cost")}
    present |= {"price": item.price.decimal, "cost": item.cost.decimal}
    changes = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    details = _details(present | changes, item.currency)
    return ItemOut.of(services.change_item(item=item, details=details, by=request.user))


@router.delete("/items/{uuid:item_id}/", response={204: None}, summary="Take an item off the list; its ledger stays")
@endpoint("inventory.manage_items")
def end_item(request: Request, item_id: UUID) -> Status[None]:
    services.end_item(item=_visible(request, item_id), by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/items/{uuid:item_id}/moves/", response=Page[MoveOut], summary="The ledger of an item, newest first")
@endpoint("inventory.view_items")
def list_moves(request: Request, item_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(_visible(request, item_id).moves.order_by("-at", "-pk"), page, MoveOut.of)


@router.post(
    "/items/{uuid:item_id}/counts/", response={201: ItemOut}, summary="Make the ledger agree with what was counted"
)
@endpoint("inventory.change_stock")
def count_stock(request: Request, item_id: UUID, body: CountIn) -> Status[ItemOut]:
    item = _visible(request, item_id)
    services.count_stock(item=item, counted=body.counted, reason=body.reason, by=request.user, at=timezone.now())
    return Status(201, ItemOut.of(_visible(request, item_id)))


@router.post("/transactions/", response={201: TransactionOut}, summary="Put stock on the shelf, or take it off")
@endpoint("inventory.take_stock")
def move_stock(request: Request, body: TransactionIn) -> Status[TransactionOut]:
    move = services.move_stock(
        item=_visible(request, body.item_id),
        kind=Kind(body.transaction_type),
        quantity=body.quantity,
        reason=body.reason,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, TransactionOut.after(move))


@router.get("/materials/", response=Page[MaterialOut], summary="What the visits of each service use up")
@endpoint("inventory.view_items")
def list_materials(request: Request, page: Query[PageIn], service_id: UUID | None = None) -> dict[str, Any]:
    rows = ServiceMaterial.objects.select_related("item").order_by("service", "item__name")
    return page_of(rows.filter(service=service_id) if service_id else rows, page, MaterialOut.of)


@router.put("/materials/", response={204: None}, summary="Say what each visit of a service uses of an item")
@endpoint("inventory.manage_items")
def set_material(request: Request, body: MaterialIn) -> Status[None]:
    item = _visible(request, body.item_id)
    services.set_material(service_id=body.service_id, item=item, quantity=body.quantity, by=request.user)
    return Status(204, None)


@router.get("/shortages/", response=Page[ShortageOut], summary="What visits used that the ledger did not have")
@endpoint("inventory.view_items")
def list_shortages(request: Request, page: Query[PageIn], *, open: bool = True) -> dict[str, Any]:  # noqa: A002
    rows = Shortage.objects.select_related("item").order_by("-noted_at", "pk")
    return page_of(rows.open() if open else rows, page, ShortageOut.of)


@router.post("/shortages/{uuid:shortage_id}/resolution/", response={201: ShortageOut}, summary="Take it off now")
@endpoint("inventory.change_stock")
def resolve_shortage(request: Request, shortage_id: UUID) -> Status[ShortageOut]:
    shortage = get_object_or_404(Shortage, pk=shortage_id)
    resolved = services.resolve_shortage(shortage=shortage, by=request.user, at=timezone.now())
    return Status(201, ShortageOut.of(resolved))


@router.get("/notes/{uuid:note_id}/materials/", response=Page[UsedMaterialOut], summary="What a note says was used")
@endpoint("inventory.view_items")
def list_used(request: Request, note_id: UUID, page: Query[PageIn]) -> dict[str, Any]:
    """In the order in which it was written down. What was taken back is among it."""
    note = _visible_note(request, note_id)
    audit.listed(what=UsedMaterial, subjects=[note.patient_id], by=request.user)
    return page_of(UsedMaterial.objects.filter(note=note.pk).for_display(), page, UsedMaterialOut.of)


@router.post(
    "/notes/{uuid:note_id}/materials/", response={201: UsedMaterialOut}, summary="Take what was used off the shelf"
)
@endpoint("inventory.take_stock")
def use_material(request: Request, note_id: UUID, body: UseIn) -> Status[UsedMaterialOut]:
    note, item = _visible_note(request, note_id), _visible(request, body.item_id)
    used = services.use_material(
        note_id=note.pk,
        item_id=item.pk,
        quantity=body.quantity,
        reason=body.reason,
        even_if_missing=body.even_if_missing,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, _used(used.pk))


@router.post(
    "/notes/{uuid:note_id}/materials/{uuid:material_id}/retraction/",
    response={201: UsedMaterialOut},
    summary="Say that it was not used after all",
)
@endpoint("inventory.take_stock")
def take_back_material(
    request: Request, note_id: UUID, material_id: UUID, body: RetractionIn
) -> Status[UsedMaterialOut]:
    """What had left the shelf is put back by a second move."""
    note = _visible_note(request, note_id)
    material = get_object_or_404(UsedMaterial.objects.filter(note=note.pk), pk=material_id)
    services.take_back_material(material=material, reason=body.reason, by=request.user, at=timezone.now())
    return Status(201, _used(material.pk))


def _visible_note(request: Request, note_id: UUID) -> crm.NoteCard:
    note = crm.find_note(note_id, seen_by=request.user)
    if note is None:
        raise Http404
    return note


def _used(material_id: UUID) -> UsedMaterialOut:
    return UsedMaterialOut.of(UsedMaterial.objects.for_display().get(pk=material_id))


def _visible(request: Request, item_id: UUID) -> Item:
    return get_object_or_404(Item.objects.visible_to(request.user), pk=item_id)


def _details(fields: dict[str, Any], currency: str) -> ItemDetails:
    money = {name: Money.parse(fields[name], currency) for name in ("price", "cost")}
    return ItemDetails(**(fields | money))
