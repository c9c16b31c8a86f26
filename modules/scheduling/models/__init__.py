"""Where, with whom and what can be booked, and what is."""

from modules.scheduling.models.appointments import STATUS_LABELS, Appointment, AppointmentChange, AppointmentQuerySet
from modules.scheduling.models.blocks import KIND_LABELS, OF_PEOPLE, Block, BlockKind, BlockQuerySet
from modules.scheduling.models.catalogue import AUDIENCE_LABELS, LONGEST_HORIZON, Service
from modules.scheduling.models.feeds import CalendarFeed, ExternalBusy, ExternalCalendar, Shows
from modules.scheduling.models.people import OFFERED_LABELS, DayHours, Practitioner, WorkingHours
from modules.scheduling.models.places import CurrentQuerySet, Equipment, EquipmentKind, Location, Room, RoomType

__all__ = [
    "AUDIENCE_LABELS",
    "KIND_LABELS",
    "LONGEST_HORIZON",
    "OFFERED_LABELS",
    "OF_PEOPLE",
    "STATUS_LABELS",
    "Appointment",
    "AppointmentChange",
    "AppointmentQuerySet",
    "Block",
    "BlockKind",
    "BlockQuerySet",
    "CalendarFeed",
    "CurrentQuerySet",
    "DayHours",
    "Equipment",
    "EquipmentKind",
    "ExternalBusy",
    "ExternalCalendar",
    "Location",
    "Practitioner",
    "Room",
    "RoomType",
    "Service",
    "Shows",
    "WorkingHours",
]
