"""What the stock keeps of a person: what was used on them, as their notes say. The moves carry nobody."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from modules.crm.public import Declared, Nothing, Personal, Term

PERSONAL: Declared = (
    Personal(
        model="inventory.UsedMaterial",
        label=_("Materials used, as their notes say"),
        patient=("note__patient_id",),
        term=Term.CLINICAL,
        day="at",
    ),
    Personal(
        model="inventory.MaterialTakenBack",
        label=_("Materials that were not used after all"),
        patient=("material__note__patient_id",),
        term=Term.CLINICAL,
    ),
    Nothing("inventory.Shortage", "That an item was missing for a visit or a note, by its id."),
)
