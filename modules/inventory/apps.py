from django.utils.translation import gettext_lazy as _

from kernel.modules import ModuleConfig, NavItem, Panel
from modules.scheduling.events import AppointmentCompleted


class InventoryModule(ModuleConfig):
    name = "modules.inventory"
    verbose_name = _("Stock")
    summary = _("What is on the shelf, what leaves it with each visit and sale, and what runs low.")
    builds_on = ("crm", "scheduling")
    nav = (
        NavItem(
            _("Stock"),
            "inventory:items",
            permission="inventory.view_items",
            icon="package",
            group="manage",
            order=70,
            keys="g s",
        ),
    )
    panels = (
        Panel("visit.aside", "panels.materials_of_visit", permission="inventory.view_items", order=20),
        Panel("note.main", "panels.materials_of_note", permission="inventory.view_items", order=20),
    )
    subscriptions = {AppointmentCompleted: ("handlers.consume_materials",)}
    presets = "presets.furnish"
    demo = "demo.seed"
    trail = "trail.TRAIL"
    personal = "personal.PERSONAL"
    copies = "copies.COPIES"
    counts = "public.counts"
