"""Take people over from a file: read it, say what its columns are, look what would become of each row, import it whole,
undo it whole."""

from modules.crm.services.imports.applying import apply_import, begin_import
from modules.crm.services.imports.beginning import (
    FILES,
    ImportRefused,
    NotNow,
    discard_import,
    earlier_import_of,
    forget_copies,
    forget_rows,
    read_again,
    start_import,
)
from modules.crm.services.imports.checking import check_rows, decide_row, set_rule
from modules.crm.services.imports.labels import labels_for
from modules.crm.services.imports.mapping import Mapping, choose_columns, suggested
from modules.crm.services.imports.progress import check_progress
from modules.crm.services.imports.reading import read_rows
from modules.crm.services.imports.undoing import begin_undoing, undo_import
from modules.crm.services.imports.working import give_up_step

__all__ = [
    "FILES",
    "ImportRefused",
    "Mapping",
    "NotNow",
    "apply_import",
    "begin_import",
    "begin_undoing",
    "check_progress",
    "check_rows",
    "choose_columns",
    "decide_row",
    "discard_import",
    "earlier_import_of",
    "forget_copies",
    "forget_rows",
    "give_up_step",
    "labels_for",
    "read_again",
    "read_rows",
    "set_rule",
    "start_import",
    "suggested",
    "undo_import",
]
