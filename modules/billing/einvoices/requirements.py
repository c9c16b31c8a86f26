"""What every format needs of who sends, of who gets it, and of the lines."""

from __future__ import annotations

from django.utils.translation import gettext as _

from modules.billing.einvoices.port import Bill


def lacking_of(bill: Bill) -> dict[str, str]:
    """Return what is empty and must not be: the name of each, and what people call it."""
    seller, buyer = bill.seller, bill.buyer
    needed = {
        "seller.name": (seller.name, _("your name")),
        "seller.street": (seller.street, _("your street")),
        "seller.postal_code": (seller.postal_code, _("your postal code")),
        "seller.city": (seller.city, _("your town")),
        "seller.country": (seller.country, _("your country")),
        "buyer.name": (buyer.name, _("the client's name")),
        "buyer.street": (buyer.street, _("the client's street")),
        "buyer.postal_code": (buyer.postal_code, _("the client's postal code")),
        "buyer.city": (buyer.city, _("the client's town")),
        "buyer.country": (buyer.country, _("the client's country")),
    }
    lacking = {name: words for name, (value, words) in needed.items() if not value.strip()}
    if not all(line.description.strip() for line in bill.lines):
        lacking["lines.description"] = _("what a line is for")
    return lacking
