from django.utils.translation import gettext_lazy as _

from access.events import MemberLeft
from kernel.modules import Finder, ModuleConfig, NavItem, Panel, Schedule, SettingsEntry, Tab
from modules.crm.events import DocumentCleared, DocumentReceived


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
        NavItem(
            _("Documents"),
            "crm:documents",
            permission="crm.view_document",
            icon="files",
            group="clients",
            order=38,
            keys="g d",
        ),
    )
    tabs = (Tab(_("Home"), "crm:portal_home", icon="house", order=10),)
    settings = (
        SettingsEntry(
            _("Agreements"),
            _("What people are asked to agree to and sign: the texts, version by version."),
            "crm:consent_kinds",
            permission="crm.manage_consents",
            icon="file-pen-line",
            order=45,
        ),
        SettingsEntry(
            _("Forms for notes"),
            _("Which sections a note has, beside the usual form."),
            "crm:note_templates",
            permission="crm.manage_note_setup",
            icon="file-pen-line",
            order=46,
        ),
        SettingsEntry(
            _("Phrases"),
            _("Short words that stand for what you write often in notes."),
            "crm:phrases",
            permission="crm.write_note",
            icon="text-quote",
            order=46,
        ),
        SettingsEntry(
            _("Disciplines"),
            _("What colleagues are trained in: a note may be for one discipline only."),
            "crm:disciplines",
            permission="crm.manage_note_setup",
            icon="graduation-cap",
            order=47,
        ),
        SettingsEntry(
            _("Types of documents"),
            _("What letters, reports and pictures are filed under, besides the usual types."),
            "crm:document_kinds",
            permission="crm.manage_document_kinds",
            icon="files",
            order=46,
        ),
    )
    panels = (Panel("visit.aside", "panels.visit_documents", "crm.view_document", order=60),)
    finders = (Finder("patients", "panels.find_people", permission="crm.view_patient", order=10),)
    portal_menu = (
        Tab(_("My documents"), "crm:portal_documents", icon="files", order=6),
        Tab(_("My agreements"), "crm:portal_consents", icon="file-pen-line", order=8),
        Tab(_("Who looked at my data"), "crm:portal_looks", icon="eye", order=10),
    )
    api_at = "patients"
    fields = "rules.FIELDS"
    subscriptions = {
        MemberLeft: ("handlers.end_access",),
        DocumentReceived: ("handlers.scan_document",),
        DocumentCleared: ("handlers.preview_document",),
    }
    schedules = (
        Schedule("tasks.sweep_files", every=24 * 60 * 60),
        Schedule("tasks.renew_search_keys", every=60),
    )
    on_arrival = "services.claim_records"
    presets = "presets.furnish"
    demo = "demo.seed"
    trail = "trail.TRAIL"
    counts = "public.counts"
