"""Which tables a tenant has, and what of them is the tenant's to take along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models

from privacy.fields import BlindIndexField, Home, blind_fields, home_of, sealed_fields

TEXTS = (models.CharField, models.TextField)


@dataclass(frozen=True, slots=True)
class Table:
    """A model says what does not leave the house: `kept_out_of_exports = True`, or the names of some columns."""

    name: str
    key: str
    columns: tuple[str, ...]
    texts: frozenset[str]  # columns in which a person may have written anything
    sealed: frozenset[str]
    blind: tuple[BlindIndexField, ...]  # columns that follow a sealed one
    home: Home  # what its sealed texts are bound to
    secret: frozenset[str]  # columns that are exported empty
    permissions: frozenset[str]  # columns with ids of rights, which differ between deployments
    verbatim: bool  # history, which an import does not touch

    @property
    def plain_columns(self) -> tuple[str, ...]:
        """Those that Postgres can write down by itself."""
        return tuple(column for column in self.columns if column not in self.sealed)


@cache
def exported_tables() -> tuple[Table, ...]:
    return tuple(_described(model) for model in tenant_models() if _kept_out(model) is not True)


def tenant_models() -> Iterator[type[models.Model]]:
    """Return the models whose tables every tenant has."""
    for config in apps.get_app_configs():
        if config.name in settings.TENANT_APPS:
            yield from config.get_models(include_auto_created=True)


def _described(model: type[models.Model]) -> Table:
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.GeneratedField)]
    kept_out = _kept_out(model)
    return Table(
        name=model._meta.db_table,
        key=str(model._meta.pk.column) if model._meta.pk else "id",
        columns=tuple(str(field.column) for field in fields),
        texts=frozenset(
            str(field.column) for field in fields if isinstance(field, models.CharField | models.TextField)
        ),
        sealed=frozenset(str(field.column) for field in sealed_fields(model)),
        blind=tuple(blind_fields(model)),
        home=home_of(model),
        secret=frozenset(kept_out or ()),
        permissions=frozenset(str(field.column) for field in fields if field.related_model is Permission),
        verbatim=getattr(model, "kept_verbatim", False),
    )


def _kept_out(model: type[models.Model]) -> Any:
    return getattr(model, "kept_out_of_exports", False)
