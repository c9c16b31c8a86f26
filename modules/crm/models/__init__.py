"""Whom the practice looks after, what is written about them, and what they agreed to."""

from modules.crm.models.consents import (
    WAY_LABELS,
    Consent,
    ConsentKind,
    ConsentText,
    Decision,
    Purpose,
    Relation,
    Way,
)
from modules.crm.models.documents import (
    OPENABLE,
    Document,
    DocumentKind,
    DocumentVersion,
    Paper,
    ScanState,
    Visibility,
)
from modules.crm.models.episodes import EPISODE_LABELS, EpisodeOfCare
from modules.crm.models.involvements import Involvement, InvolvementRole
from modules.crm.models.note_setup import NoteTemplate, NoteTemplateVersion, Phrase, Section
from modules.crm.models.notes import HEADINGS, Discipline, Level, Note, NoteAmendment, NoteDraft, StaffDiscipline
from modules.crm.models.people import (
    CARE,
    EMERGENCY,
    KINDS,
    READING,
    SHARED,
    Client,
    Gender,
    Patient,
    PatientGrant,
    read_by,
)
from modules.crm.models.search import MOST, SearchKey
from modules.crm.models.weights import Weight

__all__ = [
    "CARE",
    "EMERGENCY",
    "EPISODE_LABELS",
    "HEADINGS",
    "KINDS",
    "MOST",
    "OPENABLE",
    "READING",
    "SHARED",
    "WAY_LABELS",
    "Client",
    "Consent",
    "ConsentKind",
    "ConsentText",
    "Decision",
    "Discipline",
    "Document",
    "DocumentKind",
    "DocumentVersion",
    "EpisodeOfCare",
    "Gender",
    "Involvement",
    "InvolvementRole",
    "Level",
    "Note",
    "NoteAmendment",
    "NoteDraft",
    "NoteTemplate",
    "NoteTemplateVersion",
    "Paper",
    "Patient",
    "PatientGrant",
    "Phrase",
    "Purpose",
    "Relation",
    "ScanState",
    "SearchKey",
    "Section",
    "StaffDiscipline",
    "Visibility",
    "Way",
    "Weight",
    "read_by",
]
