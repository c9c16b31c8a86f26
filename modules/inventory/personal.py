"""What the stock keeps of a person: nothing."""

from __future__ import annotations

from modules.crm.public import Declared, Nothing

PERSONAL: Declared = (Nothing("inventory.Shortage", "That an item was missing for a visit, by its id."),)
