"""Searches that are kept by name."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from kernel.ids import new_id
from privacy.fields import SealedTextField

LONGEST_SEARCH_NAME, LONGEST_QUERY = 60, 1_000


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def of(self, user: Any) -> SavedSearchQuerySet:
        """One's own and those that are everybody's, by name."""
        return self.filter(Q(owner_id=user.pk) | Q(owner_id=None)).order_by(Lower("name"), "pk")


class SavedSearch(models.Model):
    """What the list of people was narrowed to, to be asked again: one person's, or everybody's.

    It keeps the question, never who was found; the question may hold a name, and is sealed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner_id = models.UUIDField(null=True)  # nobody: everybody's
    name = models.CharField(max_length=LONGEST_SEARCH_NAME)
    query = SealedTextField()  # as in the address of the list

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("owner_id", Lower("name"), nulls_distinct=False, name="saved_search_name_once")
        ]

    def __str__(self) -> str:
        return self.name
