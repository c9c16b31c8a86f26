"""What the mails about the stock say, composed when they are sent. None: the reason for the mail has gone."""

from __future__ import annotations

from django.utils.translation import gettext as _

from access.models import Member
from kernel.numbers import plain
from modules.inventory.domain.units import amount
from modules.inventory.models import Item
from notify.sending import Composed


def compose_low_stock(*, item_id: str, member_id: str) -> Composed | None:
    """Write that an item runs low, unless it has been restocked meanwhile."""
    item = Item.objects.current().filter(pk=item_id).first()
    owner = Member.objects.current().filter(pk=member_id).first()
    if item is None or owner is None or not item.is_low:
        return None
    left = amount(item.on_hand, item.unit)
    return Composed(
        to=owner.email,
        subject=_("%(item)s: %(left)s left") % {"item": item.name, "left": left},
        template="inventory/low_stock",
        context={"item": item, "left": left, "reorder_point": plain(item.reorder_point), "owner": owner},
    )
