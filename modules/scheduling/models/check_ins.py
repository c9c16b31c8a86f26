"""What is noted of somebody when they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.scheduling.domain.checklist import Forms, Item
from modules.scheduling.domain.vitals import OF_PEOPLE, Sign
from modules.scheduling.models.appointments import Appointment
from privacy.fields import SealedTextField

SIGN_LABELS = {
    Sign.SYSTOLIC: _("Blood pressure, upper"),
    Sign.DIASTOLIC: _("Blood pressure, lower"),
    Sign.PULSE: _("Pulse"),
    Sign.TEMPERATURE: _("Temperature"),
    Sign.WEIGHT: _("Weight"),
    Sign.HEIGHT: _("Height"),
    Sign.SPO2: _("Oxygen saturation"),
    Sign.RESPIRATION: _("Breaths"),
    Sign.PAIN: _("Pain, 0 to 10"),
}


# As people write what UCUM names.
UNITS: Mapping[str, str | Promise] = {
    "mm[Hg]": "mmHg",
    "/min": _("a minute"),
    "Cel": "°C",
    "{score}": "",
}


ITEM_LABELS = {
    Item.IDENTITY: _("identity"),
    Item.CONSENT: _("signature"),
    Item.FORM: _("form"),
    Item.COMPLAINTS: _("why they come"),
    Item.VITALS: _("measures"),
    Item.PRACTITIONER: _("practitioner"),
}


FORMS_LABELS = {
    Forms.NOTHING: _("They are not mentioned"),
    Forms.WARN: _("It is said on the board and on the visit"),
    Forms.REFUSE: _("Nobody is checked in until theirs is filled in, or taken back"),
}


class Identity(models.TextChoices):
    """How it was made sure who came."""

    UNVERIFIED = "", _("Not checked yet")
    KNOWN = "KNOWN", _("Known here in person")
    ASKED = "ASKED", _("Name and date of birth, asked")
    DOCUMENT = "DOCUMENT", _("An identity document")
    CARD = "CARD", _("An insurance card")
    CHIP = "CHIP", _("A chip or tattoo that was read")


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def findings_visible_to(self, user: Any) -> CheckInQuerySet:
        """Those whose complaints and measures somebody may read: of the visits with themselves, for practitioners."""
        mine = models.Q(appointment__practitioner__user_id=user.pk)
        return narrow(self, user, "scheduling.view_findings", care=mine)


@keeps_history
class CheckIn(models.Model):
    """An arrival: who came, made sure how, and why. Corrections replace; the history keeps what was there."""

    kept_from_the_log = ("complaints",)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="check_in")
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)
    identity = models.CharField(max_length=8, choices=Identity, blank=True, default=Identity.UNVERIFIED)
    complaints = SealedTextField(blank=True)  # why they came, in their words

    objects = CheckInQuerySet.as_manager()

    @property
    def subject_id(self) -> UUID:
        return self.appointment.patient_id


@keeps_history
class VitalSign(models.Model):
    """One measure of an arrival, in the unit of its kind (`domain/vitals.py`)."""

    kept_from_the_log = ("value",)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="vital_signs")
    sign = models.CharField(max_length=12, choices=[(sign.value, label) for sign, label in SIGN_LABELS.items()])
    value = models.DecimalField(max_digits=7, decimal_places=2)
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_in", "sign"], name="vital_sign_once")]

    @property
    def subject_id(self) -> UUID:
        return self.check_in.appointment.patient_id

    @property
    def unit(self) -> Any:
        """The unit as people write it."""
        return UNITS.get(OF_PEOPLE[Sign(self.sign)].unit, OF_PEOPLE[Sign(self.sign)].unit)


class CheckInRules(models.Model):
    """What is asked for when somebody arrives. There is one; without a row, what the vertical asks for."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    identity = models.BooleanField()
    consent = models.BooleanField()
    complaints = models.BooleanField()
    vitals = models.BooleanField()
    practitioner = models.BooleanField()
    forms = models.CharField(
        max_length=7,
        choices=[(each.value, label) for each, label in FORMS_LABELS.items()],
        default=Forms.WARN.value,
        db_default=Forms.WARN.value,
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="check_in_rules_are_one")]

    def __str__(self) -> str:
        return "check-in"
