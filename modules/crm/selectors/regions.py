"""The regions and districts that forms offer: the workspace's own list of a country, else the usual one."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from modules.crm.domain.contacts.regions import District, Regions, in_order, usual_regions
from modules.crm.models import ListedDistrict, RegionList


def regions_of(country: str) -> Regions:
    """Return the districts of each region of a country."""
    own = ListedDistrict.objects.filter(list__country=country).values_list("region", "name")
    return in_order(District(*row) for row in own) or usual_regions(country)


def region_lists() -> QuerySet[RegionList]:
    """Return the workspace's own lists, each with how many `regions` and `places` it has."""
    counted = RegionList.objects.annotate(regions=Count("districts__region", distinct=True), places=Count("districts"))
    return counted.order_by("country")
