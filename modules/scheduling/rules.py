"""Who may see and do what with an appointment."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rules.predicates import predicate

from access.fields import FieldRule
from access.permissions import anything
from modules.crm import public as crm
from modules.scheduling.domain.states import Status


@predicate
def is_in_their_calendar(user: Any, appointment: Any) -> bool:
    return appointment.practitioner.user_id is not None and appointment.practitioner.user_id == user.pk


@predicate
def is_found_by_them(user: Any, check_in: Any) -> bool:
    return bool(is_in_their_calendar(user, check_in.appointment))


@predicate
def is_their_visit(user: Any, appointment: Any) -> bool:
    return appointment.status != Status.OFFERED and crm.is_answered_for_by(user, appointment.patient)


@predicate
def is_of_their_calendar(user: Any, thing: Any) -> bool:
    """Of a feed, a calendar elsewhere or a block: whether it is of the practitioner that this account is."""
    return thing.practitioner is not None and thing.practitioner.user_id == user.pk


@predicate
def is_their_feed(user: Any, feed: Any) -> bool:
    return feed.user_id is not None and feed.user_id == user.pk


@predicate
def is_waiting_for_them(user: Any, entry: Any) -> bool:
    return entry.practitioners.filter(user_id=user.pk).exists()


@predicate
def is_their_entry(user: Any, entry: Any) -> bool:
    return crm.is_answered_for_by(user, entry.patient)


@predicate
def is_series_in_their_calendar(user: Any, series: Any) -> bool:
    return bool(series.appointments.filter(practitioner__user_id=user.pk).exists())


FINDING = FieldRule(see="scheduling.view_findings", change="scheduling.note_findings")
FIELDS = {"scheduling.checkin": {"complaints": FINDING}, "scheduling.vitalsign": {"value": FINDING}}

PERMISSIONS = {
    "scheduling.view_services": {"all": anything, "self": anything},
    "scheduling.view_rooms": {"all": anything},
    "scheduling.view_appointment": {"all": anything, "care": is_in_their_calendar, "self": is_their_visit},
    "scheduling.book": {"all": anything, "care": anything, "self": anything},
    "scheduling.change_appointment": {"all": anything, "care": is_in_their_calendar, "self": is_their_visit},
    "scheduling.override": {"all": anything, "care": anything},
    "scheduling.manage_series": {"all": anything, "care": is_series_in_their_calendar},
    "scheduling.manage_groups": {"all": anything, "care": is_of_their_calendar},
    "scheduling.run_visit": {"all": anything, "care": is_in_their_calendar},
    "scheduling.view_waiting": {"all": anything, "care": is_waiting_for_them, "self": is_their_entry},
    "scheduling.join_waiting": {"all": anything, "care": is_waiting_for_them, "self": is_their_entry},
    "scheduling.offer_time": {"all": anything},
    "scheduling.view_findings": {"all": anything, "care": is_found_by_them},
    "scheduling.note_findings": {"all": anything, "care": is_in_their_calendar},
    "scheduling.manage": {"all": anything},
    "scheduling.block_time": {"all": anything, "care": is_of_their_calendar},
    "scheduling.share_calendar": {"all": anything, "care": is_of_their_calendar, "self": is_their_feed},
    "scheduling.connect_calendar": {"all": anything, "care": is_of_their_calendar},
}

WORDS = {
    "scheduling.view_services": _("See services, prices and free times"),
    "scheduling.view_rooms": _("See rooms"),
    "scheduling.view_appointment": _("See appointments"),
    "scheduling.book": _("Book appointments"),
    "scheduling.change_appointment": _("Move and cancel appointments"),
    "scheduling.override": _("Set a rule of the calendar aside, with a reason"),
    "scheduling.manage_series": _("Book and change series of visits"),
    "scheduling.manage_groups": _("Set up groups, and say who comes"),
    "scheduling.run_visit": _("Run visits: check in, start, complete"),
    "scheduling.view_waiting": _("See the waiting list"),
    "scheduling.join_waiting": _("Put people on the waiting list and take them off"),
    "scheduling.offer_time": _("Offer times to the waiting list, and say who is urgent"),
    "scheduling.view_findings": _("See what people complain of and what was measured at their arrival"),
    "scheduling.note_findings": _("Note complaints and measures at an arrival"),
    "scheduling.manage": _("Set services, rooms and hours"),
    "scheduling.block_time": _("Block time: leave, breaks, closures, maintenance"),
    "scheduling.share_calendar": _("Put visits into calendar apps"),
    "scheduling.connect_calendar": _("Read busy times from calendars elsewhere"),
}
