from django.utils.translation import gettext_lazy as _

from kernel.modules import ModuleConfig, Schedule
from modules.billing.events import InvoiceIssued, PaymentReceived
from modules.scheduling.events import AppointmentCompleted
from webhooks.events import StripeObjectChanged


class BillingModule(ModuleConfig):
    name = "modules.billing"
    verbose_name = _("Invoices and payments")
    summary = _("Invoices from visits and sales, payments at the desk and online.")
    requires = ("crm",)
    builds_on = ("crm", "scheduling", "inventory")
    subscriptions = {
        AppointmentCompleted: ("handlers.draft_invoice",),
        InvoiceIssued: ("handlers.make_document",),
        PaymentReceived: ("handlers.close_outdated_checkouts",),
        StripeObjectChanged: ("handlers.hear_stripe",),
    }
    schedules = (Schedule("tasks.reconcile", every=15 * 60), Schedule("tasks.mark_overdue", every=24 * 60 * 60))
    presets = "presets.furnish"
