"""Hand somebody a phone or a tablet with the form that they were asked for, here and now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, NotAllowed
from modules.crm.models import AskedForm, FilledForm
from modules.crm.services.questionnaires.asking import FormDone, locked_form, secret_of

GOOD_FOR = timedelta(days=1)  # at least: a link that ran out opens once more


class FormBegun(Conflict):
    """What they wrote is theirs until they send it: nobody else opens it."""

    code = "form-begun"


@transaction.atomic
def hand_over_form(*, asked: AskedForm, by: Any, at: datetime) -> str:
    """Return the address at which it is filled in on the device that is handed over.

    What somebody began at home opens here only to whoever may read what is answered. Raises `NotAllowed`, `FormDone`
    or `FormBegun`.
    """
    if not by.has_perm("crm.ask_form", asked.patient):
        raise NotAllowed(_("Your role does not allow this for this record."))
    asked = locked_form(asked.pk)
    if not asked.is_waiting:
        raise FormDone(_("It has been filled in meanwhile, or taken back."))
    answered = FilledForm(patient=asked.patient, version=asked.version)
    if asked.draft is not None and not by.has_perm("crm.read_answers", answered):
        raise FormBegun(_("They have begun it, and what they wrote is theirs: they go on by their mail or the portal."))
    asked.until = max(asked.until, at + GOOD_FOR)
    asked.save(update_fields=["until"])
    audit.record(action="crm.askedform.handed_over", of=asked, by=by)
    return reverse("crm:fill_form", args=[secret_of(asked.pk)])
