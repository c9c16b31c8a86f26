"""Everything that changes a calendar, by family of verbs."""

from modules.scheduling.services.booking import book_appointment
from modules.scheduling.services.cancelling import CallOff
from modules.scheduling.services.clashes import NobodyIsFree, SlotTaken
from modules.scheduling.services.moving import Move, NotMovable, move_appointment
from modules.scheduling.services.notice import NoticeTooShort, check_notice
from modules.scheduling.services.provisional import NotWaiting, accept_request, decline_request
from modules.scheduling.services.telling import Tell
from modules.scheduling.services.versions import ChangedMeanwhile
from modules.scheduling.services.visitors import Visitor
from modules.scheduling.services.visits import StatusNotAllowed, cancel_appointment, save_note, set_status, sign_note
from modules.scheduling.services.wishes import CannotBook, Wish

__all__ = [
    "CallOff",
    "CannotBook",
    "ChangedMeanwhile",
    "Move",
    "NobodyIsFree",
    "NotMovable",
    "NotWaiting",
    "NoticeTooShort",
    "SlotTaken",
    "StatusNotAllowed",
    "Tell",
    "Visitor",
    "Wish",
    "accept_request",
    "book_appointment",
    "cancel_appointment",
    "check_notice",
    "decline_request",
    "move_appointment",
    "save_note",
    "set_status",
    "sign_note",
]
