"""Where, with whom and what can be booked, and what is."""

from modules.scheduling.models.appointments import STATUS_LABELS, Appointment, AppointmentChange, AppointmentQuerySet
from modules.scheduling.models.catalogue import Service
from modules.scheduling.models.people import Practitioner, WorkingHours
from modules.scheduling.models.places import CurrentQuerySet, Location, Room

__all__ = [
    "STATUS_LABELS",
    "Appointment",
    "AppointmentChange",
    "AppointmentQuerySet",
    "CurrentQuerySet",
    "Location",
    "Practitioner",
    "Room",
    "Service",
    "WorkingHours",
]
