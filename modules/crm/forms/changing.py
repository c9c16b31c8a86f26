"""The form that changes a record. It carries what stood there when it was opened, for two who change it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _

from modules.crm.forms.people import RegistrationForm, registration_form, values_of
from modules.crm.forms.regions import suggest_regions
from modules.crm.models import Patient

MaySet = Callable[[type[Model], str], bool]


def change_form(vertical: str, data: QueryDict | None, *, patient: Patient, may_set: MaySet) -> RegistrationForm:
    form = registration_form(vertical, data, initial=values_of(patient), may_set=may_set)
    for field in form.fields.values():
        field.show_hidden_initial = True
    suggest_regions(form)
    return form


def put_over(form: RegistrationForm, now: Patient, *, vertical: str, may_set: MaySet) -> RegistrationForm:
    """Return what was typed, put over the record as it is `now`.

    A field that nobody typed into is as it is now; one that both changed is as it was typed here, and says what the
    other one put there.
    """
    standing = {name: _as_typed(value) for name, value in values_of(now).items() if name in form.fields}
    ours = set(form.changed_data)
    clashes = [
        name
        for name in form.fields
        if name in ours and standing[name] not in (form.data.get(f"initial-{name}"), form.data.get(name))
    ]
    data = QueryDict(mutable=True)
    data.update(form.data)
    for name, value in standing.items():
        data[f"initial-{name}"] = value
        if name not in ours:
            data[name] = value
    merged = change_form(vertical, data, patient=now, may_set=may_set)
    merged.full_clean()
    for name in clashes:
        merged.add_error(name, _("Meanwhile somebody put “%(value)s” here.") % {"value": standing[name]})
    return merged


def _as_typed(value: Any) -> str:
    return "" if value is None else str(value)
