from django.utils.translation import gettext_lazy as _

from kernel.modules import Finder, ModuleConfig, NavItem, Panel, Schedule, SettingsEntry, Tab
from modules.billing.events import (
    BalanceChanged,
    DepositClosed,
    EInvoiceMade,
    InvoiceCredited,
    InvoiceIssued,
    PaymentReceived,
    RefundAsked,
)
from modules.crm.events import NoteSigned
from modules.scheduling.events import AppointmentCancelled, AppointmentCompleted, AppointmentLapsed
from webhooks.events import StripeObjectChanged


class BillingModule(ModuleConfig):
    name = "modules.billing"
    verbose_name = _("Invoices and payments")
    summary = _("Invoices from visits and sales, payments at the desk and online.")
    requires = ("crm",)
    builds_on = ("crm", "scheduling", "inventory")
    nav = (
        NavItem(
            _("Invoices"),
            "billing:invoices",
            permission="billing.view_invoice",
            icon="receipt",
            group="clients",
            order=40,
            keys="g i",
        ),
        NavItem(
            _("Bank"),
            "billing:bank",
            permission="billing.bank",
            icon="landmark",
            group="manage",
            order=74,
            keys="g b",
        ),
        NavItem(
            _("Cash"),
            "billing:tills",
            permission="billing.till",
            icon="wallet",
            group="clients",
            order=45,
            keys="g k",
        ),
        NavItem(
            _("Reports"),
            "billing:reports",
            permission="billing.view_ledger",
            icon="chart-column",
            group="manage",
            order=75,
            keys="g r",
        ),
    )
    settings = (
        SettingsEntry(
            _("Billing"),
            _("The letterhead of your invoices, and payment by card."),
            "billing:settings",
            permission="billing.manage",
            icon="banknote",
            order=60,
        ),
        SettingsEntry(
            _("Numbers"),
            _("What the numbers of invoices and credit notes begin with, and at which location."),
            "billing:numbers",
            permission="billing.manage",
            icon="hash",
            order=64,
        ),
        SettingsEntry(
            _("Electronic invoices"),
            _("FatturaPA and Factur-X: which are made, for whom, and what they say of you."),
            "billing:e_invoice_rules",
            permission="billing.manage",
            icon="file-check",
            order=66,
        ),
        SettingsEntry(
            _("Accountant"),
            _("The account numbers of your chart, and what the books go out with in the DATEV format."),
            "billing:accountant",
            permission="billing.manage",
            icon="book-open",
            order=67,
        ),
        SettingsEntry(
            _("Reminders"),
            _("When people are reminded of invoices that they have not paid."),
            "billing:reminders",
            permission="billing.manage",
            icon="bell",
            order=66,
        ),
        SettingsEntry(
            _("Deposits"),
            _("What is paid before a visit is booked online, and how long somebody has for it."),
            "billing:deposit_rules",
            permission="billing.manage",
            icon="hourglass",
            order=61,
        ),
        SettingsEntry(
            _("Packages"),
            _("Sessions that are sold together, what becomes of one that nobody came to, and when they expire."),
            "billing:packages",
            permission="billing.manage",
            icon="package",
            order=62,
        ),
        SettingsEntry(
            _("Taxes"),
            _("Rates of tax, from which day each holds, and why nothing is due where nothing is."),
            "billing:tax_rates",
            permission="billing.manage",
            icon="landmark",
            order=65,
        ),
        SettingsEntry(
            _("Tills"),
            _("The cash drawers of each location, and whether cash needs an open one."),
            "billing:till_settings",
            permission="billing.manage",
            icon="wallet",
            order=63,
        ),
        SettingsEntry(
            _("Discounts"),
            _("The reasons to choose from, and how much each role may give without asking."),
            "billing:discounts",
            permission="billing.manage",
            icon="percent",
            order=64,
        ),
        SettingsEntry(
            _("Treatments"),
            _("What is done in visits, its codes and prices: notes say it, and the bill follows."),
            "billing:treatment_codes",
            permission="billing.manage",
            icon="list-checks",
            order=63,
        ),
    )
    portal_menu = (Tab(_("Packages"), "billing:my_packages", icon="package", order=35),)
    tabs = (Tab(_("Bills"), "billing:bills", icon="receipt", order=30),)
    panels = (
        Panel("patient.summary", "panels.balance_in_short", permission="billing.view_invoice", order=40),
        Panel("patient.aside", "panels.account_of_patient", permission="billing.view_invoice", order=10),
        Panel("patient.aside", "panels.e_invoice_address", permission="billing.write_invoice", order=11),
        Panel("today.stats", "panels.e_invoices_to_see_to", permission="billing.write_invoice", order=16),
        Panel("patient.aside", "panels.packages_of_patient", permission="billing.view_package", order=12),
        Panel("visit.aside", "panels.invoice_of_visit", permission="billing.view_invoice", order=10),
        Panel("visit.aside", "panels.deposit_of_visit", permission="billing.take_payment", order=5),
        Panel("note.main", "panels.treatments_of_note", permission="crm.view_note", order=10),
        Panel("today.stats", "panels.deposits_to_see_to", permission="billing.take_payment", order=15),
        Panel("today.stats", "panels.to_pay_today", permission="billing.view_payment", order=10),
        Panel("today.done", "panels.bill_of_visitor", permission="billing.view_payment", order=10),
        Panel("portal.home", "panels.bills_to_pay", permission="access.use_portal", order=20),
    )
    finders = (Finder(_("Invoices"), "panels.find_invoices", permission="billing.view_invoice", order=30),)
    subscriptions = {
        AppointmentCompleted: ("handlers.draft_invoice",),
        AppointmentCancelled: ("handlers.close_deposit",),
        NoteSigned: ("handlers.bill_what_was_done",),
        AppointmentLapsed: ("handlers.close_deposit",),
        BalanceChanged: ("handlers.close_outdated_checkouts",),
        EInvoiceMade: ("handlers.deliver_e_invoice",),
        DepositClosed: ("handlers.close_outdated_checkouts",),
        InvoiceCredited: ("handlers.close_outdated_checkouts",),
        InvoiceIssued: ("handlers.make_document", "handlers.make_e_invoices"),
        PaymentReceived: ("handlers.close_outdated_checkouts",),
        RefundAsked: ("handlers.ask_for_refund",),
        StripeObjectChanged: ("handlers.hear_stripe",),
    }
    schedules = (
        Schedule("tasks.reconcile", every=15 * 60),
        Schedule("tasks.find_missing", every=6 * 60 * 60),
        Schedule("tasks.archive_e_invoices", every=60 * 60),
        Schedule("tasks.mark_overdue", every=24 * 60 * 60),
        Schedule("tasks.remind", every=60 * 60),
        Schedule("tasks.catch_up_ledger", every=60 * 60),
        Schedule("tasks.chain_documents", every=60 * 60),
        Schedule("tasks.warn_of_expiry", every=60 * 60),
        Schedule("tasks.forget_bank_tables", every=24 * 60 * 60),
    )
    deposits = "services.deposits.DESK"
    presets = "presets.furnish"
    demo = "demo.seed"
    packages = "public.PACKAGES"
    facets = "facets.FACETS"
    letters = "billing.view_invoice"
    timeline = "timeline.KINDS"
    personal = "personal.PERSONAL"
    copies = "copies.COPIES"
    holdings = "holdings.HOLDINGS"
    trail = "trail.TRAIL"
    counts = "selectors.counts"
