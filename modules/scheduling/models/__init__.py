"""Where, with whom and what can be booked, and what is."""

from modules.scheduling.models.appointments import (
    STATUS_LABELS,
    Appointment,
    AppointmentChange,
    AppointmentEquipment,
    AppointmentQuerySet,
    AppointmentService,
)
from modules.scheduling.models.blocks import KIND_LABELS, OF_PEOPLE, Block, BlockKind, BlockQuerySet
from modules.scheduling.models.catalogue import AUDIENCE_LABELS, LONGEST_HORIZON, Service
from modules.scheduling.models.check_ins import (
    FORMS_LABELS,
    ITEM_LABELS,
    SIGN_LABELS,
    UNITS,
    CheckIn,
    CheckInRules,
    Identity,
    VitalSign,
)
from modules.scheduling.models.claims import CLASH, Claim, Kind
from modules.scheduling.models.facts import Cancellation, Override, Side
from modules.scheduling.models.feeds import CalendarFeed, ExternalBusy, ExternalCalendar, Shows, calendars_shared_by
from modules.scheduling.models.online import BookingPage, Hold, HoldState, VisitLink
from modules.scheduling.models.people import OFFERED_LABELS, DayHours, Practitioner, WorkingHours
from modules.scheduling.models.places import CurrentQuerySet, Equipment, EquipmentKind, Location, Room, RoomType
from modules.scheduling.models.series import Series, SeriesQuerySet
from modules.scheduling.models.sessions import GroupSession, SessionStatus
from modules.scheduling.models.syncs import CalendarSync, PushedVisit, SyncedEntry
from modules.scheduling.models.waiting import (
    PRIORITY_LABELS,
    EntryState,
    FreedState,
    FreedTime,
    Offer,
    OfferState,
    WaitingEntry,
    WaitingRules,
    WaitingService,
    WaitingWindow,
)

__all__ = [
    "AUDIENCE_LABELS",
    "CLASH",
    "FORMS_LABELS",
    "ITEM_LABELS",
    "KIND_LABELS",
    "LONGEST_HORIZON",
    "OFFERED_LABELS",
    "OF_PEOPLE",
    "PRIORITY_LABELS",
    "SIGN_LABELS",
    "STATUS_LABELS",
    "UNITS",
    "Appointment",
    "AppointmentChange",
    "AppointmentEquipment",
    "AppointmentQuerySet",
    "AppointmentService",
    "Block",
    "BlockKind",
    "BlockQuerySet",
    "BookingPage",
    "CalendarFeed",
    "CalendarSync",
    "Cancellation",
    "CheckIn",
    "CheckInRules",
    "Claim",
    "CurrentQuerySet",
    "DayHours",
    "EntryState",
    "Equipment",
    "EquipmentKind",
    "ExternalBusy",
    "ExternalCalendar",
    "FreedState",
    "FreedTime",
    "GroupSession",
    "Hold",
    "HoldState",
    "Identity",
    "Kind",
    "Location",
    "Offer",
    "OfferState",
    "Override",
    "Practitioner",
    "PushedVisit",
    "Room",
    "RoomType",
    "Series",
    "SeriesQuerySet",
    "Service",
    "SessionStatus",
    "Shows",
    "Side",
    "SyncedEntry",
    "VisitLink",
    "VitalSign",
    "WaitingEntry",
    "WaitingRules",
    "WaitingService",
    "WaitingWindow",
    "WorkingHours",
    "calendars_shared_by",
]
