"""Somebody is erased: what the law has kept stays until its day, and everything else goes."""

from modules.crm.services.erasing.closing import CannotErase, ErasedOtherwise, erase_person, hindrances, plan_here
from modules.crm.services.erasing.going import carry_out, due_erasures, erase_again, remove_files
from modules.crm.services.erasing.planning import Fate, Line, Plan, key_of, plan_of
from modules.crm.services.erasing.scope import People, people_of_client, people_with, personal
from modules.crm.services.erasing.terms import Terms, set_years, terms_here

__all__ = [
    "CannotErase",
    "ErasedOtherwise",
    "Fate",
    "Line",
    "People",
    "Plan",
    "Terms",
    "carry_out",
    "due_erasures",
    "erase_again",
    "erase_person",
    "hindrances",
    "key_of",
    "people_of_client",
    "people_with",
    "personal",
    "plan_here",
    "plan_of",
    "remove_files",
    "set_years",
    "terms_here",
]
