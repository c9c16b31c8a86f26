from django.urls import URLPattern, path

from modules.inventory.pages import items, notes, shelf, shortages

urlpatterns: list[URLPattern] = [
    path("stock/", items.items, name="items"),
    path("stock/new/", items.add, name="add"),
    path("stock/shortages/", shortages.shortages, name="shortages"),
    path("stock/shortages/<uuid:shortage_id>/resolution/", shortages.resolution, name="resolution"),
    path("stock/notes/<uuid:note_id>/", notes.materials, name="note"),
    path("stock/notes/<uuid:note_id>/uses/", notes.use, name="use_in_note"),
    path("stock/notes/<uuid:note_id>/uses/<uuid:material_id>/retraction/", notes.take_back, name="take_back"),
    path("stock/<uuid:item_id>/", shelf.item, name="item"),
    path("stock/<uuid:item_id>/edit/", items.change, name="change"),
    path("stock/<uuid:item_id>/end/", items.end, name="end"),
    path("stock/<uuid:item_id>/moves/", shelf.move, name="move"),
    path("stock/<uuid:item_id>/counts/", shelf.count, name="count"),
    path("stock/<uuid:item_id>/materials/", shelf.material, name="material"),
]
