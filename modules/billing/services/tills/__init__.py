"""Cash sessions: drawers and their rules, opening, closing, what goes in and out, and which one cash goes through."""

from modules.billing.services.tills.closing import NotCounted, close_session, count_till
from modules.billing.services.tills.keeping import (
    TillBusy,
    TillDetails,
    TillInvalid,
    TillNameTaken,
    add_till,
    change_till,
    set_till_rules,
)
from modules.billing.services.tills.moving import CashMoveInvalid, TillClosed, move_cash
from modules.billing.services.tills.opening import CountInvalid, TillNotOpened, open_session
from modules.billing.services.tills.taking import Drawers, TillNeeded, TillUnknown, drawers_for, drawers_of_payment

__all__ = [
    "CashMoveInvalid",
    "CountInvalid",
    "Drawers",
    "NotCounted",
    "TillBusy",
    "TillClosed",
    "TillDetails",
    "TillInvalid",
    "TillNameTaken",
    "TillNeeded",
    "TillNotOpened",
    "TillUnknown",
    "add_till",
    "change_till",
    "close_session",
    "count_till",
    "drawers_for",
    "drawers_of_payment",
    "move_cash",
    "open_session",
    "set_till_rules",
]
