"""More than one phone and e-mail of a client."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.phones import shown
from modules.crm.models.people import Client


class System(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")


class Use(models.TextChoices):
    """The values of FHIR's ContactPoint, as far as people say them."""

    MOBILE = "mobile", _("Mobile")
    HOME = "home", _("Home")
    WORK = "work", _("Work")
    OTHER = "other", _("Other")


@keeps_history
class ContactPoint(models.Model):
    """A phone in E.164 or an e-mail in small letters, in the order in which they are tried.

    The first of each kind is `Client.phone` and `Client.email`, whoever writes it there; a row that has the same value
    says what there is to say about it, and others are further ones.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, models.CASCADE, related_name="contact_points")
    system = models.CharField(max_length=5, choices=System)
    value = models.CharField(max_length=254)
    use = models.CharField(max_length=6, choices=Use, blank=True)
    label = models.CharField(max_length=40, blank=True)  # own words: "her mother", "reception"
    note = models.CharField(max_length=120, blank=True)  # "only after 17:00"
    rank = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "system", "value"], name="contact_point_once"),
            models.CheckConstraint(condition=~Q(value=""), name="contact_point_is_something"),
        ]
        indexes = [models.Index(fields=["value"], name="contact_point_by_value")]

    def __str__(self) -> str:
        return shown(self.value) if self.system == System.PHONE else self.value

    @property
    def subject_id(self) -> UUID:
        return self.client_id
