"""Everything that changes an invoice, by family of verbs."""

from modules.billing.services.accounts import ensure_account, link_to_set_up, refresh_account
from modules.billing.services.calling_off import PackageInUse
from modules.billing.services.checkout import (
    close_outdated_checkouts,
    look_again,
    open_checkout_for,
    reconcile,
    settle_checkout,
)
from modules.billing.services.deposit_rules import (
    DepositsNeedCards,
    WishedRule,
    cards_are_ready,
    remove_rule,
    set_rule,
)
from modules.billing.services.deposits import (
    DepositIsOver,
    NothingLeft,
    Outcome,
    close_unpaid,
    settle_deposit,
    waive_deposit,
)
from modules.billing.services.drafting import (
    AlreadyInvoiced,
    DepositDue,
    UnknownPatient,
    WishedLine,
    WrongPatient,
    draft_after_visit,
    draft_invoice_by_hand,
    draft_invoice_for_visit,
    void_draft,
)
from modules.billing.services.issuing import issue_invoice, make_document, mark_overdue
from modules.billing.services.letterhead import LetterheadDetails, set_letterhead
from modules.billing.services.links import (
    LinkNotGood,
    NoAddress,
    NotPayable,
    invoice_behind,
    pay_url,
    payment_link,
    send_again,
)
from modules.billing.services.offering import (
    PackageDetails,
    PackageEnded,
    PackageNotValid,
    RulesOfPackages,
    add_package,
    change_package,
    end_package,
    rules_of_packages,
    set_rules_of_packages,
)
from modules.billing.services.paying import NothingToPay, TooMuch, record_payment
from modules.billing.services.selling import sell_package

__all__ = [
    "AlreadyInvoiced",
    "DepositDue",
    "DepositIsOver",
    "DepositsNeedCards",
    "LetterheadDetails",
    "LinkNotGood",
    "NoAddress",
    "NotPayable",
    "NothingLeft",
    "NothingToPay",
    "Outcome",
    "PackageDetails",
    "PackageEnded",
    "PackageInUse",
    "PackageNotValid",
    "RulesOfPackages",
    "TooMuch",
    "UnknownPatient",
    "WishedLine",
    "WishedRule",
    "WrongPatient",
    "add_package",
    "cards_are_ready",
    "change_package",
    "close_outdated_checkouts",
    "close_unpaid",
    "draft_after_visit",
    "draft_invoice_by_hand",
    "draft_invoice_for_visit",
    "end_package",
    "ensure_account",
    "invoice_behind",
    "issue_invoice",
    "link_to_set_up",
    "look_again",
    "make_document",
    "mark_overdue",
    "open_checkout_for",
    "pay_url",
    "payment_link",
    "reconcile",
    "record_payment",
    "refresh_account",
    "remove_rule",
    "rules_of_packages",
    "sell_package",
    "send_again",
    "set_letterhead",
    "set_rule",
    "set_rules_of_packages",
    "settle_checkout",
    "settle_deposit",
    "void_draft",
    "waive_deposit",
]
