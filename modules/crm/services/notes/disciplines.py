"""Whose discipline is which: notes may be closed to all others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from access.models import Member
from audit import recording as audit
from kernel.errors import Invalid, NotFound
from modules.crm.models import Discipline, StaffDiscipline
from modules.crm.models.notes import LONGEST_NAME
from modules.crm.selectors import colleagues_who_treat


class NoSuchColleague(NotFound):
    code = "colleague-unknown"


class DisciplineInvalid(Invalid):
    code = "discipline-invalid"


@transaction.atomic
def set_disciplines(*, names: Mapping[UUID, str], by: Any) -> None:
    """Say for each of these members what they are trained in: all, or in case of a mistake none."""
    for member_id, name in names.items():
        set_discipline(member_id=member_id, name=name, by=by)


@transaction.atomic
def set_discipline(*, member_id: UUID, name: str, by: Any) -> None:
    """Say what a colleague is trained in; nothing takes it back. Notes stay with the discipline they were written in.

    Raises `NoSuchColleague` or `DisciplineInvalid`.
    """
    colleague = next((each for each in colleagues_who_treat() if each.member_id == member_id), None)
    if colleague is None:
        raise NoSuchColleague(_("There is no such colleague."))
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME:
        sentence = _("A discipline has at most 60 letters.")
        raise DisciplineInvalid(sentence, fields={"discipline": [sentence]})
    member = Member.objects.get(pk=member_id)
    present = StaffDiscipline.objects.filter(user_id=colleague.user_id).select_related("discipline").first()
    before = present.discipline.name if present else ""
    if before == name:
        return
    if name:
        discipline = Discipline.objects.filter(name__iexact=name).first() or Discipline.objects.create(name=name)
        StaffDiscipline.objects.update_or_create(user_id=colleague.user_id, defaults={"discipline": discipline})
    else:
        StaffDiscipline.objects.filter(user_id=colleague.user_id).delete()
    audit.record(action="crm.discipline.set", of=member, by=by, changes={"discipline": (before, name)})
