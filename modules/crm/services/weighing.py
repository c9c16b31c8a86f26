"""Weigh animals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid, NotAllowed
from modules.crm.domain.weights import NotAWeight, read_weight
from modules.crm.models import Patient, Weight


class WeightInvalid(Invalid):
    code = "weight-invalid"


class NotTheirsToWeigh(NotAllowed):
    code = "weight-not-allowed"


@transaction.atomic
def weigh(*, patient: Patient, weight: str, measured_at: datetime | None, by: Any, at: datetime) -> Weight:
    """Note what an animal weighs, as typed ("4.2", "850 g"). Raises `WeightInvalid` or `NotTheirsToWeigh`."""
    _check(patient, by=by)
    if not patient.is_animal:
        raise WeightInvalid(_("Weights are kept of animals. A person's goes into the measures of a visit."))
    when = measured_at or at
    try:
        grams = read_weight(weight)
    except NotAWeight:
        raise _refused("weight", _("Write a weight such as 4.2 kg or 850 g.")) from None
    if when > at:
        raise _refused("measured_at", _("This moment is still to come."))
    row = Weight.objects.create(patient=patient, grams=grams, measured_at=when, by_id=by.pk, by_name=str(by))
    audit.record(action="crm.weight.noted", of=row, by=by, changes=audit.created(row, ["grams", "measured_at"]))
    return row


@transaction.atomic
def strike_weight(*, weight: Weight, by: Any) -> None:
    """Take a weight that was mistyped off the curve. Raises `NotTheirsToWeigh`."""
    _check(weight.patient, by=by)
    audit.record(action="crm.weight.struck", of=weight, by=by, changes={"grams": (weight.grams, None)})
    weight.delete()


def _check(patient: Patient, *, by: Any) -> None:
    if not by.has_perm("crm.change_patient", patient):
        raise NotTheirsToWeigh(_("Your role does not allow changing this record."))


def _refused(field: str, sentence: str) -> WeightInvalid:
    return WeightInvalid(sentence, fields={field: [sentence]})
