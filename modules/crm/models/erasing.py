"""People who were erased: what went, what is kept until when and why. Without a word of who they were."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from kernel.lasting import Lasts


class RetentionKind(models.TextChoices):
    CLINICAL = "clinical", _("Records of treatment")
    MONEY = "money", _("Invoices and payments")


class Retention(models.Model):
    """For how many years the practice keeps a kind, where that is not what its country's default says."""

    kind = models.CharField(primary_key=True, max_length=10, choices=RetentionKind)
    years = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])

    when_restored = Lasts(by="kind")


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def of(self, *people: UUID | None) -> ErasureQuerySet:
        """Those of any of these patients and clients; of nobody there is none."""
        ids = [each for each in people if each]
        return self.filter(models.Q(patients__overlap=ids) | models.Q(clients__overlap=ids))


class Erasure(models.Model):
    """The receipt. `patients`, `clients` and `accounts` are ids that lead to nobody once it is done.

    `lines` say of each kind how many rows went, were emptied, or are kept, until when and by what rule. `files` are
    still to be removed from the storage. It outlasts a return to a backup, which has it done again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patients = ArrayField(models.UUIDField())
    clients = ArrayField(models.UUIDField())
    accounts = ArrayField(models.UUIDField(), default=list)
    country = models.CharField(max_length=2, blank=True)
    lines = models.JSONField(default=list)
    files = ArrayField(models.CharField(max_length=200), default=list)
    mark = models.CharField(max_length=32)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    done_at = models.DateTimeField(null=True)  # whatever may go has gone
    next_on = models.DateField(null=True)  # when the next of what is kept goes

    objects = ErasureQuerySet.as_manager()

    when_restored = Lasts()

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="erasure_by_age"),
            GinIndex(fields=["patients"], name="erasure_of_patient"),
            GinIndex(fields=["clients"], name="erasure_of_client"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"

    @property
    def is_closed(self) -> bool:
        """Test whether a part is still kept, as law asks: closed, and not all erased."""
        return self.next_on is not None

    @property
    def number_gone(self) -> int:
        return sum(line["deleted"] + line["emptied"] for line in self.lines)

    def kept(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kept"]]
