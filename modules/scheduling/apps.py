from django.utils.translation import gettext_lazy as _

from access.events import MemberJoined, MemberLeft
from kernel.modules import Finder, ModuleConfig, NavItem, Panel, Schedule, SettingsEntry, Tab
from modules.crm.events import PatientDied
from modules.scheduling.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentLapsed,
    AppointmentMoved,
    CalendarReadingAsked,
    CalendarSyncAsked,
    GroupCalledOff,
    OfferMade,
    OfferSettled,
    TimeOpened,
)


class SchedulingModule(ModuleConfig):
    name = "modules.scheduling"
    verbose_name = _("Calendar")
    summary = _("Opening hours, services, rooms and appointments.")
    requires = ("crm",)
    builds_on = ("crm",)
    nav = (
        NavItem(
            _("Today"),
            "scheduling:today",
            permission="scheduling.run_visit",
            icon="layout-dashboard",
            group="day",
            order=10,
            keys="g t",
        ),
        NavItem(
            _("Calendar"),
            "scheduling:calendar",
            permission="scheduling.run_visit",
            icon="calendar-days",
            group="day",
            order=20,
            keys="g c",
        ),
        NavItem(
            _("Time off"),
            "scheduling:blocks",
            permission="scheduling.block_time",
            icon="calendar-x",
            group="manage",
            order=5,
        ),
        NavItem(
            _("Waiting list"),
            "scheduling:waiting",
            permission="scheduling.view_waiting",
            icon="hourglass",
            group="day",
            order=30,
        ),
        NavItem(
            _("Groups"),
            "scheduling:groups",
            permission="scheduling.manage_groups",
            icon="users",
            group="manage",
            order=3,
        ),
    )
    settings = (
        SettingsEntry(
            _("Check-in"),
            _("What is asked for when somebody arrives: identity, signatures, measures."),
            "scheduling:check_in_rules",
            permission="scheduling.manage",
            icon="clipboard-list",
            order=54,
        ),
        SettingsEntry(
            _("Waiting list"),
            _("Whether freed times are offered by themselves, for how long, and when nobody is written to."),
            "scheduling:waiting_rules",
            permission="scheduling.manage",
            icon="hourglass",
            order=56,
        ),
        SettingsEntry(
            _("Services and hours"),
            _("What can be booked, who works when, your rooms and your address."),
            "scheduling:settings",
            permission="scheduling.manage",
            icon="calendar-days",
            order=50,
        ),
        SettingsEntry(
            _("Calendars elsewhere"),
            _("Visits in a calendar app, and times at which somebody is busy elsewhere."),
            "scheduling:calendars",
            permission="scheduling.share_calendar",
            icon="calendar-plus",
            order=55,
        ),
        SettingsEntry(
            _("Booking online"),
            _("Your public page, and the sites that may show it."),
            "scheduling:online_settings",
            permission="scheduling.manage",
            icon="globe",
            order=52,
        ),
    )
    portal_menu = (
        Tab(_("Groups"), "scheduling:portal_groups", icon="users", order=3),
        Tab(_("My visits in my calendar"), "scheduling:portal_feeds", icon="calendar-plus", order=5),
    )
    tabs = (Tab(_("Book"), "scheduling:portal_book", icon="calendar-plus", order=20),)
    panels = (
        Panel("patient.actions", "panels.book_for_patient", permission="scheduling.run_visit"),
        Panel("patient.actions", "panels.wait_for_patient", permission="scheduling.offer_time", order=20),
        Panel("episode.main", "panels.visits_of_episode", permission="scheduling.view_appointment"),
        Panel("today.gap", "panels.who_fits", permission="scheduling.offer_time"),
        Panel("visit.aside", "panels.wait_of_visit", permission="scheduling.offer_time", order=60),
        Panel("portal.home", "panels.offered_to_them", permission="access.use_portal", order=5),
        Panel("patient.summary", "panels.visits_in_short", permission="scheduling.view_appointment"),
        Panel("patient.main", "panels.visits_of_patient", permission="scheduling.view_appointment", order=10),
        Panel("patient.death", "panels.visits_that_would_end", permission="scheduling.view_appointment"),
        Panel("today.stats", "panels.requests_waiting", permission="scheduling.run_visit"),
        Panel("portal.home", "panels.next_visit", permission="access.use_portal", order=10),
        Panel("portal.past", "panels.past_visits", permission="access.use_portal", order=30),
    )
    finders = (Finder(_("Visits"), "panels.find_visits", permission="scheduling.view_appointment", order=20),)
    subscriptions = {
        MemberJoined: ("handlers.make_practitioner",),
        MemberLeft: ("handlers.close_feeds",),
        CalendarReadingAsked: ("handlers.read_calendar",),
        PatientDied: ("handlers.call_off_for_the_dead",),
        GroupCalledOff: ("handlers.end_waiting_for_group",),
        TimeOpened: ("handlers.fill_opened",),
        CalendarSyncAsked: ("handlers.sync_calendar",),
        AppointmentBooked: ("handlers.show_elsewhere", "handlers.tell_of_first_visit"),
        AppointmentCompleted: ("handlers.tell_of_visit",),
        AppointmentCancelled: ("handlers.fill_cancelled", "handlers.show_elsewhere", "handlers.tell_of_cancellation"),
        AppointmentMoved: ("handlers.fill_left", "handlers.show_elsewhere", "handlers.tell_of_move"),
        AppointmentLapsed: ("handlers.fill_lapsed", "handlers.show_elsewhere"),
        OfferMade: ("handlers.await_answer",),
        OfferSettled: ("handlers.offer_to_next",),
    }
    schedules = (
        Schedule("tasks.read_calendars", every=10 * 60),
        Schedule("tasks.sync_calendars", every=10 * 60),
        Schedule("tasks.lapse_requests", every=60),
        Schedule("tasks.tend_waiting_list", every=5 * 60),
        Schedule("tasks.lapse_holds", every=60),
        Schedule("tasks.forget_links", every=24 * 60 * 60),
    )
    fields = "rules.FIELDS"
    presets = "presets.furnish"
    demo = "demo.seed"
    onlookers = "panels.onlookers"
    facets = "facets.FACETS"
    letters = "scheduling.view_appointment"
    timeline = "timeline.KINDS"
    personal = "personal.PERSONAL"
    copies = "copies.COPIES"
    holdings = "holdings.HOLDINGS"
    trail = "trail.TRAIL"
    api_also = {"packages": "api.packages.at_the_top"}
    visit_facts = "selectors.figures.visit_facts"
    upcoming = "services.visits.upcoming.what_is_to_come"
    counts = "public.counts"
