"""Where, with whom and what can be booked, and what is."""

from modules.scheduling.models.appointments import STATUS_LABELS, Appointment, AppointmentChange, AppointmentQuerySet
from modules.scheduling.models.catalogue import Service
from modules.scheduling.models.feeds import CalendarFeed, ExternalBusy, ExternalCalendar, Shows
from modules.scheduling.models.people import Practitioner, WorkingHours
from modules.scheduling.models.places import CurrentQuerySet, Location, Room

__all__ = [
    "STATUS_LABELS",
    "Appointment",
    "AppointmentChange",
    "AppointmentQuerySet",
    "CalendarFeed",
    "CurrentQuerySet",
    "ExternalBusy",
    "ExternalCalendar",
    "Location",
    "Practitioner",
    "Room",
    "Service",
    "Shows",
    "WorkingHours",
]
