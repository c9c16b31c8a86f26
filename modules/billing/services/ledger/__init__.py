"""The books: what is entered when something happens, and what is found when they are checked."""

from modules.billing.services.ledger.catching_up import catch_up
from modules.billing.services.ledger.drawers import enter_cash_move, enter_difference
from modules.billing.services.ledger.entering import (
    enter_credit_given,
    enter_credit_taken,
    enter_deposit,
    enter_issue,
    enter_package_end,
    enter_payment,
    enter_refund,
    enter_refund_back,
    enter_session,
    enter_write_off,
)

__all__ = [
    "catch_up",
    "enter_cash_move",
    "enter_credit_given",
    "enter_credit_taken",
    "enter_deposit",
    "enter_difference",
    "enter_issue",
    "enter_package_end",
    "enter_payment",
    "enter_refund",
    "enter_refund_back",
    "enter_session",
    "enter_write_off",
]
