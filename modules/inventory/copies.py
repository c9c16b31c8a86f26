"""What the stock puts into the copy that somebody asks for: nothing."""

from __future__ import annotations

from modules.crm.public import Copies, LeftOut

COPIES: Copies = (LeftOut("inventory.Shortage", "That an item was missing for a visit, by its id."),)
