"""What is done in visits, by the codes of the practice's own list, and what each of it costs."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Now

from history import keeps_history
from kernel.ids import new_id
from kernel.money import Money

LONGEST_CODE, LONGEST_NAME, LONGEST_UNIT = 20, 120, 30


class TreatmentCodeQuerySet(models.QuerySet["TreatmentCode"]):
    def kept(self) -> TreatmentCodeQuerySet:
        return self.filter(ended_at=None)

    def valid_on(self, day: date) -> TreatmentCodeQuerySet:
        return self.kept().filter(Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day)


@keeps_history
class TreatmentCode(models.Model):
    """A line of the price list: what is done, per what, for how much, and from which day until which.

    One code means one thing on a day; a price to come is a row of its own that begins when this one ends. What was
    done has copied what it needs, so a change here changes no bill.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=LONGEST_CODE)
    name = models.CharField(max_length=LONGEST_NAME)
    unit = models.CharField(max_length=LONGEST_UNIT)  # what one of it is: a session, 15 minutes
    price_minor = models.BigIntegerField()  # of one unit, tax included
    currency = models.CharField(max_length=3, editable=False)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)  # per cent
    service = models.ForeignKey("scheduling.Service", models.PROTECT, null=True, related_name="+")  # usual in it
    is_included = models.BooleanField(default=False)  # in the price of the visit: shown on its bill, at nothing
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)  # the last day
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = TreatmentCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="treatment_code_once_at_a_time",
                expressions=[
                    (Lower("code"), RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_until"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="treatment_code_price_not_negative"),
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0, tax_rate__lte=100), name="treatment_code_tax_is_a_rate"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="treatment_code_lasts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)


class TreatmentQuerySet(models.QuerySet["Treatment"]):
    def of_visit(self, appointment_id: UUID) -> TreatmentQuerySet:
        return self.filter(appointment=appointment_id).order_by("noted_at", "pk")

    def not_billed(self) -> TreatmentQuerySet:
        """Those that cost something and are on no invoice, not even a draft."""
        return self.filter(line=None, is_included=False, price_minor__gt=0)


@keeps_history
class Treatment(models.Model):
    """What was done in a visit, as its note says: the code, its name and its price as they were then.

    It is on one line of one invoice. While its note is not signed and that invoice not issued, it may change.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    appointment = models.ForeignKey("scheduling.Appointment", models.PROTECT, related_name="+")
    treatment_code = models.ForeignKey(TreatmentCode, models.PROTECT, related_name="+")
    code = models.CharField(max_length=LONGEST_CODE)
    name = models.CharField(max_length=LONGEST_NAME)
    unit = models.CharField(max_length=LONGEST_UNIT)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    is_included = models.BooleanField()
    noted_at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)

    objects = TreatmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="treatment_of_something"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="treatment_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject_id(self) -> UUID:
        """To whom it was done, for the audit log."""
        return self.appointment.patient_id

    @property
    def unit_price(self) -> Money:
        """What one of it costs on the bill."""
        return Money(0 if self.is_included else self.price_minor, self.currency)

    @property
    def amount(self) -> Money:
        return self.unit_price.times(self.quantity)

    @property
    def invoice(self) -> Any:
        """Return the invoice that it is on, if it is on one."""
        return self.line.invoice if hasattr(self, "line") else None
