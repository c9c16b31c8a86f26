"""What every invoice bears: who sends it, and the next number."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.lasting import Lasts


class Letterhead(models.Model):
    """What stands at the head of every invoice. There is one; invoices copy it when they are issued."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=120)
    address = models.TextField(max_length=400, blank=True)  # one line of it per line
    tax_number = models.CharField(max_length=40, blank=True)
    days_to_pay = models.PositiveSmallIntegerField(default=14)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="letterhead_is_one")]


class NumberSeries(models.Model):
    """The next number of a year. Its row stays locked until whoever takes one has committed: so none is ever lost."""

    year = models.PositiveSmallIntegerField(unique=True)
    next = models.PositiveIntegerField(default=1)
    last_on = models.DateField(null=True)  # a later number never bears an earlier date

    when_restored = Lasts(by="year")  # rather a gap than a number that two invoices bear
