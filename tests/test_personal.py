"""Whatever is kept of people is declared, with what becomes of it when they are erased; what is forgotten fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db.models import BinaryField, CharField, GenericIPAddressField, JSONField, Model, TextField

from modules.crm.domain.erasing import Nothing, Personal, Term
from modules.crm.models import Client, Patient
from modules.crm.services.erasing.going import former_of, names_beside_accounts
from modules.crm.services.erasing.scope import declared, personal

NAMES = {"patient_id", "client_id", "person_id", "subject_id", "appointment_id", "matched_id"}
TEXTS = (CharField, TextField, JSONField, GenericIPAddressField, BinaryField)


def ours() -> list[Any]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if not hasattr(model, "pgh_tracked_model") and "site-packages" not in model._meta.app_config.path
    ]


def reaching_people() -> set[str]:
    """Return the models from which foreign keys lead to a patient or a client, and those that name one by an id."""
    found: set[Any] = {Patient, Client}
    while True:
        more = {model for model in ours() if any(field.related_model in found for field in model._meta.concrete_fields)}
        if more <= found:
            break
        found |= more
    found |= {model for model in ours() if NAMES & {field.attname for field in model._meta.concrete_fields}}
    return {model._meta.label for model in found}


def texts_of(model: type[Model]) -> set[str]:
    return {
        field.attname
        for field in model._meta.concrete_fields
        if isinstance(getattr(field, "base_field", field), TEXTS) and not field.choices and not field.primary_key
    }


def test_each_model_that_reaches_a_person_is_declared_or_says_why_it_holds_nothing() -> None:
    said = {each.model for each in declared()}

    assert reaching_people() - said == set()


def test_a_model_is_either_personal_or_holds_nothing() -> None:
    nothing = {each.model for each in declared() if isinstance(each, Nothing)}

    assert nothing & {each.model for each in personal()} == set()


@pytest.mark.parametrize("each", [each for each in personal() if not each.deletes], ids=lambda each: each.model)
def test_each_text_of_a_row_that_stays_is_emptied_or_is_nobodys(each: Personal) -> None:
    model = apps.get_model(each.model)
    said = {*each.blanks, *each.stays, *(name for name, _of in names_beside_accounts(model))}

    assert texts_of(model) - said == set()
    assert not {*each.blanks} & {*each.stays}


@pytest.mark.parametrize("each", personal(), ids=lambda each: f"{each.model}:{each.term}")
def test_a_declaration_names_columns_that_there_are_and_whom_it_is_about(each: Personal) -> None:
    model = apps.get_model(each.model)

    names = {field.attname for field in model._meta.concrete_fields}
    assert {*each.blanks, *each.stays, *each.files, *each.at_once} <= names
    assert each.patient or each.client or each.account
    assert (each.term is Term.MONEY) <= bool(each.day)
    model._base_manager.filter(**{f"{way}__in": [] for way in (*each.patient, *each.client)})


def test_whatever_keeps_former_states_loses_them_too() -> None:
    tracked = [getattr(model, "pgh_tracked_model", None) for model in apps.get_models()]
    keeping = {model._meta.label for model in tracked if model}
    known = {each.model for each in personal() if former_of(each)}

    assert keeping & {each.model for each in personal()} == known
