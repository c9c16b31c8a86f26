"""Who looked at what is kept about somebody, told to that person."""

from __future__ import annotations

from typing import Any

from audit import recording as audit
from audit.reading import looks_at
from modules.crm.models import Patient
from modules.crm.selectors import own_records
from tenants.activity.selecting import Place
from tenants.activity.telling import Shown, read_page


def read_looks(*, by: Any, after: Place | None) -> Shown:
    """Return a page of who else looked at an account's own records, or at those of whom it looks after; and record
    that it was read. Of a list only these people are named, and nothing is said of the others in it.
    """
    patients, subjects = own_records(by)
    shown = read_page(looks_at(subjects, by_others_than=by.pk), after=after, reader=by, among=subjects)
    audit.listed(what=Patient, subjects=patients, by=by, how="viewed_log")
    return shown
