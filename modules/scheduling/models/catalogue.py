"""What can be booked."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from kernel.ids import new_id
from kernel.money import Money
from modules.scheduling.models.people import Practitioner
from modules.scheduling.models.places import CurrentQuerySet, Room


class Service(models.Model):
    """What can be booked: how long, for how much, by whom, where. Times in minutes, money in minor units."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    duration = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(720)])
    buffer_before = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    buffer_after = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    price_minor = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, editable=False)
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    category = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(8)])
    needs_room = models.BooleanField(default=True)
    bookable_online = models.BooleanField(default=True)
    practitioners = models.ManyToManyField(Practitioner, related_name="services")
    rooms = models.ManyToManyField(Room, related_name="services", blank=True)  # none named: any will do
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(duration__gte=5), name="service_takes_time"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="service_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)
