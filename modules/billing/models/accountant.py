"""What the accountant calls our accounts, and by which numbers they know the practice."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from modules.billing.domain.charts import Chart, Key, key_of

SHORTEST_NUMBER, LONGEST_NUMBER = 4, 8
CHART_LABELS = {Chart.OWN: _("Our own"), Chart.SKR03: "SKR03", Chart.SKR04: "SKR04"}


class AccountantRules(models.Model):
    """By which numbers the accountant knows the practice, and when its fiscal year begins. There is one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    chart = models.CharField(max_length=2, blank=True, default="")
    consultant = models.PositiveIntegerField(null=True)
    client = models.PositiveIntegerField(null=True)
    first_month = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(12)])
    account_length = models.PositiveSmallIntegerField(default=SHORTEST_NUMBER)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="accountant_rules_are_one"),
            models.CheckConstraint(condition=Q(first_month__range=(1, 12)), name="fiscal_year_begins_in_a_month"),
            models.CheckConstraint(
                condition=Q(account_length__range=(SHORTEST_NUMBER, LONGEST_NUMBER)), name="account_numbers_of_a_length"
            ),
        ]


class AccountNumber(models.Model):
    """What one of our accounts is in the practice's chart; sales and tax have one for each rate."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.CharField(max_length=12)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    number = models.CharField(max_length=9)
    is_automatic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "tax_rate"], nulls_distinct=False, name="account_has_one_number"
            ),
            models.CheckConstraint(condition=Q(number__regex=r"^[0-9]+$"), name="account_number_is_digits"),
        ]

    @property
    def key(self) -> Key:
        return key_of(self.account, self.tax_rate)
