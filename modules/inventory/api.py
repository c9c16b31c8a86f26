"""The stock over the wire, at /api/inventory/."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.money import Money
from modules.inventory import services
from modules.inventory.domain.stock import Kind
from modules.inventory.models import Item, ServiceMaterial, Shortage
from modules.inventory.schemas import (
    CountIn,
    ItemIn,
    ItemOut,
    ItemPatch,
    ItemsIn,
    MaterialIn,
    MaterialOut,
    MoveOut,
    ShortageOut,
    TransactionIn,
    TransactionOut,
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


def _visible(request: Request, item_id: UUID) -> Item:
    return get_object_or_404(Item.objects.visible_to(request.user), pk=item_id)


def _details(fields: dict[str, Any], currency: str) -> ItemDetails:
    money = {name: Money.parse(fields[name], currency) for name in ("price", "cost")}
    return ItemDetails(**(fields | money))
