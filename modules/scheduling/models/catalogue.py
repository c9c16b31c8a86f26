"""What can be booked."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from kernel.money import Money
from modules.scheduling.domain.hours import Audience, Offered
from modules.scheduling.models.people import OFFERED_CHOICES, Practitioner
from modules.scheduling.models.places import CurrentQuerySet, EquipmentKind, Room, RoomType

AUDIENCE_LABELS = {
    Audience.ANY: _("Everybody"),
    Audience.NEW: _("New patients only"),
    Audience.KNOWN: _("Known patients only"),
}
LONGEST_HORIZON = 730  # days
USUAL_STEP = 15  # minutes


class Service(models.Model):
    """What can be booked: how long, for how much, by whom, where. Times in minutes, money in minor units."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    duration = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(1440)])
    buffer_before = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    buffer_after = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(240)])
    price_minor = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, editable=False)
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    category = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(8)])
    needs_room = models.BooleanField(default=True)
    offered = models.CharField(
        max_length=8, choices=OFFERED_CHOICES, default=Offered.ONLINE.value, db_default=Offered.ONLINE.value
    )
    audience = models.CharField(
        max_length=5,
        choices=[(each.value, label) for each, label in AUDIENCE_LABELS.items()],
        default=Audience.ANY.value,
        db_default=Audience.ANY.value,
    )
    notice_minutes = models.PositiveIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(LONGEST_HORIZON * 1440)]
    )  # online: not sooner than this from now
    horizon_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_HORIZON)]
    )  # online: not further ahead than this
    step_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )  # between the starts that are listed; a quarter of an hour, or less for what is shorter
    daily_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )  # visits of this service a day with one practitioner
    places = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )  # in a group; none: each visit is for one
    needs_confirmation = models.BooleanField(default=False, db_default=False)  # online, it is asked for
    by_video = models.BooleanField(default=False, db_default=False)
    practitioners = models.ManyToManyField(Practitioner, related_name="services")
    rooms = models.ManyToManyField(Room, related_name="services", blank=True)  # none named: any will do
    room_types = models.ManyToManyField(RoomType, related_name="services", blank=True)  # unless rooms are named
    equipment_kinds = models.ManyToManyField(EquipmentKind, related_name="services", blank=True)  # one of each
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
    def is_group(self) -> bool:
        return self.places is not None

    @property
    def bookable_online(self) -> bool:
        return self.offered == Offered.ONLINE

    @property
    def step(self) -> int:
        """Minutes from one start that is listed to the next."""
        return self.step_minutes or min(USUAL_STEP, self.duration)

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)
