"""Two or more records become one, and two again if it was wrong."""

from modules.crm.services.merging.choosing import Difference, Option
from modules.crm.services.merging.following import follow_merges, forget_old_merges
from modules.crm.services.merging.joining import CannotMerge, ChangedSince, merge_clients, merge_patients
from modules.crm.services.merging.planning import (
    Held,
    NotToMerge,
    Plan,
    Records,
    choosable,
    plan_of_clients,
    plan_of_patients,
)
from modules.crm.services.merging.undoing import CannotUndo, Undoing, plan_undo, undo_merge

__all__ = [
    "CannotMerge",
    "CannotUndo",
    "ChangedSince",
    "Difference",
    "Held",
    "NotToMerge",
    "Option",
    "Plan",
    "Records",
    "Undoing",
    "choosable",
    "follow_merges",
    "forget_old_merges",
    "merge_clients",
    "merge_patients",
    "plan_of_clients",
    "plan_of_patients",
    "plan_undo",
    "undo_merge",
]
