"""Read the file of a code list, by a process that has nothing to lose."""

from __future__ import annotations

import json

from filestore.storage import read_file
from modules.crm.domain.codes.entries import Entries, read_entries
from modules.crm.domain.imports.tables import Row
from modules.crm.models import CodeList
from modules.crm.models.codes import LONGEST_CODE, LONGEST_DISPLAY
from modules.crm.services.imports.reading import NotATable, opened

MOST_CODES = 200_000


def entries_of(code_list: CodeList) -> Entries:
    """Return what is in its file. Raises `NotATable` or `NoColumns`."""
    if code_list.file is None:
        raise NotATable("empty")
    with opened(read_file(code_list.file), most_rows=MOST_CODES) as told:
        about = json.loads(told.readline())
        if "problem" in about:
            raise NotATable(about["problem"])
        rows = (Row(*json.loads(line)) for line in told)
        return read_entries(about["headers"], rows, longest_code=LONGEST_CODE, longest_display=LONGEST_DISPLAY)
