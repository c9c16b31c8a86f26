"""The short lists that are ours: what people come with, in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.locking import lock_row
from modules.crm.models import CodeList, CodeSystem
from modules.crm.services.codes.loading import put_in_place
from modules.crm.services.codes.sending import CodeListRefused, ListDetails, system_for
from modules.crm.services.codes.starters import STARTERS, VERSION


@transaction.atomic
def load_starter(*, vertical: str, by: Any, at: datetime) -> CodeList:
    """Use our own list of a vertical, in the language that is in force. Raises `CodeListRefused` if there is none."""
    starter = STARTERS.get(vertical)
    if starter is None:
        raise CodeListRefused(_("There is no list of ours for a business of this kind."))
    system = system_for(ListDetails(name=str(starter.name), uri=starter.uri, version=VERSION), by=by)
    locked = lock_row(CodeSystem.objects.all(), system.pk)
    who = {"by_id": by.pk, "by_name": str(by)}
    entries = starter.entries()
    code_list = CodeList.objects.create(
        system=locked, version=VERSION, name=str(starter.name), created_at=at, counts={"total": len(entries)}, **who
    )
    put_in_place(code_list=code_list, entries=entries, by=by, at=at)
    audit.record(action="crm.codelist.loaded", of=code_list, by=by, changes={"codes": (None, len(entries))})
    return code_list
