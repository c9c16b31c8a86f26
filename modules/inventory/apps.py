from django.utils.translation import gettext_lazy as _

from kernel.modules import ModuleConfig
from modules.scheduling.events import AppointmentCompleted


class InventoryModule(ModuleConfig):
    name = "modules.inventory"
    verbose_name = _("Stock")
    summary = _("What is on the shelf, what leaves it with each visit and sale, and what runs low.")
    builds_on = ("crm", "scheduling")
    subscriptions = {AppointmentCompleted: ("handlers.consume_materials",)}
    presets = "presets.furnish"
    counts = "public.counts"
