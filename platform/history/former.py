"""A table beside each one that keeps its history, with the states that its rows were in."""

from __future__ import annotations

from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.apps import apps
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from pghistory.models import Event

from audit.models import Origin
from history.triggers import KeepFormer
from kernel.lasting import Lasts
from tenancy.grants import HISTORY

M = TypeVar("M", bound=models.Model)

# A second id of the row, and a context that the library would send as a further statement in front of each of ours.
LEFT_OUT: dict[str, Any] = {"obj_field": None, "context_field": None, "context_id_field": None}


class FormerState(Event):
    """`pgh_created_at` is when the state ended, `pgh_label` how; `pgh_origin` has by whom, and the request or job."""

    pgh_id: Any = models.UUIDField(primary_key=True, db_default=RandomUUID(), editable=False)  # theirs counts to 2³¹
    pgh_origin = models.JSONField(null=True, db_default=Origin())

    when_restored = Lasts(by="pgh_id")

    class Meta:
        abstract = True


class Ended(pghistory.RowEvent):
    """The state before a statement, kept by a trigger of ours."""

    row = "OLD"

    def add_event_trigger(self, event_model: Any) -> None:
        pgtrigger.register(
            KeepFormer(
                event_model=event_model,
                label=self.label,
                name=self.trigger_name,
                row=self.row,
                operation=self.operation,
                condition=self.condition,
                level=pgtrigger.Row,
            )
        )(event_model.pgh_tracked_model)


class Replaced(Ended):
    label = "update"
    operation = pgtrigger.Update
    trigger_name = "history_replaced"
    # Of the row as a whole: a condition that names columns would forbid a migration to alter their types.
    condition = pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")


class Removed(Ended):
    label = "delete"
    operation = pgtrigger.Delete
    trigger_name = "history_removed"


def keeps_history(model: type[M]) -> type[M]:
    """Have every former state of a model's rows kept, less the columns that do not even leave the house."""
    name = f"{model.__name__}History"
    index = f"{model._meta.model_name or '':.15}_history_of_row"  # Postgres has room for more, Django for thirty
    pghistory.create_event_model(
        model,
        Replaced(),
        Removed(),
        exclude=list(getattr(model, "kept_out_of_exports", ())),
        **LEFT_OUT,
        append_only=False,  # by tenancy.operations.AppendOnly, as with every other table that is
        model_name=name,
        base_model=FormerState,
        meta={
            "db_table": f"{model._meta.db_table}{HISTORY}",
            "default_permissions": (),
            "indexes": [models.Index(fields=["id", "pgh_created_at"], name=index)],
        },
        abstract=False,
    )
    return model


def former_states(row: models.Model) -> models.QuerySet[Any]:
    """Return the states that a row was in before the present one, the latest first."""
    kept: Any = apps.get_model(row._meta.app_label, f"{type(row).__name__}History")
    return kept._default_manager.filter(id=row.pk).order_by("-pgh_created_at")
