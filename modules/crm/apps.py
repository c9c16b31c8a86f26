from django.utils.translation import gettext_lazy as _

from access.events import MemberLeft
from kernel.modules import Finder, ModuleConfig, NavItem, Panel, Schedule, SettingsEntry, Tab
from modules.crm.events import (
    CodeListWaits,
    CopyWaits,
    DocumentCleared,
    DocumentReceived,
    ExtractWaits,
    FirstVisitBooked,
    ImportWaits,
    MergeUndone,
    PatientChanged,
    PatientRegistered,
    PatientsMerged,
    PersonErased,
    VisitOver,
)


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
        NavItem(
            _("Forms"),
            "crm:forms_to_review",
            permission="crm.review_form",
            icon="clipboard-list",
            group="clients",
            order=39,
            keys="g f",
        ),
        NavItem(
            _("Corrections"),
            "crm:corrections",
            permission="crm.answer_correction",
            icon="pencil",
            group="clients",
            order=40,
        ),
    )
    tabs = (Tab(_("Home"), "crm:portal_home", icon="house", order=10),)
    settings = (
        SettingsEntry(
            _("Forms"),
            _("What people fill in before a visit, and to say how it goes."),
            "crm:questionnaires",
            permission="crm.manage_forms",
            icon="clipboard-list",
            order=44,
        ),
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
            _("Exercises"),
            _("What people are shown to do at home: steps, pictures, and how often."),
            "crm:exercises",
            permission="crm.manage_exercises",
            icon="dumbbell",
            order=45,
        ),
        SettingsEntry(
            _("Flags"),
            _("What is often to be known about people: offered to choose, in your words."),
            "crm:flag_kinds",
            permission="crm.manage_flag_kinds",
            icon="flag",
            order=44,
        ),
        SettingsEntry(
            _("Erasure and retention"),
            _("Who was erased, what is still kept until when, and for how many years you keep what."),
            "crm:erasures",
            permission="crm.erase_people",
            icon="trash-2",
            order=48,
        ),
        SettingsEntry(
            _("Figures without names"),
            _("Who came and when as a file for analysis, in which nobody can be told."),
            "crm:extracts",
            permission="crm.export_statistics",
            icon="download",
            order=48,
        ),
        SettingsEntry(
            _("Regions and districts"),
            _("What addresses suggest: the usual list of a country, or one that you load."),
            "crm:region_lists",
            permission="crm.manage_regions",
            icon="map",
            order=49,
        ),
        SettingsEntry(
            _("Lists of codes"),
            _("What diagnoses are chosen from: a list of ours, ICD-10, or any that you load."),
            "crm:code_lists",
            permission="crm.manage_code_lists",
            icon="list-tree",
            order=47,
        ),
        SettingsEntry(
            _("Measures"),
            _("What you measure over time, such as pain or strength, and what is usual."),
            "crm:measure_kinds",
            permission="crm.manage_measures",
            icon="activity",
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
    panels = (
        Panel("visit.aside", "panels.visit_documents", "crm.view_document", order=60),
        Panel("portal.profiles", "panels.profile_chooser", "access.use_portal"),
        Panel("today.stats", "panels.corrections_waiting", "crm.answer_correction", order=30),
        Panel("patient.flags", "panels.flags_of_patient", "crm.view_alert"),
    )
    finders = (Finder("patients", "panels.find_people", permission="crm.view_patient", order=10),)
    portal_menu = (
        Tab(_("My profiles"), "crm:portal_profiles", icon="users", order=2),
        Tab(_("My forms"), "crm:own_forms", icon="clipboard-list", order=5),
        Tab(_("My plan"), "crm:portal_plans", icon="target", order=4),
        Tab(_("My exercises"), "crm:portal_exercises", icon="dumbbell", order=3),
        Tab(_("Notes shared with me"), "crm:portal_notes", icon="file-text", order=7),
        Tab(_("My documents"), "crm:portal_documents", icon="files", order=6),
        Tab(_("My agreements"), "crm:portal_consents", icon="file-pen-line", order=8),
        Tab(_("Corrections"), "crm:portal_corrections", icon="pencil", order=9),
        Tab(_("Who looked at my data"), "crm:portal_looks", icon="eye", order=10),
        Tab(_("My data"), "crm:portal_data", icon="download", order=11),
    )
    api_at = "patients"
    fields = "rules.FIELDS"
    subscriptions = {
        MemberLeft: ("handlers.end_access",),
        DocumentReceived: ("handlers.scan_document",),
        DocumentCleared: ("handlers.preview_document",),
        ImportWaits: ("handlers.go_on_with_import",),
        PatientRegistered: ("handlers.ask_new_patient", "handlers.compare_new_patient"),
        PatientChanged: ("handlers.compare_patient",),
        PatientsMerged: ("handlers.compare_merged",),
        MergeUndone: ("handlers.compare_unmerged",),
        CodeListWaits: ("handlers.go_on_with_code_list",),
        CopyWaits: ("handlers.make_copy",),
        ExtractWaits: ("handlers.make_extract",),
        FirstVisitBooked: ("handlers.ask_before_first_visit",),
        PersonErased: ("handlers.erase_person",),
        VisitOver: ("handlers.ask_after_visit",),
    }
    schedules = (
        Schedule("tasks.sweep_files", every=24 * 60 * 60),
        Schedule("tasks.forget_imports", every=24 * 60 * 60),
        Schedule("tasks.renew_search_keys", every=60),
        Schedule("tasks.remind_of_forms", every=60 * 60),
        Schedule("tasks.ask_in_episodes", every=6 * 60 * 60),
        Schedule("tasks.remind_of_reviews", every=60 * 60),
        Schedule("tasks.erase_what_is_due", every=24 * 60 * 60),
        Schedule("tasks.follow_merges", every=60 * 60),
        Schedule("tasks.forget_merges", every=24 * 60 * 60),
        Schedule("tasks.find_pairs", every=24 * 60 * 60),
        Schedule("tasks.forget_taken", every=60 * 60),
    )
    facets = "facets.FACETS"
    on_arrival = "services.claim_records"
    presets = "presets.furnish"
    demo = "demo.seed"
    on_restored = "public.erase_again"
    personal = "personal.PERSONAL"
    copies = "copies.COPIES"
    holdings = "holdings.HOLDINGS"
    trail = "trail.TRAIL"
    counts = "public.counts"
