"""Whatever is kept about people goes along when two records turn out to be one; a module that forgets it fails."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Model

from kernel.modules import installed_modules
from modules.crm.domain.holdings import Holding, Stays
from modules.crm.models import Client, Patient

NAMES = {"patient_id", "client_id", "person_id"}


def references() -> set[tuple[str, str]]:
    """Return (model, column) for every column that names a patient or a client, by a foreign key or by its name."""
    return {
        (model._meta.label, field.attname)
        for model in apps.get_models()
        if not hasattr(model, "pgh_tracked_model") and "site-packages" not in model._meta.app_config.path
        for field in model._meta.concrete_fields
        if field.related_model in (Patient, Client) or field.attname in NAMES
    }


def declared() -> list[tuple[str, str]]:
    said = [each for module in installed_modules() if module.holdings for each in module.load(module.holdings)]
    moved = [(each.model, name) for each in said if isinstance(each, Holding) for _side, name in each.columns]
    return moved + [(each.model, each.column) for each in said if isinstance(each, Stays)]


def test_each_column_that_names_a_patient_or_client_is_a_holding_or_says_why_it_stays() -> None:
    said = declared()

    assert references() == set(said)
    assert len(said) == len(set(said))


def test_a_holding_names_columns_that_there_are() -> None:
    for module in installed_modules():
        for each in module.load(module.holdings) if module.holdings else ():
            model: type[Model] = apps.get_model(each.model)
            for name in (each.day, *(name for _side, name in each.columns)) if isinstance(each, Holding) else ():
                assert not name or model._meta.get_field(name), (each.model, name)
