"""Reads that join or compute, by noun."""

from modules.crm.selectors.consents import (
    Standing,
    Unsigned,
    consents_missing,
    kinds_with_texts,
    standing_of,
    text_to_show,
)
from modules.crm.selectors.documents import (
    DocumentFilter,
    documents_of,
    documents_of_visit,
    filtered_documents,
    own_kinds,
)
from modules.crm.selectors.notes import Compared, Trained, Version, colleagues_with_disciplines, compared, versions_of
from modules.crm.selectors.people import (
    Access,
    Colleague,
    Described,
    Reader,
    access_ended,
    access_in_force,
    colleagues_who_treat,
    country_here,
    find_described,
    names_of,
    own_records,
    who_can_see,
)
from modules.crm.selectors.timeline import Stretch, read_timeline, stretch_of, timeline_kinds

__all__ = [
    "Access",
    "Colleague",
    "Compared",
    "Described",
    "DocumentFilter",
    "Reader",
    "Standing",
    "Stretch",
    "Trained",
    "Unsigned",
    "Version",
    "access_ended",
    "access_in_force",
    "colleagues_who_treat",
    "colleagues_with_disciplines",
    "compared",
    "consents_missing",
    "country_here",
    "documents_of",
    "documents_of_visit",
    "filtered_documents",
    "find_described",
    "kinds_with_texts",
    "names_of",
    "own_kinds",
    "own_records",
    "read_timeline",
    "standing_of",
    "stretch_of",
    "text_to_show",
    "timeline_kinds",
    "versions_of",
    "who_can_see",
]
