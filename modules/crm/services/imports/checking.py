"""Look what would become of each row: nobody is registered or changed by that."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from modules.crm.models import ImportedRow, ImportState, Outcome, PeopleImport, Rule
from modules.crm.services.imports.beginning import ImportRefused, at_step
from modules.crm.services.imports.progress import reporter
from modules.crm.services.imports.working import look_at_all, work_on


def check_rows(*, import_id: UUID, at: datetime) -> None:
    """Find out of every row whether it can be imported, and whom it is about. Call outside of a transaction."""

    def check(imported: PeopleImport, by: object) -> None:
        ImportedRow.objects.filter(imported=imported).update(decision="")
        report = reporter(imported=imported, total=imported.total)
        imported.counts = dict(look_at_all(imported, by=by, on=at.date(), report=report))
        imported.state = ImportState.CHECKED
        imported.save(update_fields=["counts", "state"])

    work_on(import_id, at=ImportState.CHECKING, else_at=ImportState.MAPPING, work=check)


@transaction.atomic
def set_rule(*, imported: PeopleImport, rule: str) -> PeopleImport:
    """Say what becomes of those who are known. Raises `ImportRefused` or `NotNow`."""
    locked = at_step(imported, ImportState.CHECKED)
    locked.rule = _checked(rule)
    locked.save(update_fields=["rule"])
    return locked


@transaction.atomic
def decide_row(*, imported: PeopleImport, row_id: UUID, decision: str) -> ImportedRow:
    """Say what becomes of one row that is about somebody known, or stands there twice; "" leaves it to the rule.

    Raises `ImportRefused` or `NotNow`.
    """
    locked = at_step(imported, ImportState.CHECKED)
    row = ImportedRow.objects.filter(imported=locked, pk=row_id).first()
    if row is None or row.outcome not in (Outcome.KNOWN, Outcome.TWICE):
        raise _refused("decision", _("There is nothing to decide about this row."))
    row.decision = _checked(decision) if decision else ""
    if row.matched_id is None and row.decision in (Rule.FILL, Rule.OVERWRITE):
        raise _refused("decision", _("There is nobody here whom this row could change."))
    row.save(update_fields=["decision"])
    return row


def _checked(rule: str) -> str:
    if rule not in Rule.values:
        raise _refused("rule", _("Choose what becomes of those who are known."))
    return rule


def _refused(field: str, sentence: str) -> ImportRefused:
    return ImportRefused(sentence, fields={field: [sentence]})
