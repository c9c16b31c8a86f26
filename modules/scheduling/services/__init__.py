"""Everything that changes a calendar, by family of verbs."""

from modules.scheduling.services.booking import CannotBook, Wish, book_appointment, move_appointment
from modules.scheduling.services.clashes import NobodyIsFree, SlotTaken
from modules.scheduling.services.notice import NoticeTooShort, check_notice
from modules.scheduling.services.visits import StatusNotAllowed, cancel_appointment, save_note, set_status, sign_note

__all__ = [
    "CannotBook",
    "NobodyIsFree",
    "NoticeTooShort",
    "SlotTaken",
    "StatusNotAllowed",
    "Wish",
    "book_appointment",
    "cancel_appointment",
    "check_notice",
    "move_appointment",
    "save_note",
    "set_status",
    "sign_note",
]
