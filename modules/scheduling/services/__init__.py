"""Everything that changes a calendar, by family of verbs."""

from modules.scheduling.services.groups.changing import (
    ChangedGroup,
    GroupsChange,
    GroupsInTheWay,
    GroupsPlan,
    cancel_groups,
    change_groups,
    groups_in,
    plan_groups_change,
)
from modules.scheduling.services.groups.joining import GroupFull, PatientBusy, change_to_group, join_group
from modules.scheduling.services.groups.making import (
    GroupChange,
    GroupChanged,
    GroupWish,
    SomebodyCannot,
    cancel_group,
    change_group,
    coming_to,
    create_group,
)
from modules.scheduling.services.groups.series import GroupsTaken, PlannedGroup, create_groups, plan_groups
from modules.scheduling.services.placing.clashes import NobodyIsFree, SlotTaken
from modules.scheduling.services.series.booking import Chosen, SeriesTaken, book_series
from modules.scheduling.services.series.changing import (
    Scope,
    SeriesChange,
    SeriesChanged,
    cancel_series,
    change_series,
    plan_change,
    visits_in,
)
from modules.scheduling.services.series.courses import CoursePlan, CourseWish, book_course, plan_course
from modules.scheduling.services.series.planning import PlannedVisit, SeriesWish, plan_series
from modules.scheduling.services.visits.arrivals import Arrival, NotArriving, note_arrival
from modules.scheduling.services.visits.booking import book_appointment
from modules.scheduling.services.visits.cancelling import CallOff
from modules.scheduling.services.visits.moving import Move, NotMovable, move_appointment, services_of
from modules.scheduling.services.visits.notice import NoticeTooShort, check_notice
from modules.scheduling.services.visits.provisional import NotWaiting, accept_request, decline_request, lapse
from modules.scheduling.services.visits.steps import (
    StatusNotAllowed,
    begin_note,
    cancel_appointment,
    save_note,
    set_status,
    sign_note,
)
from modules.scheduling.services.visits.telling import Tell
from modules.scheduling.services.visits.versions import ChangedMeanwhile
from modules.scheduling.services.visits.visitors import Visitor
from modules.scheduling.services.visits.wishes import CannotBook, Wish
from modules.scheduling.services.waiting.accepting import BusyThen, accept_offer
from modules.scheduling.services.waiting.changing import EntryChanged, change_entry
from modules.scheduling.services.waiting.entries import (
    AlreadyWaiting,
    CannotWait,
    EntryIsOver,
    Hours,
    Wait,
    add_entry,
    prioritise_entry,
)
from modules.scheduling.services.waiting.offering import (
    Chance,
    HasAnOffer,
    OfferIsOver,
    TooLateToOffer,
    decline_offer,
    make_offer,
    withdraw_entry,
    withdraw_offer,
)

__all__ = [
    "AlreadyWaiting",
    "Arrival",
    "BusyThen",
    "CallOff",
    "CannotBook",
    "CannotWait",
    "Chance",
    "ChangedGroup",
    "ChangedMeanwhile",
    "Chosen",
    "CoursePlan",
    "CourseWish",
    "EntryChanged",
    "EntryIsOver",
    "GroupChange",
    "GroupChanged",
    "GroupFull",
    "GroupWish",
    "GroupsChange",
    "GroupsInTheWay",
    "GroupsPlan",
    "GroupsTaken",
    "HasAnOffer",
    "Hours",
    "Move",
    "NobodyIsFree",
    "NotArriving",
    "NotMovable",
    "NotWaiting",
    "NoticeTooShort",
    "OfferIsOver",
    "PatientBusy",
    "PlannedGroup",
    "PlannedVisit",
    "Scope",
    "SeriesChange",
    "SeriesChanged",
    "SeriesTaken",
    "SeriesWish",
    "SlotTaken",
    "SomebodyCannot",
    "StatusNotAllowed",
    "Tell",
    "TooLateToOffer",
    "Visitor",
    "Wait",
    "Wish",
    "accept_offer",
    "accept_request",
    "add_entry",
    "begin_note",
    "book_appointment",
    "book_course",
    "book_series",
    "cancel_appointment",
    "cancel_group",
    "cancel_groups",
    "cancel_series",
    "change_entry",
    "change_group",
    "change_groups",
    "change_series",
    "change_to_group",
    "check_notice",
    "coming_to",
    "create_group",
    "create_groups",
    "decline_offer",
    "decline_request",
    "groups_in",
    "join_group",
    "lapse",
    "make_offer",
    "move_appointment",
    "note_arrival",
    "plan_change",
    "plan_course",
    "plan_groups",
    "plan_groups_change",
    "plan_series",
    "prioritise_entry",
    "save_note",
    "services_of",
    "set_status",
    "sign_note",
    "visits_in",
    "withdraw_entry",
    "withdraw_offer",
]
