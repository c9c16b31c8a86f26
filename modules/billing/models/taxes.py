"""The rates of tax of a practice, each in the days in which it holds."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from modules.billing.domain.taxes import Category, Rate

LONGEST_TAX_NAME, LONGEST_TAX_REASON, LONGEST_TAX_CODE = 60, 200, 20
CATEGORY_LABELS = {
    Category.STANDARD: _("Taxed"),
    Category.ZERO: _("Zero rate"),
    Category.EXEMPT: _("Exempt"),
    Category.REVERSE: _("Reverse charge"),
    Category.OUTSIDE: _("Outside the tax"),
}


class TaxRateQuerySet(models.QuerySet["TaxRate"]):
    def kept(self) -> TaxRateQuerySet:
        return self.filter(ended_at=None)


class TaxRate(models.Model):
    """What a rate of tax is from one day until another. It is never edited: a new one begins on a day, and this ends.

    Rows of one name follow one another; the day of a supply decides which of them holds.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=LONGEST_TAX_NAME)
    category = models.CharField(max_length=2, choices=[(each.value, label) for each, label in CATEGORY_LABELS.items()])
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    reason = models.CharField(max_length=LONGEST_TAX_REASON, blank=True)  # what a bill says of why nothing is due
    code = models.CharField(max_length=LONGEST_TAX_CODE, blank=True)  # of the reason, on electronic invoices
    is_usual = models.BooleanField(default=True)  # what whoever says just the percentage means
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)  # the last day
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, editable=False)  # taken back before it ever held

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="tax_rate_once_at_a_time",
                expressions=[
                    (Lower("name"), RangeOperators.EQUAL),
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
            models.CheckConstraint(
                condition=Q(category=Category.STANDARD.value, percent__gt=0, percent__lte=100)
                | ~Q(category=Category.STANDARD.value) & Q(percent=0),
                name="tax_rate_fits_its_category",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="tax_rate_lasts"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def holds_on(self, day: date) -> bool:
        return self.as_value().holds_on(day)

    def as_value(self) -> Rate:
        return Rate(
            name=self.name.lower(),
            category=Category(self.category),
            percent=self.percent,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            is_usual=self.is_usual,
            reason=self.reason,
            code=self.code,
        )


class StampDuty(models.TextChoices):
    """What a practice does about the Italian stamp duty on invoices that bear no value added tax."""

    NONE = "", _("Nothing")
    BORNE = "BORNE", _("We bear it: it is on the bill, at nothing")
    PASSED_ON = "PASSED_ON", _("It is on the bill, to be paid")


class TaxRules(models.Model):
    """What else a practice says about taxes. There is one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    stamp_duty = models.CharField(max_length=9, choices=StampDuty, default=StampDuty.NONE, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="tax_rules_are_one")]
