"""Regions and districts that a workspace loaded for a country, in place of the usual list."""

from __future__ import annotations

from django.db import models

from kernel.ids import new_id


class RegionList(models.Model):
    """The regions of a country as the workspace wants them: replaced as a whole, by whoever loaded it last."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    country = models.CharField(max_length=2, unique=True)  # ISO 3166-1 alpha-2
    loaded_at = models.DateTimeField()
    loaded_by_id = models.UUIDField()
    loaded_by_name = models.CharField(max_length=150)

    def __str__(self) -> str:
        return self.country


class ListedDistrict(models.Model):
    """A district of a region; without a name it is the region alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    list = models.ForeignKey(RegionList, models.CASCADE, related_name="districts")
    region = models.CharField(max_length=80)
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "region", "name"], name="district_listed_once")]

    def __str__(self) -> str:
        return self.name or self.region
