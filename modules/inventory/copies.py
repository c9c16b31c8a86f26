"""What the stock puts into the copy that somebody asks for: nothing."""

from __future__ import annotations

from modules.crm.public import Copies, LeftOut

COPIES: Copies = (
    LeftOut("inventory.Shortage", "That an item was missing for a visit or a note, by its id."),
    LeftOut("inventory.UsedMaterial", "What was used on somebody. Ask the practice, which gives it in person."),
    LeftOut("inventory.MaterialTakenBack", "That something was not used after all."),
)
