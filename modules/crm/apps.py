from django.utils.translation import gettext_lazy as _

from access.events import MemberLeft
from kernel.modules import ModuleConfig, NavItem, Tab


class CrmModule(ModuleConfig):
    name = "modules.crm"
    verbose_name = _("People and records")
    summary = _("Patients and clients, their contacts, and the notes about them.")
    nav = (
        NavItem(
            "patients",
            "crm:patients",
            permission="crm.view_patient",
            icon="users",
            group="clients",
            order=30,
            keys="g p",
        ),
    )
    tabs = (Tab(_("Home"), "crm:portal_home", icon="house", order=10),)
    portal_menu = (Tab(_("Who looked at my data"), "crm:portal_looks", icon="eye", order=10),)
    api_at = "patients"
    fields = "rules.FIELDS"
    subscriptions = {MemberLeft: ("handlers.end_access",)}
    on_arrival = "services.claim_records"
    demo = "demo.seed"
    trail = "trail.TRAIL"
    counts = "public.counts"
