"""What the audit log says of the calendar."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from audit.words import Named, Trail
from modules.scheduling.models import Appointment, Offer, Series, WaitingEntry

DEEDS = {
    "scheduling.appointment.booked": _("%(who)s booked a visit: %(what)s"),
    "scheduling.appointment.moved": _("%(who)s moved a visit: %(what)s"),
    "scheduling.appointment.overridden": _("%(who)s set a rule of the calendar aside: %(what)s"),
    "scheduling.appointment.accepted": _("%(who)s accepted a request for a visit: %(what)s"),
    "scheduling.appointment.lapsed": _("%(who)s let a time go that was asked for: %(what)s"),
    "scheduling.appointment.secured": _("The deposit of a visit was paid or waived: %(what)s"),
    "scheduling.appointment.confirmed": _("%(who)s confirmed a visit: %(what)s"),
    "scheduling.appointment.checked_in": _("%(who)s checked somebody in: %(what)s"),
    "scheduling.checkin.noted": _("%(who)s noted an arrival: %(what)s"),
    "scheduling.appointment.in_episode": _("%(who)s said to which episode of care a visit belongs: %(what)s"),
    "scheduling.checkinrules.saved": _("%(who)s changed what is asked for at the check-in"),
    "scheduling.appointment.in_progress": _("%(who)s started a visit: %(what)s"),
    "scheduling.appointment.completed": _("%(who)s completed a visit: %(what)s"),
    "scheduling.appointment.cancelled": _("%(who)s cancelled a visit: %(what)s"),
    "scheduling.appointment.scheduled": _("%(who)s took a visit back into the calendar: %(what)s"),
    "scheduling.appointment.no_show": _("%(who)s noted that somebody did not come: %(what)s"),
    "scheduling.appointment.offered": _("%(who)s kept a time for somebody on the waiting list: %(what)s"),
    "scheduling.waitingentry.added": _("%(who)s put somebody on the waiting list: %(what)s"),
    "scheduling.waitingentry.changed": _("%(who)s changed what somebody waits for: %(what)s"),
    "scheduling.waitingentry.prioritised": _("%(who)s said how urgent it is: %(what)s"),
    "scheduling.waitingentry.withdrawn": _("%(who)s took somebody off the waiting list: %(what)s"),
    "scheduling.waitingentry.listed": _("%(who)s saw the waiting list of %(what)s"),
    "scheduling.waitingentry.viewed": _("%(who)s looked at the waiting list: %(what)s"),
    "scheduling.waitingentry.fetched": _("%(who)s fetched the waiting list of %(what)s"),
    "scheduling.waitingentry.expired": _("Nothing came free in time: %(what)s"),
    "scheduling.offer.made": _("%(who)s offered a time: %(what)s"),
    "scheduling.offer.viewed_by_link": _("Somebody with its link looked at an offer: %(what)s"),
    "scheduling.offer.accepted": _("%(who)s accepted an offer: %(what)s"),
    "scheduling.offer.declined": _("%(who)s declined an offer: %(what)s"),
    "scheduling.offer.expired": _("An offer was not answered in time: %(what)s"),
    "scheduling.offer.withdrawn": _("%(who)s took an offer back: %(what)s"),
    "scheduling.waitingrules.saved": _("%(who)s changed how freed times are offered: %(what)s"),
    "scheduling.appointment.viewed": _("%(who)s looked at a visit: %(what)s"),
    "scheduling.appointment.viewed_by_link": _("Somebody looked at a visit by the link in its mail: %(what)s"),
    "scheduling.hold.kept": _("A time was kept for somebody online: %(what)s"),
    "scheduling.hold.booked": _("Somebody online showed that their mail is theirs; the time became a visit: %(what)s"),
    "scheduling.hold.lapsed": _("A time that was kept for somebody online was free again: %(what)s"),
    "scheduling.bookingpage.framed": _("%(who)s said which sites may show the booking page: %(what)s"),
    "scheduling.appointment.viewed_with_note": _("%(who)s looked at a visit and its note: %(what)s"),
    "scheduling.appointment.viewed_note": _("%(who)s read the note of a visit: %(what)s"),
    "scheduling.appointment.listed": _("%(who)s saw visits of %(what)s"),
    "scheduling.appointment.fetched": _("%(who)s fetched visits of %(what)s"),
    "scheduling.groupsession.created": _("%(who)s put a group into the calendar: %(what)s"),
    "scheduling.groupsession.changed": _("%(who)s changed a group: %(what)s"),
    "scheduling.groupsession.cancelled": _("%(who)s called a group off: %(what)s"),
    "scheduling.groupsession.viewed": _("%(who)s looked at a group: %(what)s"),
    "scheduling.series.booked": _("%(who)s booked a series of visits: %(what)s"),
    "scheduling.series.changed": _("%(who)s changed a series of visits: %(what)s"),
    "scheduling.series.cancelled": _("%(who)s called off visits of a series: %(what)s"),
    "scheduling.series.viewed": _("%(who)s looked at a series of visits: %(what)s"),
    "scheduling.calendarfeed.made": _("%(who)s made the calendar address %(what)s"),
    "scheduling.calendarfeed.renewed": _("%(who)s renewed the calendar address %(what)s"),
    "scheduling.calendarfeed.changed": _("%(who)s changed what the calendar address %(what)s shows"),
    "scheduling.calendarfeed.revoked": _("%(who)s revoked the calendar address %(what)s"),
    "scheduling.hours.set": _("%(who)s set the hours of %(what)s"),
    "scheduling.hours.day_set": _("%(who)s set the hours of one day of %(what)s"),
    "scheduling.hours.day_cleared": _("%(who)s let a day of %(what)s have its usual hours again"),
    "scheduling.block.set": _("%(who)s blocked time of %(what)s"),
    "scheduling.block.changed": _("%(who)s changed blocked time of %(what)s"),
    "scheduling.block.called_off": _("%(who)s called off blocked time of %(what)s"),
    "scheduling.practitioner.saved": _("%(who)s changed what holds for %(what)s"),
    "scheduling.practitioner.added": _("%(who)s added %(what)s to the calendar"),
    "scheduling.practitioner.services_set": _("%(who)s said what %(what)s performs"),
    "scheduling.practitioner.ended": _("%(who)s took %(what)s off the calendar"),
    "scheduling.service.saved": _("%(who)s changed the service %(what)s"),
    "scheduling.service.ended": _("%(who)s no longer offers %(what)s"),
    "scheduling.room.saved": _("%(who)s changed the room %(what)s"),
    "scheduling.room.ended": _("%(who)s took the room %(what)s out of use"),
    "scheduling.externalcalendar.connected": _("%(who)s had busy times read from the calendar %(what)s"),
    "scheduling.externalcalendar.signed_in": _("%(who)s signed in at the server of the calendar %(what)s"),
    "scheduling.externalcalendar.kept_in_step": _("%(who)s said what is kept in step with the calendar %(what)s"),
    "scheduling.externalcalendar.password_renewed": _("%(who)s gave a new app password for the calendar %(what)s"),
    "scheduling.externalcalendar.asked": _("%(who)s had the calendar %(what)s read at once"),
    "scheduling.externalcalendar.disconnected": _("%(who)s disconnected the calendar %(what)s"),
    "scheduling.equipment.saved": _("%(who)s changed the equipment %(what)s"),
    "scheduling.equipment.ended": _("%(who)s took the equipment %(what)s out of use"),
    "scheduling.location.saved": _("%(who)s changed the location %(what)s"),
}


def names_of(kind: str, ids: Collection[str], *, seen_by: Any) -> dict[str, Named]:
    if kind == "scheduling.appointment":
        visits = Appointment.objects.visible_to(seen_by).for_display().filter(pk__in=ids)
        return {str(visit.pk): _of_visit(visit) for visit in visits}
    if kind == "scheduling.series":
        of_patients = Series.objects.visible_to(seen_by).for_display().filter(pk__in=ids)
        return {str(series.pk): _of_series(series) for series in of_patients}
    if kind in {"scheduling.waitingentry", "scheduling.offer"}:
        return _of_waiting(kind, ids, seen_by=seen_by)
    if kind == "scheduling.checkin":
        seen = Appointment.objects.visible_to(seen_by).for_display().select_related("check_in")
        found = seen.filter(check_in__in=[UUID(each) for each in ids])
        return {str(visit.check_in.pk): _of_visit(visit) for visit in found}
    rows = apps.get_model(kind)._default_manager.filter(pk__in=ids)
    return {str(row.pk): Named(str(row)) for row in rows}


def _of_waiting(kind: str, ids: Collection[str], *, seen_by: Any) -> dict[str, Named]:
    entries = WaitingEntry.objects.visible_to(seen_by).select_related("patient", "service")
    by_id: dict[str, Any] = {}
    if kind == "scheduling.waitingentry":
        by_id = {str(entry.pk): entry for entry in entries.filter(pk__in=ids)}
    else:
        offers = Offer.objects.about(entries).filter(pk__in=ids).select_related("entry__patient", "entry__service")
        by_id = {str(offer.pk): offer.entry for offer in offers}
    return {
        pk: Named(f"{entry.patient.name}, {entry.service.name}", reverse("scheduling:waiting_entry", args=[entry.pk]))
        for pk, entry in by_id.items()
    }


def _of_visit(visit: Appointment) -> Named:
    when = date_format(timezone.localtime(visit.starts_at), "j M Y, H:i")
    return Named(f"{visit.patient.name}, {when}", reverse("scheduling:visit", args=[visit.pk]))


def _of_series(series: Series) -> Named:
    whose = series.patient.name if series.patient else ""
    when = date_format(series.first_day, "j M Y")
    return Named(", ".join(filter(None, (whose, when))), reverse("scheduling:series", args=[series.pk]))


TRAIL = Trail(_("Calendar"), DEEDS, names_of)
